<#
.SYNOPSIS
A chat room for everybody on the local network: each line goes to all, as a broadcast.

.DESCRIPTION
Everybody sends to and listens on the same port. There is no server, and nobody is visible before they speak. You also
receive your own lines, from each of your networks. An empty line leaves the room. Anybody on the network can read
everything, and write under any name.

.PARAMETER Name
Your name, which is shown before your lines.

.PARAMETER Port
The port of the room.

.PARAMETER Address
The broadcast addresses to send to, instead of those of all networks. On Linux, 127.255.255.255 stays on this machine.
#>
#Requires -Version 7.4
param([string] $Name = [Environment]::UserName, [int] $Port = 8881, [ipaddress[]] $Address)

. $PSScriptRoot/import.ps1

$to = $Address ? @{ Address = $Address } : @{}
$room = Start-UdpServer $Port -Broadcast -ErrorAction Stop
# The prompt waits for the next line, so a thread job shows the lines of others, without control characters.
$screen = Start-ThreadJob -StreamingHost $Host { Receive-Job $using:room -Wait | ForEach-Object { Write-Host ($_.Text -replace '\p{Cc}', '?') } }
try {
    $line = 'joins'
    do { $null = Send-Broadcast $Port "${Name}: $line" @to } while ($line = Read-Host)
    $null = Send-Broadcast $Port "${Name}: leaves" @to
}
finally {
    Remove-Job $room, $screen -Force
}
