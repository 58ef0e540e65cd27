# The package as its users meet it: installed from a repository into an empty home, then imported by its name.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/../build/Package.ps1
    $root = Convert-Path $PSScriptRoot/..

    # What build.ps1 sets for its parts.
    $version = Split-Path $modulePath -Leaf
    $Configuration = 'Release'
    $SigningCertificate = $null
    $said = Invoke-Package 6>&1

    # A process of its own, with a home of its own.
    function Invoke-AtHome([string] $Script) {
        $before = $env:HOME, $env:PSModulePath
        $env:HOME = (New-Item $TestDrive/home -ItemType Directory -Force).FullName
        $env:PSModulePath = $null
        try {
            $output = Invoke-PowerShell -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; $Script" 2>&1
        }
        finally { $env:HOME, $env:PSModulePath = $before }
        $LASTEXITCODE | Should -Be 0 -Because "of $output"
        $output
    }
}

# On Windows the folder of modules is no matter of an environment variable.
Describe 'The package' -Skip:$IsWindows {
    BeforeAll {
        $found = Invoke-AtHome "
            Register-PSResourceRepository Local '$root/output/packages' -Trusted
            `$found = Find-PSResource PSNetLab -Repository Local
            @{
                Version     = [string] `$found.Version
                Description = `$found.Description
                License     = `$found.LicenseUri
                Tags        = `$found.Tags
            } | ConvertTo-Json
            Install-PSResource PSNetLab -Repository Local" | ConvertFrom-Json
    }

    It 'has the metadata for a gallery' {
        $manifest = Import-PowerShellDataFile $modulePath/PSNetLab.psd1
        $found.Version | Should -BeLike "$version*"
        $found.Description | Should -Be $manifest.Description
        $found.License | Should -Be $manifest.PrivateData.PSData.LicenseUri
        $found.Tags | Should -Contain 'pester'
    }

    It 'is imported by its name, has its help, and works' {
        Invoke-AtHome "
            Import-Module PSNetLab
            (Get-Module PSNetLab).ModuleBase
            `$server = Start-TcpServer -Framing Line -Echo
            (Send-TcpMessage localhost `$server.Port hello -Framing Line -Count 1).Text
            Remove-Job `$server -Force
            (Get-Help about_PSNetLab_Testing) -match 'in BeforeAll'" |
            Should -Be "$TestDrive/home/.local/share/powershell/Modules/PSNetLab/$version", 'hello', $true
    }

    It 'installs what the build has made, and nothing else' {
        $installed = "$TestDrive/home/.local/share/powershell/Modules/PSNetLab/$version"
        $files = Get-ChildItem $installed -File -Recurse | Where-Object Name -NE PSGetModuleInfo.xml
        $files.FullName.Substring($installed.Length) | Sort-Object |
            Should -Be ((Get-ChildItem $modulePath -File -Recurse).FullName.Substring($modulePath.Length) | Sort-Object)
    }
}

Describe 'The size' {
    It 'is what the build says and the README promises' {
        $bytes = (Get-ChildItem $modulePath -File -Recurse | Measure-Object Length -Sum).Sum
        "$said" | Should -Match ([regex]::Escape(('{0:n0} KB when installed' -f ($bytes / 1KB))))
        (Get-Content $root/README.md -Raw) -match 'less than ([\d.]+) MB' | Should -BeTrue
        $bytes / 1MB | Should -BeLessThan ([double] $Matches[1])
    }
}
