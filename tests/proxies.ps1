# For the tests of proxies: peers of Python at both ends.

function Start-ProxyPeer { Start-PythonPeer (Get-Content $PSScriptRoot/proxypeer.py -Raw) }

function Start-UdpProxyPeer { Start-PythonPeer (Get-Content $PSScriptRoot/udpproxypeer.py -Raw) }

# Runs a case of the peer through a port, and returns what it saw.
function Invoke-ProxyCase([PythonPeer] $Peer, [string] $Case, [int] $Port) {
    $Peer.WriteLine("$Case $Port")
    $Peer.ReadLine(60)
}

function Wait-NoConnection($Proxy) { Wait-Until { $Proxy.ConnectionCount -eq 0 } }
