<#
.SYNOPSIS
Asks a socket what it is: type, family, addresses, file descriptor and options; and sets one.

.DESCRIPTION
A server and a client on this machine, and the questions a socket program can ask: getsockname, getpeername, fileno,
getsockopt and setsockopt, each beside what it is called here.

.PARAMETER Port
The port of the server; 0 takes a free one.
#>
#Requires -Version 7.4
#Requires -Modules PSNetLab
param([ValidateRange(0, 65535)] [int] $Port = 0)

$server = Start-TcpServer $Port -Echo
try {
    $connection = Open-TcpConnection localhost $server.Port
    $listener, $client = $server, $connection | Get-SocketInfo

    "type         $($client.SocketType)"
    "family       $($client.AddressFamily)"
    "getsockname  $($client.LocalAddress):$($client.LocalPort)"
    "getpeername  $($client.RemoteAddress):$($client.RemotePort)"
    "fileno       $($client.Handle)"
    "state        $($client.State); of the server: $($listener.State)"

    # getsockopt(SOL_SOCKET, SO_RCVBUF), and what setsockopt makes of a value: Linux doubles it.
    "getsockopt   $($connection | Get-SocketOption ReceiveBuffer)"
    "setsockopt   $($connection | Set-SocketOption ReceiveBuffer 50000 -PassThru)"

    foreach ($name in 'ReuseAddress', 'KeepAlive') {
        $before = $connection | Get-SocketOption $name
        $after = $connection | Set-SocketOption $name $true -PassThru
        "$before, then $($after.Value): $($after.Meaning)"
    }
    Close-TcpConnection $connection
    # Of a closed socket nothing is left.
    try { $connection | Get-SocketInfo -ErrorAction Stop }
    catch { $_.FullyQualifiedErrorId -replace ',.*' }
}
finally {
    Remove-Job $server -Force
}
