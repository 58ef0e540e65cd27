<#
.SYNOPSIS
A lost datagram is lost: nobody needs to listen, and nobody sends again.

.DESCRIPTION
First a datagram goes to a port where nobody listens, and nothing fails. Then many go to a server that is busy for a
moment and has a small buffer: those that do not fit are gone, the sender is not told, and what is read afterwards has
gaps. On Linux the system counts them.

.PARAMETER Messages
How many datagrams to send to the busy server.
#>
#Requires -Version 7.4
#Requires -Modules PSNetLab
param([int] $Messages = 1000)

$gone = Start-UdpServer
Remove-Job $gone -Force
Send-UdpMessage localhost $gone.Port 'Is anybody there?'
"A datagram to port $($gone.Port), where nobody listens: sent, without an error."

$server = Start-UdpServer -ReceiveBufferBytes 4096 -ScriptBlock {
    if ($_.Sequence -eq 1) { Start-Sleep -Milliseconds 500 }
}
try {
    1..$Messages | Send-UdpMessage localhost $server.Port
    # Without -Count it ends in silence when the time is over: there is no telling whether more will come.
    $received = @(Receive-UdpMessage $server -TimeoutSec 2)

    "Sent to a busy server: $Messages, without an error. Received: $($received.Count)."
    "The numbers that came: $($received[0..9].Text -join ' ') ..."
    "Lost: $($Messages - $received.Count)$($null -ne $server.KernelDrops ? ", as many as the system counts: $($server.KernelDrops)" : '')."
}
finally {
    Remove-Job $server -Force
}
