# The modules that the build itself needs, each at the version given here. What the machine does not have comes into
# .tools/modules, from the PowerShell Gallery or, Pester, from the machine's NuGet feed.

$modulesPath = Join-Path (Split-Path $PSScriptRoot) .tools modules
$moduleVersions = @{
    Pester                         = '6.2.0'
    PSScriptAnalyzer               = '1.25.0'
    'Microsoft.PowerShell.PlatyPS' = '1.0.3'
}
$galleryIsReached = $null

# The path of a module's manifest; nothing where it is not to be had, for which this says the reason.
function Get-BuildModule([string] $Name) {
    $path = Find-BuildModule $Name
    if (-not $path) {
        Save-GalleryModule $Name
        $path = Find-BuildModule $Name
    }
    if (-not $path -and $Name -eq 'Pester') {
        Restore-Pester
        $path = Find-BuildModule $Name
    }
    $path
}

function Find-BuildModule([string] $Name) {
    $version = $moduleVersions[$Name]
    $path = Join-Path $modulesPath $Name $version "$Name.psd1"
    if (Test-Path $path) { return $path }
    Get-Module $Name -ListAvailable | Where-Object Version -EQ $version | Select-Object -First 1 -ExpandProperty Path
}

function Save-GalleryModule([string] $Name) {
    if (-not (Test-Gallery)) { return }
    Write-Host "$Name $($moduleVersions[$Name]) comes from the PowerShell Gallery"
    $null = New-Item $modulesPath -ItemType Directory -Force
    try {
        Save-PSResource $Name -Version "[$($moduleVersions[$Name])]" -Repository PSGallery -Path $modulesPath -TrustRepository
    }
    catch { Write-Host "That did not work: $($_.Exception.Message)" }
}

# Asked once and not for long: PSResourceGet itself waits for minutes where a network swallows what it sends.
function Test-Gallery {
    if ($null -eq $script:galleryIsReached) {
        try {
            $limits = @{ ConnectionTimeoutSeconds = 5; OperationTimeoutSeconds = 5 }
            $null = Invoke-WebRequest https://www.powershellgallery.com/api/v2 @limits
            $script:galleryIsReached = $true
        }
        catch {
            Write-Host "The PowerShell Gallery is not reached: $($_.Exception.Message)"
            $script:galleryIsReached = $false
        }
    }
    $script:galleryIsReached
}

function Restore-Pester {
    $version = $moduleVersions.Pester
    Write-Host "Pester $version comes from NuGet"
    $packages = Join-Path (Split-Path $modulesPath) packages
    dotnet restore $PSScriptRoot/Pester "-p:PesterVersion=$version" --packages $packages --nologo -v quiet | Out-Host
    $package = Join-Path $packages pester $version tools
    if (-not (Test-Path $package)) { return }
    $null = New-Item (Join-Path $modulesPath Pester) -ItemType Directory -Force
    Move-Item $package (Join-Path $modulesPath Pester $version)
    Remove-Item $packages -Recurse -Force
}
