BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1

    # The socket of the machine between these two ports.
    function Find-Socket([int] $Local, [int] $Remote, [hashtable] $With = @{}) {
        Get-SocketInfo -Protocol Tcp -LocalPort $Local -RemotePort $Remote @With
    }

    function Wait-State([int] $Local, [int] $Remote, [string] $State) {
        Wait-Until { (Find-Socket $Local $Remote).State -eq $State }
        @(Find-Socket $Local $Remote @{ State = $State }).Count | Should -Be 1
        Compare-WithSs t $Local, $Remote
    }

    # A listener, a client and what the listener accepted; gives the ports of the first two.
    function New-Connection([string] $Options = '') {
        Invoke-Python $python "listener, client, accepted = connected($Options)"
        Invoke-Python $python '[s.getsockname()[1] for s in (listener, client)]'
    }
}

Describe 'Get-SocketInfo shows each state of TCP, as ss does' -Skip:(-not $IsLinux) {
    BeforeEach { $python = Start-PythonShell }
    AfterEach { $python.Stop() }

    It 'Listen, with the backlog and who waits in it' {
        Invoke-Python $python 'listener = socket.create_server(("127.0.0.1", 0), backlog=7)'
        $port = Invoke-Python $python 'listener.getsockname()[1]'
        Invoke-Python $python 'waiting = [socket.create_connection(listener.getsockname()) for n in range(3)]'
        # A client is connected a moment before the listener has it.
        Wait-Until { (Get-SocketInfo -LocalPort $port -State Listen).ReceiveQueue -eq 3 }
        $socket = Get-SocketInfo -LocalPort $port -State Listen
        $socket.SendQueue | Should -Be 7
        $socket.RemoteAddress | Should -BeNullOrEmpty
        $socket.RemotePort | Should -BeNullOrEmpty
        Compare-WithSs t $port
    }

    It 'Established, both ends' {
        $server, $client = New-Connection
        Wait-State $client $server Established
        Wait-State $server $client Established
    }

    It 'SynSent: a connection to a listener with a full backlog' {
        Invoke-Python $python 'listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(0)'
        $port = Invoke-Python $python 'listener.getsockname()[1]'
        Invoke-Python $python 'first = socket.create_connection(listener.getsockname())'
        # Only then is the backlog full.
        Wait-Until { (Get-SocketInfo -LocalPort $port -State Listen).ReceiveQueue -eq 1 }
        Invoke-Python $python 'late = socket.socket(); late.setblocking(False)'
        Invoke-Python $python 'late.connect_ex(listener.getsockname())'
        $local = Invoke-Python $python 'late.getsockname()[1]'
        Wait-State $local $port SynSent
    }

    It 'SynReceived: a connection that counts only once there is data' {
        Invoke-Python $python 'listener = socket.create_server(("127.0.0.1", 0))'
        Invoke-Python $python 'listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)'
        Invoke-Python $python 'client = socket.create_connection(listener.getsockname())'
        $server, $client = Invoke-Python $python '[s.getsockname()[1] for s in (listener, client)]'
        Wait-Until { (Find-Socket $server $client).State -eq 'SynReceived' }
        (Find-Socket $server $client @{ State = 'SynReceived' }).LocalAddress | Should -Be '127.0.0.1'
        @(Get-SsLine t $server | Where-Object { $_ -like 'SynReceived*' }).Count | Should -Be 1
    }

    It 'FinWait2 and CloseWait: one side has ended sending' {
        $server, $client = New-Connection
        Invoke-Python $python 'client.shutdown(socket.SHUT_WR)'
        Wait-State $client $server FinWait2
        Wait-State $server $client CloseWait
    }

    It 'TimeWait: both have closed, this side first; no process has the socket any more' {
        $server, $client = New-Connection
        Invoke-Python $python 'client.shutdown(socket.SHUT_WR); accepted.recv(1); accepted.close(); client.recv(1)'
        Invoke-Python $python 'client.close()'
        Wait-State $client $server TimeWait
        $socket = Find-Socket $client $server @{ IncludeProcess = $true; WarningAction = 'Ignore' }
        $socket.Inode | Should -Be 0
        $socket.ProcessId | Should -BeNullOrEmpty
    }

    It 'FinWait1: the end waits behind data the peer does not read' {
        $server, $client = New-Connection 'SO_RCVBUF=4096'
        Invoke-Python $python 'fill(client); client.shutdown(socket.SHUT_WR)'
        Wait-State $client $server FinWait1
        (Find-Socket $client $server).SendQueue | Should -BeGreaterThan 0
        (Find-Socket $server $client).ReceiveQueue | Should -BeGreaterThan 0
    }

    It 'LastAck: the same, of the side that was told of the end' {
        $server, $client = New-Connection 'SO_RCVBUF=4096'
        Invoke-Python $python 'accepted.shutdown(socket.SHUT_WR); client.recv(1); fill(client)'
        Invoke-Python $python 'client.shutdown(socket.SHUT_WR)'
        Wait-State $client $server LastAck
        Wait-State $server $client FinWait2
    }

    It 'Closing: both ends at the same time' {
        $server, $client = New-Connection 'SO_RCVBUF=4096'
        Invoke-Python $python 'fill(client); client.shutdown(socket.SHUT_WR); accepted.shutdown(socket.SHUT_WR)'
        Wait-State $client $server Closing
    }

    It 'the bytes that wait, on both sides' {
        $server, $client = New-Connection
        Invoke-Python $python 'client.sendall(bytes(4321))'
        Wait-Until { (Find-Socket $server $client).ReceiveQueue -eq 4321 }
        Wait-Until { (Find-Socket $client $server).SendQueue -eq 0 }
        Invoke-Python $python 'fill(client)'
        Compare-WithSs t $server
        (Find-Socket $client $server).SendQueue | Should -BeGreaterThan 0
    }

    It 'takes several states at once' {
        $server, $client = New-Connection
        Invoke-Python $python 'client.shutdown(socket.SHUT_WR)'
        Wait-State $server $client CloseWait
        (Get-SocketInfo -LocalPort $server -State Listen, CloseWait).State | Sort-Object |
            Should -Be 'CloseWait', 'Listen'
        Get-SocketInfo -LocalPort $server -State Established | Should -BeNullOrEmpty
    }
}
