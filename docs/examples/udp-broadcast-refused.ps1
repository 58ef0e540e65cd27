<#
.SYNOPSIS
The system refuses to send to a broadcast address unless the socket has asked for it.

.DESCRIPTION
A broadcast disturbs every host on the network, so the system stops programs from sending one by mistake: the socket must
first set the option SO_BROADCAST. Send-UdpMessage does not set it, and reports the error; Send-Broadcast does.

.PARAMETER Address
The broadcast address to try. The default one stays on this machine: Linux has broadcasts on loopback.
#>
#Requires -Version 7.4
param([ipaddress] $Address = '127.255.255.255')

. $PSScriptRoot/import.ps1

$receiver = Start-UdpServer -Broadcast
try {
    'Without the option:'
    try { Send-UdpMessage $Address $receiver.Port 'hello' }
    catch { "  $(($_.FullyQualifiedErrorId -split ',')[0]): $_" }

    'With the option:'
    $result = Send-Broadcast $receiver.Port 'hello' -Address $Address
    "  $($result.Bytes) bytes sent to $($result.BroadcastAddress)"
    Receive-UdpMessage $receiver -Count 1 -TimeoutSec 5 | ForEach-Object { "  Received: $($_.Text)" }
}
finally {
    Remove-Job $receiver -Force
}
