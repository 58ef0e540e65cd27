<#
.SYNOPSIS
A UDP server that prints who sends what and answers every datagram with the time.

.DESCRIPTION
Reads each datagram into a buffer of 1,024 bytes; the part that does not fit is lost. Prints the sender and the text, and
answers the sender. Ctrl+C ends it. Talk to it with udp-client.ps1, or with: nc -u 127.0.0.1 8888

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Answer
The answer to every datagram, after the time.

.PARAMETER Encoding
The text encoding, such as utf8 or GB18030.
#>
#Requires -Version 7.4
param(
    [int] $Port = 8888,
    [string] $Answer = '接收到消息',
    [string] $Encoding = 'utf8'
)

. $PSScriptRoot/import.ps1

$server = Start-UdpServer $Port -BufferBytes 1024 -Encoding $Encoding -ErrorAction Stop -ScriptBlock {
    "$(Get-Date -Format 'yyyy-MM-dd HH:mm:ss') $using:Answer"
}
try {
    "Waiting for messages on $($server.LocalEndPoint)"
    Receive-Job $server -Wait | ForEach-Object { "$($_.RemoteEndPoint) says: $($_.Text)" }
}
finally {
    Remove-Job $server -Force
}
