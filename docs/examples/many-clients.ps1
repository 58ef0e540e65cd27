<#
.SYNOPSIS
One listening socket serves many clients, several at a time, again and again.

.PARAMETER Clients
How many clients are connected at the same time.

.PARAMETER Rounds
How many times a group of clients connects, talks and leaves.
#>
#Requires -Version 7.4
param([int] $Clients = 5, [int] $Rounds = 3)

. $PSScriptRoot/import.ps1

$server = Start-TcpServer -Framing Line -ScriptBlock { "$($_.Text), you are number $($_.ConnectionId)" }
try {
    foreach ($round in 1..$Rounds) {
        $connections = foreach ($n in 1..$Clients) { Open-TcpConnection localhost $server.Port -Framing Line }
        foreach ($connection in $connections) { Send-TcpMessage -Connection $connection "Hello in round $round" }
        $connections | Receive-TcpMessage -Count 1 -TimeoutSec 10 | ForEach-Object Text
        "Connected: $($server.ConnectionCount)"
        $connections | Close-TcpConnection
    }
    "One listening socket on $($server.LocalEndPoint), $($server.MessageCount) messages"
}
finally {
    Remove-Job $server -Force
}
