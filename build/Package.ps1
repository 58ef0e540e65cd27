# The Package task: the module folder as a .nupkg, which Install-PSResource takes from any folder or gallery.

function Invoke-Package {
    $packages = (New-Item (Join-Path $PSScriptRoot .. output packages) -ItemType Directory -Force).FullName
    Write-Host "Package: PSNetLab $version into $packages"
    if ($SigningCertificate) { Protect-Module }
    $null = Test-ModuleManifest (Join-Path $modulePath PSNetLab.psd1)

    $nuspec = Join-Path $packages PSNetLab.nuspec
    Get-Nuspec (Import-PowerShellDataFile $PSScriptRoot/../PSNetLab.psd1) | Set-Content $nuspec
    # NuGet's advice on the layout of a package is for libraries, not for modules.
    dotnet pack $PSScriptRoot/../src/PSNetLab --no-build --configuration $Configuration --output $packages --nologo -v quiet `
        -p:IsPackable=true -p:NoPackageAnalysis=true "-p:NuspecFile=$nuspec" "-p:NuspecBasePath=$modulePath" | Out-Host
    Remove-Item $nuspec

    $size = (Get-ChildItem $modulePath -File -Recurse | Measure-Object Length -Sum).Sum
    Write-Host ('Package: PSNetLab.{0}.nupkg; {1:n0} KB when installed' -f $version, ($size / 1KB))
}

function Protect-Module {
    if (-not $IsWindows) { throw 'Signing needs Windows: leave out -SigningCertificate, or package there.' }
    Get-ChildItem $modulePath -File -Recurse -Include *.dll, *.psd1, *.ps1xml |
        Set-AuthenticodeSignature -Certificate $SigningCertificate -TimestampServer http://timestamp.digicert.com |
        Where-Object Status -NE Valid |
        ForEach-Object { throw "$($_.Path) could not be signed: $($_.StatusMessage)" }
}

function Get-Nuspec([hashtable] $Manifest) {
    $data = $Manifest.PrivateData.PSData
    $tags = $data.Tags + 'PSModule' -join ' '
    $text = { [Security.SecurityElement]::Escape($args[0]) }
    @"
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>PSNetLab</id>
    <version>$version</version>
    <authors>$(& $text $Manifest.Author)</authors>
    <owners>$(& $text $Manifest.CompanyName)</owners>
    <license type="file">LICENSE</license>
    <projectUrl>$($data.ProjectUri)</projectUrl>
    <description>$(& $text $Manifest.Description)</description>
    <releaseNotes>$(& $text $data.ReleaseNotes)</releaseNotes>
    <copyright>$(& $text $Manifest.Copyright)</copyright>
    <tags>$tags</tags>
  </metadata>
  <files>
    <file src="**" target="" />
  </files>
</package>
"@
}
