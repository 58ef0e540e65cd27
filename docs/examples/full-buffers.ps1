<#
.SYNOPSIS
Full buffers hold a sender back until the reader reads.

.DESCRIPTION
A server sends many large messages to a client that does not read. First the client's receive buffer fills up and its
window closes; then the server's send buffer fills up, and the server can send no more. Nothing is lost: when the client
reads, the rest follows.

.PARAMETER Messages
How many messages of 64 KiB the server sends.
#>
#Requires -Version 7.4
param([int] $Messages = 400)

. $PSScriptRoot/import.ps1

$size = 64KB
$server = Start-TcpServer -Framing Length32 -NoRecord -ScriptBlock {
    $block = [byte[]]::new($using:size)
    foreach ($n in 1..$using:Messages) { , $block }
}

# The number of messages the server has sent, once that stays the same for a while.
function Wait-Standstill {
    do {
        $sent = $server.BytesSent
        Start-Sleep -Milliseconds 300
    } until ($server.BytesSent -eq $sent -and $sent -gt 0)
    '{0:n1} MiB' -f ($sent / 1MB)
}

try {
    $connection = Open-TcpConnection localhost $server.Port -Framing Length32
    Send-TcpMessage -Connection $connection 'go'
    'To send: {0:n1} MiB' -f ($Messages * ($size + 4) / 1MB)
    "The client does not read. The server has sent $(Wait-Standstill) and is held back."

    $half = @(Receive-TcpMessage $connection -Count ($Messages / 2))
    "The client has read $($half.Count) messages. The server has sent $(Wait-Standstill)."

    $rest = @(Receive-TcpMessage $connection -Count ($Messages - $half.Count))
    "The client has read $($half.Count + $rest.Count) messages. The server has sent $(Wait-Standstill): everything."
    Close-TcpConnection $connection
}
finally {
    Remove-Job $server -Force
}
