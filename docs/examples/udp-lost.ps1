<#
.SYNOPSIS
Shows that lost datagrams stay lost: sending succeeds even if nobody listens, and nothing is sent again.

.DESCRIPTION
First it sends a datagram to a port where nobody listens, and nothing fails. Then it sends many to a server that is busy
for a moment and has a small buffer: those that do not fit are lost without an error for the sender, and the received
numbers have gaps. On Linux the system counts the losses.

.PARAMETER Messages
How many datagrams to send to the busy server.
#>
#Requires -Version 7.4
param([int] $Messages = 1000)

. $PSScriptRoot/import.ps1

$gone = Start-UdpServer
Remove-Job $gone -Force
Send-UdpMessage localhost $gone.Port 'Is anybody there?'
"A datagram to port $($gone.Port), where nobody listens: sent, without an error."

$server = Start-UdpServer -ReceiveBufferBytes 4096 -ScriptBlock {
    if ($_.Sequence -eq 1) { Start-Sleep -Milliseconds 500 }
}
try {
    1..$Messages | Send-UdpMessage localhost $server.Port
    # Without -Count it just ends when the time is over, because nobody can know whether more will arrive.
    $received = @(Receive-UdpMessage $server -TimeoutSec 2)

    "Sent to a busy server: $Messages, without an error. Received: $($received.Count)."
    "The numbers that came: $($received[0..9].Text -join ' ') ..."
    "Lost: $($Messages - $received.Count)$($null -ne $server.KernelDrops ? ", as many as the system counts: $($server.KernelDrops)" : '')."
}
finally {
    Remove-Job $server -Force
}
