<#
.SYNOPSIS
Listens for broadcasts, prints them and answers each.

.DESCRIPTION
Listens on all IPv4 addresses of this machine, and shares the port with other programs that do the same. Ctrl+C ends it;
any other error is shown, and it goes on. The other side is broadcast-sender.ps1.

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Answer
The answer to every broadcast.

.PARAMETER Address
The local address to listen on; 0.0.0.0 is all. On Linux, 127.255.255.255 receives only broadcasts on this machine.
#>
#Requires -Version 7.4
param(
    [int] $Port = 8880,
    [string] $Answer = 'I am here',
    [ipaddress] $Address = '0.0.0.0'
)

. $PSScriptRoot/import.ps1

$receiver = Start-UdpServer $Port $Address -Broadcast -Reply $Answer -ErrorAction Stop
try {
    "Waiting for broadcasts on $($receiver.LocalEndPoint)"
    # Anybody may send anything, so control characters must not reach the terminal.
    Receive-Job $receiver -Wait | ForEach-Object { "$($_.RemoteEndPoint) says: $($_.Text -replace '\p{Cc}', '?')" }
}
finally {
    Remove-Job $receiver -Force
}
