#!/usr/bin/env pwsh
#Requires -Version 7.4

<#
.SYNOPSIS
Measures PSNetLab against the least a program in C can do for the same work. Linux only.

.DESCRIPTION
Every server runs in a process of its own and every load comes from a program in C (peers/), over loopback. Ours and
the peer take turns, so that whatever else the machine does falls on both, and what counts is the ratio of each turn.
Prints a table, writes output/bench/<area>.json and exits with 1 when a target is missed.

An area is a script of its own beside this one, which gives figures: see Tcp.ps1.

.PARAMETER Area
The areas to measure. All there are when left out.

.PARAMETER Figure
Only the figures with names like this.

.PARAMETER Quick
Short runs: enough to see whether something broke, too short to quote.

.PARAMETER Rounds
How often ours and the peer take turns.

.PARAMETER ModulePath
The manifest of the module to measure. When left out, that of the newest in output/PSNetLab.

.PARAMETER Rehearsal
The peers stand in for the module. Every ratio should come out near 1: what it differs by is the noise of the machine.

.EXAMPLE
./Bench.ps1 -Area Tcp

.EXAMPLE
./Bench.ps1 -Area Tcp -Figure 'echo 64 B*' -Rounds 9
#>
[CmdletBinding()]
param(
    [ValidateSet('Tcp', 'Udp', 'Http', 'Sockets', 'Startup')]
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

. $PSScriptRoot/common.ps1

if (-not $IsLinux) { throw 'The benchmarks need Linux: they compare with epoll and read /proc.' }

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
}
Invoke-Compiler -Source $PSScriptRoot/peers -Destination $bench.Peers

$all = 'Tcp', 'Udp', 'Http', 'Sockets', 'Startup' | Where-Object { Test-Path "$PSScriptRoot/$_.ps1" }
$missed = 0
foreach ($name in $Area ? $Area : $all) {
    $script = "$PSScriptRoot/$name.ps1"
    if (-not (Test-Path $script)) { throw "There are no figures for $name yet." }
    Write-Host "${name}: $Rounds rounds of $($bench.Seconds) s$($Rehearsal ? ', the peers against themselves' : '')"
    $figures = @(& $script $bench)
    if (-not $figures) { throw "No figure of $name is like '$Figure'." }
    $figures | ConvertTo-Table | Out-Host
    $json = Join-Path $bench.Peers "$($name.ToLowerInvariant()).json"
    [ordered]@{
        Area    = $name
        Time    = [DateTime]::UtcNow.ToString('s') + 'Z'
        Machine = Get-Machine
        Module  = $Rehearsal ? 'none, a rehearsal' : (Import-PowerShellDataFile $bench.Module).ModuleVersion
        Rounds  = $Rounds
        Seconds = $bench.Seconds
        Figures = $figures
    } | ConvertTo-Json -Depth 10 | Set-Content $json
    Write-Host "Written: output/bench/$(Split-Path $json -Leaf)"
    $missed += @($figures | Where-Object Missed).Count
}
if ($missed) {
    Write-Host "$missed targets missed"
    exit 1
}
