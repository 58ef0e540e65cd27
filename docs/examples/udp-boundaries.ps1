<#
.SYNOPSIS
Datagrams keep their boundaries, where a TCP stream glues messages together.

.DESCRIPTION
Sends the same messages over TCP and over UDP to a reader that is late. TCP is a stream: one read returns everything that
waits. With UDP, each read returns one datagram, as it was sent. The end shows the price: the part of a datagram that does
not fit into the reader's buffer is lost, while TCP would return it with the next read.

.PARAMETER Message
What to send.

.PARAMETER BufferBytes
The size of the small buffer at the end.
#>
#Requires -Version 7.4
param(
    [string[]] $Message = @('one', 'two', 'three'),
    [int] $BufferBytes = 4
)

. $PSScriptRoot/import.ps1

function Send-OverTcp {
    $server = Start-TcpServer -Reply 'welcome'
    try {
        $client = Open-TcpConnection localhost $server.Port
        Send-TcpMessage -Connection $client 'hello'
        $null = Receive-TcpMessage $client -Count 1 -TimeoutSec 5

        $Message | Send-TcpMessage -Job $server
        Get-TcpConnection $server | Close-TcpConnection -HalfClose
        Receive-TcpMessage $client | ForEach-Object { "  [$($_.Text)]" }
        Close-TcpConnection $client
    }
    finally {
        Remove-Job $server -Force
    }
}

function Send-OverUdp([int] $Buffer) {
    $receiver = Start-UdpServer -BufferBytes $Buffer
    try {
        $Message | Send-UdpMessage localhost $receiver.Port
        Receive-UdpMessage $receiver -Count $Message.Count -TimeoutSec 5 |
            ForEach-Object { "  [$($_.Text)]$($_.Truncated ? ' and the rest is lost' : '')" }
    }
    finally {
        Remove-Job $receiver -Force
    }
}

'TCP, read late:'
Send-OverTcp
'UDP, read late:'
Send-OverUdp 65535
"UDP, read into a buffer of $BufferBytes bytes:"
Send-OverUdp $BufferBytes
