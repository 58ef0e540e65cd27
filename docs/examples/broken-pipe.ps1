<#
.SYNOPSIS
Sends over a connection whose other end is gone: this gives a clear error, and the script continues.

.DESCRIPTION
The first message to a peer that has left succeeds: the system accepts it, and only then learns that nobody is there.
A later message fails with a broken pipe.
#>
#Requires -Version 7.4
param([int] $MaxTries = 100)

. $PSScriptRoot/import.ps1

$server = Start-TcpServer -Reply 'welcome'
try {
    $connection = Open-TcpConnection localhost $server.Port
    Send-TcpMessage -Connection $connection 'hello'
    "The server says: $((Receive-TcpMessage $connection -Count 1 -TimeoutSec 5).Text)"
    Get-TcpConnection $server | Close-TcpConnection
    $null = Receive-TcpMessage $connection
    "The server has left. The connection is in $($connection.State)."

    foreach ($try in 1..$MaxTries) {
        Send-TcpMessage -Connection $connection "message $try" -ErrorAction SilentlyContinue -ErrorVariable problem
        if ($problem) { break }
    }
    "Message $try fails: $problem"
    "The script goes on, with a new connection:"
    (Send-TcpMessage localhost $server.Port 'hello again' -Count 1).Text
}
finally {
    Remove-Job $server -Force
}
