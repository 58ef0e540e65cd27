<#
.SYNOPSIS
Runs the Pester tests and leaves their count in a JSON file.
#>
param([string] $TestPath, [string] $ResultPath, [string] $PesterPath)

$ErrorActionPreference = 'Stop'
Import-Module $PesterPath
$run = Invoke-Pester -Configuration @{
    Run    = @{ Path = $TestPath; PassThru = $true }
    Output = @{ Verbosity = 'Normal' }
}
$failed = $run.FailedCount + $run.FailedBlocksCount + $run.FailedContainersCount
# Tests that were not found are no success.
if (-not $run.TotalCount -and -not $failed) { $failed = 1 }
@{ Name = 'Pester'; Passed = $run.PassedCount; Failed = $failed; Skipped = $run.SkippedCount + $run.InconclusiveCount } |
    ConvertTo-Json | Set-Content $ResultPath
