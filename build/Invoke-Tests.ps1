<#
.SYNOPSIS
Runs the Pester tests and leaves their count, and what failed, in a JSON file.
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
$failures = @(
    foreach ($file in $run.FailedContainers) { "Pester: $file`n$($file.ErrorRecord -join "`n")" }
    # A block fails by its setup.
    foreach ($part in @($run.FailedBlocks) + $run.Failed) {
        "Pester: $(Split-Path -Leaf $part.ScriptBlock.File): $($part.ExpandedPath)`n$($part.ErrorRecord -join "`n")"
    }
)
@{
    Name     = 'Pester'
    Passed   = $run.PassedCount
    Failed   = $failed
    Skipped  = $run.SkippedCount + $run.InconclusiveCount
    Failures = $failures
} | ConvertTo-Json | Set-Content $ResultPath
