# For the tests of UDP, next to common.ps1.

# A plain socket of the runtime: where Send-UdpMessage would choose the address to send from.
function New-UdpPeer([string] $Address = '127.0.0.1', [int] $TimeoutMs = 20000) {
    $peer = [Net.Sockets.UdpClient]::new([Net.IPEndPoint]::new([ipaddress] $Address, 0))
    $peer.Client.ReceiveTimeout = $TimeoutMs
    $peer
}

function Send-Datagram([Net.Sockets.UdpClient] $Peer, [string] $Text, [int] $Port, [string] $To = '127.0.0.1') {
    $bytes = [Text.Encoding]::UTF8.GetBytes($Text)
    $null = $Peer.Send($bytes, $bytes.Length, $To, $Port)
}

function Receive-Datagram([Net.Sockets.UdpClient] $Peer) {
    $from = [Net.IPEndPoint]::new([ipaddress]::Any, 0)
    $bytes = $Peer.Receive([ref] $from)
    [pscustomobject]@{ Text = [Text.Encoding]::UTF8.GetString($bytes); From = "$from" }
}

# What a flood on loopback needs to lose nothing; some systems cap it far lower for who is not root.
function Test-LargeBuffer {
    $server = Start-UdpServer
    $server.ReceiveBufferBytes -ge 4MB
    $server | Remove-Job -Force
}

# Receives in the foreground; -Send { param($port) ... } runs once the socket is open.
function Receive-Sent([hashtable] $With, [scriptblock] $Send, [int] $Port = 0) {
    Receive-UdpMessage $Port @With -Verbose 4>&1 | ForEach-Object {
        if ($_ -isnot [Management.Automation.VerboseRecord]) { $_ }
        elseif ("$_" -match '^Receiving on .*:(\d+)\.$') { $null = & $Send ([int] $Matches[1]) }
    }
}
