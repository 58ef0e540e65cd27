<#
.SYNOPSIS
Sends a broadcast every two seconds, and shows who answers.

.DESCRIPTION
Sends from every network interface to its broadcast address, until Ctrl+C. The other side, on any number of machines, is
broadcast-receiver.ps1.

.PARAMETER Port
The port to send to.

.PARAMETER Message
What to send.

.PARAMETER Address
The broadcast addresses to send to, instead of those of the interfaces. On Linux, 127.255.255.255 stays on this machine.

.PARAMETER Count
How often to send; 0 sends until Ctrl+C.

.PARAMETER IntervalMs
How many milliseconds to wait between two broadcasts, and for answers after the last one.
#>
#Requires -Version 7.4
param(
    [int] $Port = 8880,
    [string] $Message = 'Is anybody there?',
    [ipaddress[]] $Address,
    [int] $Count,
    [int] $IntervalMs = 2000
)

. $PSScriptRoot/import.ps1

$options = @{
    Count      = $Count ? $Count : [int]::MaxValue
    IntervalMs = $IntervalMs
    TimeoutSec = $IntervalMs / 1000
}
if ($Address) { $options.Address = $Address }

Send-Broadcast $Port $Message @options | ForEach-Object {
    if ($_ -is [PSNetLab.UdpMessage]) { "$($_.RemoteEndPoint) answers: $($_.Text -replace '\p{Cc}', '?')" }
    elseif (-not $_.Error) { "Sent to $($_.BroadcastAddress): $Message" }
}
