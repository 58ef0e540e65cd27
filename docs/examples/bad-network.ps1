<#
.SYNOPSIS
One client on one network that gets worse and worse.

.DESCRIPTION
A proxy stands between a client and a server. Without faults it is not noticed. Then it delays, limits, holds, cuts and
breaks what passes, one fault after the other, and the client says what it sees of each.

.PARAMETER LatencyMs
The delay of each direction in milliseconds.
#>
#Requires -Version 7.4
param([double] $LatencyMs = 50)

. $PSScriptRoot/import.ps1

$server = Start-TcpServer -Framing Line -Echo -NoRecord
$proxy = $server | Start-TcpProxy -Name bad-network

# What a client sees that sends a line, or a long one, and waits for its answer.
function Test-Network([string] $What, [int] $Length = 5, [double] $TimeoutSec = 10) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    $answer = Send-TcpMessage localhost $proxy.Port ('x' * $Length) -Framing Line -Count 1 -TimeoutSec $TimeoutSec -ErrorAction SilentlyContinue -ErrorVariable faults
    $time = '{0:n0} ms' -f $clock.Elapsed.TotalMilliseconds
    $seen = $answer ? "$($answer.Length) bytes came back" : ($faults[0].FullyQualifiedErrorId -replace ',.*')
    '{0,-28} {1} after {2}' -f $What, $seen, $time
}

try {
    Test-Network 'no fault'

    $fault = Add-NetFault $proxy (New-NetFault -LatencyMs $LatencyMs) -PassThru
    Test-Network "$($fault.Effect), both ways"
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -BytesPerSecond 100KB)
    Test-Network '100 KiB/s, 20 KiB each way' 20KB
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -CorruptPercent 100)
    Test-Network 'a bit flipped in each block' 20KB -TimeoutSec 0.5
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -Stall)
    Test-Network 'nothing passes' -TimeoutSec 0.5
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -HalfClose -AfterBytes 3 -Direction ToClient)
    Test-Network 'half an answer'
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -Refuse)
    Test-Network 'the port is closed'
    Remove-NetFault $proxy *

    Add-NetFault $proxy (New-NetFault -Reset -First 2)
    foreach ($attempt in 1..3) { Test-Network "a reset, attempt $attempt" }
    "The proxy reset $((Get-NetFault $proxy Reset).ConnectionHits) connections."
}
finally {
    Remove-Job $proxy, $server -Force
}
