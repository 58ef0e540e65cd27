<#
.SYNOPSIS
A TCP client that sends what you type and shows each answer.

.DESCRIPTION
An empty line ends it, and so does the server when it leaves. Talk to tcp-server.ps1, or to any server that answers.

.PARAMETER ComputerName
The name or address of the server.

.PARAMETER Port
The port of the server.

.PARAMETER Encoding
The text encoding, such as utf8 or GB18030.

.PARAMETER TimeoutSec
How many seconds to wait for an answer.
#>
#Requires -Version 7.4
param(
    [string] $ComputerName = '127.0.0.1',
    [int] $Port = 8888,
    [string] $Encoding = 'utf8',
    [double] $TimeoutSec = 10
)

. $PSScriptRoot/import.ps1

function Read-Message {
    Write-Host '发消息>>' -NoNewline
    Read-Host
}

$connection = Open-TcpConnection $ComputerName $Port -Encoding $Encoding -ErrorAction Stop
try {
    while ($connection.State -eq 'Established' -and ($text = Read-Message)) {
        Send-TcpMessage -Connection $connection $text
        Receive-TcpMessage $connection -Count 1 -TimeoutSec $TimeoutSec | ForEach-Object Text
    }
}
finally {
    Close-TcpConnection $connection
}
