<#
.SYNOPSIS
A UDP client that sends what you type and shows each answer.

.DESCRIPTION
An empty line ends it. If no answer arrives, because the message or its answer was lost, it tells you and continues. Talk
to udp-server.ps1, or to any server that answers.

.PARAMETER ComputerName
The name or address of the server.

.PARAMETER Port
The port of the server.

.PARAMETER Encoding
The text encoding, such as utf8 or GB18030.

.PARAMETER TimeoutSec
How many seconds to wait for an answer.

.EXAMPLE
./udp-client.ps1 127.0.0.1 8888
#>
#Requires -Version 7.4
param(
    [string] $ComputerName,
    [int] $Port,
    [string] $Encoding = 'utf8',
    [double] $TimeoutSec = 5
)

. $PSScriptRoot/import.ps1

if (-not $ComputerName -or -not $Port) {
    'Usage: ./udp-client.ps1 <host> <port>'
    'For example: ./udp-client.ps1 127.0.0.1 8888'
    exit 2
}

function Read-Message {
    Write-Host '发消息>>' -NoNewline
    Read-Host
}

# The first message is sent from a free port, the others from the same one.
$options = @{ Encoding = $Encoding; Count = 1; TimeoutSec = $TimeoutSec; LocalPort = 0 }
while ($text = Read-Message) {
    Send-UdpMessage $ComputerName $Port $text @options | ForEach-Object {
        $_.Text
        $options.LocalPort = $_.LocalEndPoint.Port
    }
}
