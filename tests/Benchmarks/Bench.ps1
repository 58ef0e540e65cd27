#!/usr/bin/env pwsh
#Requires -Version 7.4

<#
.SYNOPSIS
Measures PSNetLab against public tools, and against programs in C that do the least possible for the same work. Linux only.

.DESCRIPTION
Every server and every load generator runs in a process of its own, over loopback. Ours and the peers take turns, so that
other work on the machine disturbs all of them alike; the result is the ratio of each round. Prints a
table, writes output/bench/<area>.json and exits with 1 when a target is missed. Figures whose tool is not installed are
left out, and the tool is named with its Debian package.

A run that measures whole areas at full length also writes docs/benchmarks.md, once there is one of each area.

An area is a script of its own beside this one, which gives figures: see Tcp.ps1.

.PARAMETER Area
The areas to measure. Default: all.

.PARAMETER Figure
Only the figures with names like this.

.PARAMETER Quick
Short runs: enough to see whether something broke, too short to quote.

.PARAMETER Rounds
How often ours and the peer take turns.

.PARAMETER ModulePath
The manifest of the module to measure. Default: the newest one in output/PSNetLab.

.PARAMETER Rehearsal
Measures the peers against themselves, in place of the module, in Tcp, Udp and Http. Every ratio should be close to 1: the
difference is the noise of the machine.

.EXAMPLE
./Bench.ps1 -Area Tcp

.EXAMPLE
./Bench.ps1 -Area Tcp -Figure 'echo 64 B*' -Rounds 9
#>
[CmdletBinding()]
param(
    [ValidateSet('Tcp', 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies')]
    [string[]] $Area = @(),

    [string] $Figure = '*',

    [switch] $Quick,

    [ValidateRange(1, 100)]
    [int] $Rounds = ($Quick ? 2 : 5),

    [string] $ModulePath,

    [switch] $Rehearsal
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

if (-not $IsLinux) { throw 'The benchmarks need Linux: they compare with epoll and read /proc.' }

. $PSScriptRoot/common.ps1

# Debian installs nginx and ss here, but only root has it in PATH.
$env:PATH += ':/usr/sbin'
$output = Join-Path $PSScriptRoot .. .. output bench
$null = New-Item $output -ItemType Directory -Force
$bench = [pscustomobject]@{
    Peers     = (Resolve-Path $output).Path
    Ours      = Join-Path $PSScriptRoot ours
    Module    = $Rehearsal ? '' : (Find-Manifest $ModulePath)
    Rehearsal = [bool] $Rehearsal
    Quick     = [bool] $Quick
    Rounds    = $Rounds
    Seconds   = $Quick ? 1 : 3
    Figure    = $Figure
    Tools     = [ordered]@{}
    Missing   = [ordered]@{}
}
# Only full runs are for the page: a short or partial one must not replace their results.
$whole = -not $Quick -and -not $Rehearsal -and $Figure -eq '*'

# The share of the processors that other processes used while an area was measured.
function Get-Reading {
    $own = Get-CpuSecond ([Diagnostics.Process]::GetCurrentProcess())
    @{ Time = [DateTime]::UtcNow; All = Get-MachineSecond; Own = $own }
}

function Get-OtherShare($Before, $After) {
    $others = ($After.All - $Before.All) - ($After.Own - $Before.Own)
    $there = ($After.Time - $Before.Time).TotalSeconds * [Environment]::ProcessorCount
    [Math]::Round([Math]::Max(0, 100 * $others / $there), 1)
}

$all = 'Tcp', 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies'
if ($Rehearsal) { $all = $all[0..2] }
$missed = 0
foreach ($name in $Area ? $Area : $all) {
    Write-Host "${name}: $Rounds rounds of $($bench.Seconds) s$($Rehearsal ? ', the peers against themselves' : '')"
    $bench.Tools.Clear()
    $bench.Missing.Clear()
    $before = Get-Reading
    $figures = @(& "$PSScriptRoot/$name.ps1" $bench)
    $others = Get-OtherShare $before (Get-Reading)
    if (-not $figures) {
        if ($bench.Missing.Count) { continue }
        throw "No figure of $name is like '$Figure'."
    }
    $figures | ConvertTo-Table | Out-Host
    Write-Host "Others had $others % of the processors.$($others -gt 5 ? ' These figures are rough.' : '')"
    $json = Join-Path $bench.Peers "$($name.ToLowerInvariant())$($whole ? '' : '.part').json"
    [ordered]@{
        Area    = $name
        Time    = [DateTime]::UtcNow.ToString('s') + 'Z'
        Machine = Get-Machine
        Module  = $Rehearsal ? 'none, a rehearsal' : (Import-PowerShellDataFile $bench.Module).ModuleVersion
        Tools   = $bench.Tools
        Missing = $bench.Missing
        Rounds  = $Rounds
        Seconds = $bench.Seconds
        Others  = $others
        Figures = $figures
    } | ConvertTo-Json -Depth 10 | Set-Content $json
    Write-Host "Written: output/bench/$(Split-Path $json -Leaf)"
    $missed += @($figures | Where-Object Missed).Count
}
if ($whole) {
    $missing = $all | Where-Object { -not (Test-Path "$($bench.Peers)/$($_.ToLowerInvariant()).json") }
    if ($missing) { Write-Host "docs/benchmarks.md stays as it is: there is no full run of $($missing -join ', ') yet" }
    else { & $PSScriptRoot/Page.ps1 }
}
if ($missed) {
    Write-Host "$missed targets missed"
    exit 1
}
