<#
.SYNOPSIS
A TCP server that prints what its clients say and answers every message.

.DESCRIPTION
Reads up to 1,024 bytes at a time from each client until it leaves, prints the text and sends the answer. Clients come
one after the other, or several at a time. Ctrl+C ends it. Talk to it with tcp-client.ps1, or with: nc 127.0.0.1 8888

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Answer
The answer to every message.

.PARAMETER Encoding
The text encoding, such as utf8 or GB18030.

.PARAMETER Once
Ends when the first client has left.
#>
#Requires -Version 7.4
param(
    [int] $Port = 8888,
    [string] $Answer = '来,确认下眼神',
    [string] $Encoding = 'utf8',
    [switch] $Once
)

. $PSScriptRoot/import.ps1

$server = Start-TcpServer $Port -Backlog 5 -MaxMessageBytes 1024 -Encoding $Encoding -Reply $Answer -ErrorAction Stop
try {
    "Waiting for clients on $($server.LocalEndPoint)"
    Receive-Job $server -Wait 6>&1 | ForEach-Object {
        "$_"
        if ($Once -and $_.Tags -contains 'Closed') { Stop-Job $server }
    }
}
finally {
    Remove-Job $server -Force
}
