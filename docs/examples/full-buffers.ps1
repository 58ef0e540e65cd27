<#
.SYNOPSIS
Full buffers hold a sender back; it goes on when the reader reads.

.DESCRIPTION
A server sends many large messages to a client that does not read. The client's system buffers what fits, then its
window is closed, the server's buffer fills, too, and the server can send no more. Nothing is lost: as the client
reads, the rest follows.

.PARAMETER Messages
How many messages of 64 KiB the server is to send.
#>
#Requires -Version 7.4
#Requires -Modules PSNetLab
param([int] $Messages = 400)

$size = 64KB
$server = Start-TcpServer -Framing Length32 -NoRecord -ScriptBlock {
    $block = [byte[]]::new($using:size)
    foreach ($n in 1..$using:Messages) { , $block }
}

# How far the server got: the number it has sent, once that stays the same for a while.
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
