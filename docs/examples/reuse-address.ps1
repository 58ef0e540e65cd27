<#
.SYNOPSIS
Why a server sets SO_REUSEADDR before it binds its port: TIME-WAIT.

.DESCRIPTION
The side that closes a connection first remembers it for a while, in the state TIME-WAIT, so that late packets of it
reach nobody new (RFC 9293, section 3.6.1). A server that is restarted finds such connections on its port, and binds it
only with SO_REUSEADDR. The option matters on the socket that listens, and only before it is bound. On Windows a port can
be bound again in any case.
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

$server = Start-TcpServer -Reply 'welcome'
$port = $server.Port
"$(Get-SocketOption $server ReuseAddress), of the socket that listens on port $port"

$client = Open-TcpConnection 127.0.0.1 $port
Send-TcpMessage $client 'hello'
"The server says: $((Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text)"

# The server closes first, and is gone.
Get-TcpConnection $server | Close-TcpConnection
$null = Receive-TcpMessage $client
Close-TcpConnection $client
Remove-Job $server -Force
"What is left of it: $(Get-SocketInfo -LocalPort $port)"

foreach ($reuse in $false, $true) {
    try {
        Start-TcpServer $port -ReuseAddress:$reuse -ErrorAction Stop | Remove-Job -Force
        "-ReuseAddress:`$$reuse`: the next server listens on port $port"
    }
    catch { "-ReuseAddress:`$$reuse`: $_" }
}
