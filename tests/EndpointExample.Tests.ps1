# docs/examples/Endpoint.Tests.ps1, run as its reader would, in a process of its own.

BeforeAll {
    . $PSScriptRoot/common.ps1
    $story = Convert-Path $PSScriptRoot/../docs/examples/Endpoint.Tests.ps1

    function Invoke-Story([string] $Path, [string] $Only = '*') {
        $script = "`$env:PSModulePath = '$(Split-Path (Split-Path $modulePath))' + [IO.Path]::PathSeparator + `$env:PSModulePath
            `$run = Invoke-Pester '$Path' -FullNameFilter '$Only' -PassThru -Output None
            @{
                Passed = `$run.PassedCount
                Failed = @(`$run.Failed.ExpandedPath)
                Broken = `$run.FailedBlocksCount + `$run.FailedContainersCount
                Left   = @(Get-Job).Count
            } | ConvertTo-Json"
        Invoke-PowerShell -NonInteractive -Command $script | ConvertFrom-Json
    }
}

Describe 'Endpoint.Tests.ps1' {
    It 'passes, and leaves no job behind' {
        $run = Invoke-Story $story
        $run.Failed | Should -BeNullOrEmpty
        $run.Broken | Should -Be 0
        $run.Passed | Should -Be 10
        $run.Left | Should -Be 0
    }

    It 'finds the fault in a script that has one' {
        Copy-Item $story, (Join-Path (Split-Path $story) import.ps1) TestDrive:/
        Copy-Item (Join-Path (Split-Path $story) endpoint) TestDrive:/ -Recurse
        $script = 'TestDrive:/endpoint/Send-Syslog.ps1'
        (Get-Content $script -Raw) -replace '16 \* 8', '16 * 4' | Set-Content $script
        $run = Invoke-Story (Convert-Path TestDrive:/Endpoint.Tests.ps1) -Only 'Send-Syslog.ps1*'
        $run.Failed | Should -Be @(
            'Send-Syslog.ps1.sends one event, in the form of RFC 5424'
            'Send-Syslog.ps1.sends UTF-8'
        )
        $run.Passed | Should -Be 0
        $run.Left | Should -Be 0
    }
}
