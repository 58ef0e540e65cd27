<#
.SYNOPSIS
Shows the attributes of a socket: type, family, addresses, file descriptor and options; and sets an option.

.DESCRIPTION
Starts a server and a client on this machine, and shows the classic socket calls getsockname, getpeername, fileno,
getsockopt and setsockopt with their counterparts in this module.

.PARAMETER Port
The port of the server; 0 takes a free one.
#>
#Requires -Version 7.4
param([ValidateRange(0, 65535)] [int] $Port = 0)

. $PSScriptRoot/import.ps1

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

    # getsockopt(SOL_SOCKET, SO_RCVBUF), and what setsockopt does to a value: Linux doubles it.
    "getsockopt   $($connection | Get-SocketOption ReceiveBuffer)"
    "setsockopt   $($connection | Set-SocketOption ReceiveBuffer 50000 -PassThru)"

    $before = Get-SocketOption $connection KeepAlive
    $after = Set-SocketOption $connection KeepAlive $true -PassThru
    "$before, then $($after.Value): $($after.Meaning)"

    # Of the socket that listens: reuse-address.ps1 shows what it is for.
    $reuse = Get-SocketOption $server ReuseAddress
    "${reuse}: $($reuse.Meaning)"

    Close-TcpConnection $connection
    # A closed socket has no attributes.
    try { $connection | Get-SocketInfo -ErrorAction Stop }
    catch { $_.FullyQualifiedErrorId -replace ',.*' }
}
finally {
    Remove-Job $server -Force
}
