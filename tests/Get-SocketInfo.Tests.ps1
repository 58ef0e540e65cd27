BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1

    $command = 'PSNetLab.Commands.GetSocketInfoCommand'

    # Fails where the two disagree; nothing where the system does not let python look.
    function Test-PythonView($Info) {
        $view = Get-PythonView $Info.Handle
        if (-not $view) { return }
        "$($Info.LocalAddress)" | Should -Be $view.local[0]
        $Info.LocalPort | Should -Be $view.local[1]
        "$($Info.RemoteAddress)" | Should -Be "$(if ($view.remote) { $view.remote[0] })"
        "$($Info.RemotePort)" | Should -Be "$(if ($view.remote) { $view.remote[1] })"
        $Info.Inode | Should -Be $view.inode
        $Info.Blocking | Should -Be $view.blocking
        @{ InterNetwork = 'AF_INET'; InterNetworkV6 = 'AF_INET6' }["$($Info.AddressFamily)"] | Should -Be $view.family
        @{ Stream = 'SOCK_STREAM'; Dgram = 'SOCK_DGRAM' }["$($Info.SocketType)"] | Should -Be $view.type
        @{ Tcp = 6; Udp = 17 }["$($Info.Protocol)"] | Should -Be $view.proto
    }
}

Describe 'Get-SocketInfo with an object' {
    BeforeEach {
        $disposables = [Collections.Generic.List[IDisposable]]::new()
    }

    AfterEach {
        $disposables | ForEach-Object Dispose
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'describes a TCP server' {
        $server = Start-TcpServer
        $info = $server | Get-SocketInfo
        $info | Should -BeOfType PSNetLab.SocketInfo
        $info.State | Should -Be 'Listen'
        $info.LocalPort | Should -Be $server.Port
        $info.ProcessId | Should -Be $PID
        $info.MessagesReceived | Should -Be 0
        ($info.Options | Where-Object Name -EQ AcceptConnection).Value | Should -BeTrue
        if ($IsLinux) { Test-PythonView $info }
    }

    It 'describes a UDP server' {
        $server = Start-UdpServer
        Send-UdpMessage 127.0.0.1 $server.Port -Message 'hello'
        $null = Receive-UdpMessage -Job $server -Count 1 -TimeoutSec 20
        $info = Get-SocketInfo $server
        $info.Protocol | Should -Be 'Udp'
        $info.State | Should -Be 'Closed'
        $info.BytesReceived | Should -Be 5
        $info.MessagesReceived | Should -Be 1
        $info.TcpInfo | Should -BeNullOrEmpty
        if ($IsLinux) {
            $info.Drops | Should -Be 0
            Test-PythonView $info
        }
    }

    It 'describes a connection, with counts and what TCP knows' {
        $server = Start-TcpServer -Framing Line -Echo
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'one', 'three' | Send-TcpMessage -Connection $connection
        $null = Receive-TcpMessage $connection -Count 2 -TimeoutSec 20
        $info = $connection | Get-SocketInfo
        $info.State | Should -Be 'Established'
        $info.RemotePort | Should -Be $server.Port
        $info.LocalPort | Should -Be $connection.LocalEndPoint.Port
        $info.BytesSent, $info.BytesReceived | Should -Be 10, 10
        $info.MessagesSent, $info.MessagesReceived | Should -Be 2, 2
        if ($IsLinux) {
            $info.TcpInfo.RoundTripTime | Should -BeGreaterThan ([timespan]::Zero)
            $info.TcpInfo.MaximumSegmentSize | Should -BeGreaterThan 500
            # Linux counts the SYN, too.
            $info.TcpInfo.BytesAcknowledged | Should -Be 11
            $info.TcpInfo.BytesReceived | Should -Be 10
            Test-PythonView $info
        }
    }

    It 'describes each connection of a server' {
        $server = Start-TcpServer
        $ports = 1..3 | ForEach-Object { (Open-TcpConnection 127.0.0.1 $server.Port).LocalEndPoint.Port }
        Wait-Until { $server.ConnectionCount -eq 3 }
        (Get-TcpConnection $server | Get-SocketInfo).RemotePort | Sort-Object | Should -Be ($ports | Sort-Object)
    }

    It 'describes a .NET <Kind>' -ForEach @(
        @{ Kind = 'Socket'; State = 'Closed'; Protocol = 'Udp'; Make = {
                $socket = [Net.Sockets.Socket]::new('InterNetwork', 'Dgram', 'Udp')
                $socket.Bind([Net.IPEndPoint]::new([Net.IPAddress]::Loopback, 0))
                $socket
            }
        }
        @{ Kind = 'TcpListener'; State = 'Listen'; Protocol = 'Tcp'; Make = {
                $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::IPv6Loopback, 0)
                $listener.Start()
                $listener
            }
        }
        @{ Kind = 'TcpClient'; State = 'Established'; Protocol = 'Tcp'; Make = {
                $client = [Net.Sockets.TcpClient]::new([Net.Sockets.AddressFamily]::InterNetwork)
                $client.Connect('127.0.0.1', (Start-TcpServer).Port)
                $client
            }
        }
        @{ Kind = 'UdpClient'; State = 'Established'; Protocol = 'Udp'; Make = {
                [Net.Sockets.UdpClient]::new('127.0.0.1', 9)
            }
        }
    ) {
        $object = & $Make
        $disposables.Add($object)
        $info = $object | Get-SocketInfo
        $info.State | Should -Be $State
        $info.Protocol | Should -Be $Protocol
        $info.BytesSent | Should -BeNullOrEmpty
        if ($IsLinux) { Test-PythonView $info }
    }

    It 'describes several objects, in their order' {
        $tcp = Start-TcpServer
        $udp = Start-UdpServer
        ($tcp, $udp, $tcp | Get-SocketInfo).LocalPort | Should -Be $tcp.Port, $udp.Port, $tcp.Port
    }

    It 'describes a socket that is neither bound nor connected' {
        $socket = [Net.Sockets.Socket]::new('InterNetworkV6', 'Stream', 'Tcp')
        $disposables.Add($socket)
        $info = $socket | Get-SocketInfo
        $info.State | Should -Be 'Closed'
        foreach ($name in 'LocalAddress', 'LocalPort', 'RemoteAddress', 'RemotePort') {
            $info.$name | Should -BeNullOrEmpty -Because $name
        }
        $info.AddressFamily | Should -Be 'InterNetworkV6'
        $info.Handle | Should -Be $socket.Handle
    }

    It 'shows the endpoints of a socket that is still connecting' -Skip:(-not $IsLinux) {
        $listener = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $disposables.Add($listener)
        $listener.Bind([Net.IPEndPoint]::new([ipaddress]::Loopback, 0))
        $listener.Listen(0)
        $port = $listener.LocalEndPoint.Port
        $clients = foreach ($number in 1..3) {
            $client = [Net.Sockets.TcpClient]::new([Net.Sockets.AddressFamily]::InterNetwork)
            $disposables.Add($client)
            $null = $client.ConnectAsync('127.0.0.1', $port)
            # The first is connected, which fills the backlog, and only then do the others have to wait.
            Wait-Until { (Get-SocketInfo -LocalPort $port -State Listen).ReceiveQueue -eq 1 }
            $client
        }
        Wait-Until { @(Get-SocketInfo -RemotePort $port -State SynSent).Count -eq 2 }
        $waiting = $clients | Get-SocketInfo | Where-Object State -EQ SynSent
        $waiting.Count | Should -Be 2
        $waiting.RemotePort | Select-Object -Unique | Should -Be $port
        $waiting.LocalPort | Sort-Object | Should -Be ((Get-SocketInfo -RemotePort $port -State SynSent).LocalPort | Sort-Object)
    }

    It 'counts the bytes that wait to be read' {
        $server = Start-TcpServer -Reply ('x' * 1234)
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $server.Port)
        $disposables.Add($client)
        ($client | Get-SocketInfo).ReceiveQueue | Should -Be 0
        $client.GetStream().Write([byte[]] 1)
        Wait-Until { ($client | Get-SocketInfo).ReceiveQueue -eq 1234 }
    }

    It 'is a clear error with <Kind>' -ForEach @(
        @{ Kind = 'a number'; Value = 42; Text = "*Int32 has no socket*server job*-Port 42*" }
        @{ Kind = 'a text'; Value = '127.0.0.1'; Text = "*String has no socket*" }
    ) {
        $fault = { $Value | Get-SocketInfo -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "NoSocket,$command"
        $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $fault.TargetObject | Should -Be $Value
        "$fault" | Should -BeLike $Text
    }

    It 'is a clear error with a disposed <_>, and goes on' -ForEach 'Socket', 'TcpClient', 'UdpClient' {
        $object = switch ($_) {
            Socket { [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp') }
            TcpClient { [Net.Sockets.TcpClient]::new('127.0.0.1', (Start-TcpServer).Port) }
            UdpClient { [Net.Sockets.UdpClient]::new(0) }
        }
        $object.Dispose()
        $server = Start-TcpServer
        $infos = $object, $server | Get-SocketInfo -ErrorAction SilentlyContinue -ErrorVariable faults
        $infos.LocalPort | Should -Be $server.Port
        $faults.Count | Should -Be 1
        $faults[0].FullyQualifiedErrorId | Should -Be "ConnectionClosed,$command"
        $faults[0].CategoryInfo.Category | Should -Be 'ConnectionError'
        $faults[0].TargetObject | Should -Be $object
        "$($faults[0])" | Should -BeLike '*socket is closed*'
    }

    It 'is a clear error with a TcpListener that is <Kind>, and opens no socket' -ForEach @(
        @{ Kind = 'stopped'; Prepare = { $listener.Start(); $listener.Stop() } }
        @{ Kind = 'not started'; Prepare = { $disposables.Add($listener) } }
    ) {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        . $Prepare
        $before = Get-OpenSocketCount
        foreach ($round in 1..10) {
            $fault = { $listener | Get-SocketInfo -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -Be "ConnectionClosed,$command"
            $fault.TargetObject | Should -Be $listener
            "$fault" | Should -BeLike '*is not listening*Start method*'
        }
        Wait-Until { (Get-OpenSocketCount) -le $before }
    }

    It 'is a clear error with a closed connection and a stopped job' {
        $server = Start-TcpServer
        $connection = Open-TcpConnection 127.0.0.1 $server.Port
        Close-TcpConnection $connection
        $udp = Start-UdpServer
        Stop-Job $server, $udp
        $null = $connection, $server, $udp |
            Get-SocketInfo -ErrorAction SilentlyContinue -ErrorVariable faults
        @($faults).FullyQualifiedErrorId | Should -Be (@("ConnectionClosed,$command") * 3)
    }

    It 'agrees with the list' {
        $client = [Net.Sockets.TcpClient]::new()
        $disposables.Add($client)
        $server = Start-TcpServer
        $client.Connect('127.0.0.1', $server.Port)
        Wait-Until { $server.ConnectionCount -eq 1 }
        $same = 'Protocol', 'State', 'LocalAddress', 'LocalPort', 'RemoteAddress', 'RemotePort', 'AddressFamily', 'SocketType', 'ProcessId', 'ProcessPath'
        if (-not $IsWindows) { $same += 'ReceiveQueue', 'SendQueue' }
        if ($IsLinux) { $same += 'UserId', 'UserName', 'Inode', 'ProcessName' }
        foreach ($info in $server, $client | Get-SocketInfo) {
            $listed = Get-SocketInfo -LocalPort $info.LocalPort -ProcessId $PID -State $info.State |
                Where-Object RemotePort -EQ $info.RemotePort
            foreach ($name in $same) { $info.$name | Should -Be $listed.$name -Because $name }
        }
    }

    It 'shows the state of both ends when one has ended sending' {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $listener.LocalEndpoint.Port)
        $accepted = $listener.AcceptTcpClient()
        $disposables.AddRange([IDisposable[]] ($listener, $client, $accepted))
        $client.Client.Shutdown('Send')
        Wait-Until { ($client | Get-SocketInfo).State -eq 'FinWait2' }
        ($accepted | Get-SocketInfo).State | Should -Be 'CloseWait'
    }

    It 'has no name for the protocol of other sockets' -Skip:(-not $IsLinux) {
        $pair = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
        $disposables.Add($pair)
        ($pair | Get-SocketInfo).Protocol | Should -Be 'Unix'
        try { $raw = [Net.Sockets.Socket]::new('InterNetwork', 'Raw', 'Icmp') }
        catch { Set-ItResult -Skipped -Because 'raw sockets take the rights of root' }
        $disposables.Add($raw)
        ($raw | Get-SocketInfo).Protocol | Should -BeNullOrEmpty
    }

    It 'has a table that fits 100 columns, and a list with everything' {
        $server = Start-TcpServer
        $connection = Open-TcpConnection 127.0.0.1 $server.Port
        $lines = $server, $connection | Get-SocketInfo | Out-String -Width 100 -Stream | Where-Object { $_.Trim() }
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 100 }
        foreach ($word in 'Prot', 'State', 'Local', 'Remote', 'Process', 'RecvQ', 'SendQ') {
            $lines[0] | Should -Match $word
        }
        $lines[2] | Should -Match "^Tcp +Listen +127\.0\.0\.1:$($server.Port) "
        $lines[3] | Should -Match "^Tcp +Established .*127\.0\.0\.1:$($server.Port)"
        $all = $connection | Get-SocketInfo | Format-List * | Out-String
        foreach ($name in 'Handle', 'Inode', 'Blocking', 'Options', 'TcpInfo', 'UserId') { $all | Should -Match "$name +:" }
    }

    It 'survives ConvertTo-Json and remoting' {
        $info = Start-TcpServer | Get-SocketInfo
        { $info | ConvertTo-Json -Depth 1 -WarningAction Ignore -ErrorAction Stop } | Should -Not -Throw
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($info))
        $copy.LocalPort | Should -Be $info.LocalPort
        "$($copy.State)" | Should -Be 'Listen'
    }
}
