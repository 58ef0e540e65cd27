BeforeAll {
    . $PSScriptRoot/common.ps1
    $examples = Join-Path $PSScriptRoot .. docs examples
}

Describe 'socket-attributes.ps1' {
    It 'tells what a socket program can ask, and what setsockopt made of it' {
        $port = Get-FreePort
        $lines = & "$examples/socket-attributes.ps1" -Port $port -ErrorAction Stop
        $said = @{}
        foreach ($line in $lines -match '^\w+ {2,}') {
            $key, $value = $line -split ' +', 2
            $said[$key] = $value
        }
        $said.type | Should -Be 'Stream'
        $said.family | Should -Be 'InterNetwork'
        $said.getsockname | Should -Match '^127\.0\.0\.1:\d+$'
        $said.getpeername | Should -Be "127.0.0.1:$port"
        [int] $said.fileno | Should -BeGreaterThan 2
        $said.state | Should -Be 'Established; of the server: Listen'
        $said.getsockopt | Should -Match '^ReceiveBuffer = \d+ bytes$'
        $said.setsockopt | Should -Match ($IsLinux ? '= 100000 bytes$' : '= \d+ bytes$')
        $lines -match '^KeepAlive = False, then True: .*\(SO_KEEPALIVE\)$' | Should -Not -BeNullOrEmpty
        $lines[-1] | Should -Be 'ConnectionClosed'
    }

    It 'tells what python3 says of a socket of the same kind' {
        $peer = Start-PythonPeer @'
import socket
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
peer, address = listener.accept()
print(address[1], peer.getsockname()[1])
peer.recv(1)
'@
        $connection = Open-TcpConnection 127.0.0.1 $peer.Port
        try {
            $info = $connection | Get-SocketInfo
            $peer.ReadLine() | Should -Be "$($info.LocalPort) $($info.RemotePort)"
        }
        finally {
            Close-TcpConnection $connection
            $peer.Stop()
        }
    }

    It 'leaves nothing behind' {
        $null = & "$examples/socket-attributes.ps1"
        $before = Get-OpenSocketCount
        foreach ($round in 1..5) { $null = & "$examples/socket-attributes.ps1" }
        Wait-Until { (Get-OpenSocketCount) -le $before }
        Get-Job | Should -BeNullOrEmpty
    }
}
