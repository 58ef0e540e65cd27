<#
.SYNOPSIS
Shows messages glued together on a TCP stream (sticky packets, 粘包), and two cures.

.DESCRIPTION
A server sends three messages to a client that reads them late. By then the system has put all of them into one buffer,
and one read returns them together. With an interval between the messages, and a quick reader, each is read by itself.
With a framing the reader knows where each message ends, however late it is.

.PARAMETER IntervalMs
How long the sender waits between two messages, for the second part.
#>
#Requires -Version 7.4
param(
    [string[]] $Message = @('one', 'two', 'three'),
    [int] $IntervalMs = 200
)

. $PSScriptRoot/import.ps1

function Receive-Late([string] $Framing) {
    $server = Start-TcpServer -Framing $Framing -Reply 'welcome'
    try {
        $client = Open-TcpConnection localhost $server.Port -Framing $Framing
        Send-TcpMessage -Connection $client 'hello'
        $null = Receive-TcpMessage $client -Count 1 -TimeoutSec 5

        $Message | Send-TcpMessage -Job $server
        # The server ends the stream, so that the client knows when to stop.
        Get-TcpConnection $server | Close-TcpConnection -HalfClose
        Receive-TcpMessage $client | ForEach-Object { "  [$($_.Text)]" }
        Close-TcpConnection $client
    }
    finally {
        Remove-Job $server -Force
    }
}

function Receive-Quickly {
    $server = Start-TcpServer
    try {
        $Message | Send-TcpMessage localhost $server.Port -IntervalMs $IntervalMs
        Receive-TcpMessage -Job $server -Count $Message.Count -TimeoutSec 5 | ForEach-Object { "  [$($_.Text)]" }
    }
    finally {
        Remove-Job $server -Force
    }
}

"Raw, sent one after the other, read late:"
Receive-Late Raw
"Raw, $IntervalMs ms apart, read at once:"
Receive-Quickly
"Framed as lines, sent one after the other, read late:"
Receive-Late Line
