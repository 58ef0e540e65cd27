<#
.SYNOPSIS
A time server (RFC 868): the seconds since 1900 as four bytes, over TCP to everybody who connects, over UDP to every datagram.

.DESCRIPTION
Prints who asks. Ctrl+C ends it. Try it with: nc 127.0.0.1 3737 | od -t u4 --endian=big

.PARAMETER Port
The port to listen on; 0 takes a free one.
#>
#Requires -Version 7.4
param([int] $Port = 3737)

. $PSScriptRoot/import.ps1

function Get-TimeByte {
    $seconds = [uint] ([datetime]::UtcNow - [datetime]::new(1900, 1, 1)).TotalSeconds
    $bytes = [BitConverter]::GetBytes([Net.IPAddress]::HostToNetworkOrder([int] ($seconds - [uint]::MaxValue - 1)))
    , $bytes
}

$tcp = Start-TcpServer $Port -ErrorAction Stop -Greeting {
    ${function:Get-TimeByte} = ${using:function:Get-TimeByte}
    Send-TcpMessage -Connection $Connection (Get-TimeByte)
    Close-TcpConnection $Connection
}
try {
    $udp = Start-UdpServer $tcp.Port -ErrorAction Stop -ScriptBlock {
        ${function:Get-TimeByte} = ${using:function:Get-TimeByte}
        Get-TimeByte
    }
    "Telling the time on $($tcp.LocalEndPoint)"
    Receive-Job $tcp, $udp -Wait  | ForEach-Object { "$($_.RemoteEndPoint ? "A datagram from $($_.RemoteEndPoint)" : $_)" }
}
finally {
    $tcp, $udp | Where-Object { $_ } | Remove-Job -Force
}
