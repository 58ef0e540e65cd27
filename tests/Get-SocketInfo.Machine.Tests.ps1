BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1

    $isIPv6 = [Net.Sockets.Socket]::OSSupportsIPv6
}

Describe 'Get-SocketInfo lists the machine' {
    BeforeAll {
        $python = Start-PythonShell
        Invoke-Python $python 'listener, client, accepted = connected()'
        $server, $client = Invoke-Python $python '[s.getsockname()[1] for s in (listener, client)]'
        Invoke-Python $python 'bound = socket.socket(type=socket.SOCK_DGRAM); bound.bind(("127.0.0.1", 0))'
        Invoke-Python $python 'aimed = socket.socket(type=socket.SOCK_DGRAM); aimed.connect(bound.getsockname())'
        $bound, $aimed = Invoke-Python $python '[s.getsockname()[1] for s in (bound, aimed)]'
        # A Mac has only the first of these addresses.
        $other = 0
        if (-not $IsMacOS) {
            Invoke-Python $python 'other = socket.create_server(("127.0.0.77", 0))'
            $other = Invoke-Python $python 'other.getsockname()[1]'
        }
        $six = 0
        if ($isIPv6) {
            Invoke-Python $python 'six = socket.create_server(("::1", 0), family=socket.AF_INET6)'
            Invoke-Python $python 'six_client = socket.create_connection(six.getsockname()[:2])'
            $six, $sixClient = Invoke-Python $python '[s.getsockname()[1] for s in (six, six_client)]'
        }
        $ports = $server, $bound, $other, $six
        # Ports are shared: a system gives the port of a client to a client of somebody else, too.
        $ours = @{ ProcessId = $python.Process.Id }
    }

    AfterAll { $python.Stop() }

    It 'with the endpoints, queues and inodes of ss: <_>' -ForEach 't', 'u' -Skip:(-not $IsLinux) {
        Invoke-Python $python 'aimed.send(bytes(100))'
        Compare-WithSs $_ $ports -Least 2
    }

    It 'with the sockets, states and process of lsof' -Skip:($IsWindows -or -not (Get-Command lsof -ErrorAction Ignore)) {
        $lines = lsof -nP -a -i4 -p $python.Process.Id -F nT
        $theirs = foreach ($line in $lines) {
            if ($line -match '^n(.+)$') { $name = $Matches[1] }
            if ($line -match '^TST=(.+)$') { "$name $($Matches[1])" }
        }
        $mine = Get-SocketInfo -ProcessId $python.Process.Id -Protocol Tcp | Where-Object AddressFamily -EQ InterNetwork |
            ForEach-Object {
                $remote = $_.RemotePort ? "->$($_.RemoteAddress):$($_.RemotePort)" : ''
                "$($_.LocalAddress):$($_.LocalPort)$remote $($_.State)"
            }
        $mine.Count | Should -BeGreaterOrEqual 3
        $mine | Sort-Object | Should -Be ($theirs | Sort-Object)
    }

    It 'with both ends of a connection, in their states' {
        (Get-SocketInfo -LocalPort $server -RemotePort $client).State | Should -Be 'Established'
        (Get-SocketInfo -LocalPort $client -RemotePort $server).State | Should -Be 'Established'
        Invoke-Python $python 'one, other_end, accepted_end = connected()'
        $here, $there = Invoke-Python $python '[s.getsockname()[1] for s in (one, other_end)]'
        Invoke-Python $python 'other_end.shutdown(socket.SHUT_WR)'
        Wait-Until { (Get-SocketInfo -LocalPort $here -RemotePort $there).State -eq 'CloseWait' }
        Wait-Until { (Get-SocketInfo -LocalPort $there -RemotePort $here).State -eq 'FinWait2' }
        Invoke-Python $python '[s.close() for s in (accepted_end, other_end, one)]'
    }

    It 'with the waiting bytes, which Windows does not report' {
        Invoke-Python $python 'one, other_end, accepted_end = connected()'
        $here, $there = Invoke-Python $python '[s.getsockname()[1] for s in (one, other_end)]'
        Invoke-Python $python 'other_end.sendall(bytes(777))'
        if ($IsWindows) {
            $socket = Get-SocketInfo -LocalPort $here -RemotePort $there
            $socket.ReceiveQueue, $socket.SendQueue | Should -Be $null, $null
        }
        else { Wait-Until { (Get-SocketInfo -LocalPort $here -RemotePort $there).ReceiveQueue -eq 777 } }
        Invoke-Python $python '[s.close() for s in (accepted_end, other_end, one)]'
    }

    It '-Protocol: <_> only' -ForEach 'Tcp', 'Udp' {
        $all = @(Get-SocketInfo -Protocol $_)
        $all.Count | Should -BeGreaterThan 0
        $all.Protocol | Select-Object -Unique | Should -Be $_
    }

    It 'is of TCP and UDP, IPv4 and IPv6, without -Protocol' {
        $all = Get-SocketInfo
        $all.LocalPort | Should -Contain $server
        $all.LocalPort | Should -Contain $bound
        if ($isIPv6) { $all.LocalPort | Should -Contain $six }
        $all.Protocol | Sort-Object -Unique | Should -Be 'Tcp', 'Udp'
    }

    It '-State' {
        (Get-SocketInfo -State Listen).LocalPort | Should -Contain $server
        (Get-SocketInfo -State Listen).State | Select-Object -Unique | Should -Be 'Listen'
        (Get-SocketInfo -State Established -LocalPort $client @ours).RemotePort | Should -Be $server
        Get-SocketInfo -State Closing -LocalPort $server @ours | Should -BeNullOrEmpty
        (Get-SocketInfo -State ESTAB, TIME-WAIT -LocalPort $client @ours).RemotePort | Should -Be $server
        (Get-SocketInfo -State LISTEN -LocalPort $server @ours).State | Should -Be Listen
        { Get-SocketInfo -State Asleep -ErrorAction Stop } | Should -Throw -ErrorId ParameterArgumentTransformationError*
    }

    It '-Listening: TCP listeners, and datagram sockets without a peer' {
        $waiting = Get-SocketInfo -Listening
        foreach ($port in $server, $bound) { $waiting.LocalPort | Should -Contain $port }
        $waiting = Get-SocketInfo -Listening @ours
        @($waiting | Where-Object { $_.Protocol -eq 'Tcp' -and $_.LocalPort -eq $client }).Count | Should -Be 0
        # Windows does not tell whether a datagram socket has a peer.
        @($waiting | Where-Object { $_.Protocol -eq 'Udp' -and $_.LocalPort -eq $aimed }).Count | Should -Be ([int] $IsWindows)
        @($waiting | Where-Object LocalPort -EQ $server).Count | Should -Be 1
    }

    It '-Port: on either side' {
        $both = Get-SocketInfo -Port $server @ours
        $both.Count | Should -Be 3
        ($both | Where-Object State -EQ Listen).LocalPort | Should -Be $server
        ($both | Where-Object LocalPort -EQ $client).RemotePort | Should -Be $server
        ($both | Where-Object RemotePort -EQ $client).LocalPort | Should -Be $server
        (Get-SocketInfo -Port $bound, 1 -Listening -Protocol Udp @ours).LocalPort | Should -Be $bound
        Get-SocketInfo -Port $server -RemotePort 1 @ours | Should -BeNullOrEmpty
    }

    It '-LocalPort and -RemotePort, one or several' {
        @(Get-SocketInfo -LocalPort $server @ours).Count | Should -Be 2
        Get-SocketInfo -LocalPort $client, $bound | ForEach-Object LocalPort | Sort-Object -Unique |
            Should -Be ($client, $bound | Sort-Object)
        (Get-SocketInfo -State Established -RemotePort $server @ours).LocalPort | Should -Be $client
        (Get-SocketInfo -State Established -RemotePort $client @ours).LocalPort | Should -Be $server
        Get-SocketInfo -State Established -LocalPort $client -RemotePort $client @ours | Should -BeNullOrEmpty
    }

    It '-LocalAddress: <Filter> finds <Finds> of 127.0.0.77' -Skip:$IsMacOS -ForEach @(
        @{ Filter = @('127.0.0.77'); Finds = 1 }
        @{ Filter = @('127.0.0.76/31'); Finds = 1 }
        @{ Filter = @('127.0.0.78/31'); Finds = 0 }
        @{ Filter = @('127.0.0.0/8'); Finds = 1 }
        @{ Filter = @('10.0.0.0/8', '127.0.0.77'); Finds = 1 }
        @{ Filter = @('127.0.0.1'); Finds = 0 }
        @{ Filter = @('::/0'); Finds = 0 }
        @{ Filter = @('0.0.0.0'); Finds = 0 }
    ) {
        @(Get-SocketInfo -LocalPort $other -LocalAddress $Filter @ours).Count | Should -Be $Finds
    }

    It '-LocalAddress and -RemoteAddress with IPv6' {
        if (-not $isIPv6) { Set-ItResult -Skipped -Because 'there is no IPv6 here' }
        $socket = Get-SocketInfo -LocalAddress ::1 -LocalPort $six -Listening @ours
        $socket.AddressFamily | Should -Be 'InterNetworkV6'
        $socket.LocalAddress | Should -Be '::1'
        (Get-SocketInfo -State Established -RemoteAddress ::/64 -RemotePort $six @ours).LocalPort | Should -Be $sixClient
        Get-SocketInfo -State Established -RemoteAddress fe80::/10 -RemotePort $six @ours | Should -BeNullOrEmpty
    }

    It '-RemoteAddress' {
        (Get-SocketInfo -State Established -RemoteAddress 127.0.0.0/24 -RemotePort $server @ours).LocalPort | Should -Be $client
        Get-SocketInfo -State Established -RemoteAddress 127.0.1.0/24 -RemotePort $server @ours | Should -BeNullOrEmpty
        # A listener has no peer, not even one of 0.0.0.0.
        Get-SocketInfo -State Listen -RemoteAddress 0.0.0.0/0, ::/0 -LocalPort $server | Should -BeNullOrEmpty
    }

    It 'is a clear error for an invalid address: <Text>' -ForEach @(
        @{ Text = '127.0.0.300' }, @{ Text = '10.0.0.0/33' }, @{ Text = 'nonsense' }
    ) {
        foreach ($parameter in 'LocalAddress', 'RemoteAddress') {
            $with = @{ $parameter = $Text }
            $fault = { Get-SocketInfo @with -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -Be 'InvalidAddress,PSNetLab.Commands.GetSocketInfoCommand'
            $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $fault.TargetObject | Should -Be $Text
            "$fault" | Should -BeLike "*'$Text'*10.0.0.0/8*"
        }
    }

    It 'refuses an impossible port or process id: <Name> <Value>' -ForEach @(
        @{ Name = 'LocalPort'; Value = 65536 }, @{ Name = 'LocalPort'; Value = -1 }
        @{ Name = 'RemotePort'; Value = 0 }, @{ Name = 'Port'; Value = 0 }, @{ Name = 'ProcessId'; Value = 0 }
    ) {
        $with = @{ $Name = $Value }
        { Get-SocketInfo @with -ErrorAction Stop } | Should -Throw -ErrorId ParameterArgumentValidationError*
    }

    It 'takes no filter with an object' {
        { Get-SocketInfo -InputObject 1 -State Listen -ErrorAction Stop } |
            Should -Throw -ErrorId AmbiguousParameterSet*
    }

    It '-Detailed: the TCP measurements of connections' -Skip:(-not $IsLinux) {
        Invoke-Python $python 'client.sendall(b"hello"); accepted.recv(5)'
        $info = (Get-SocketInfo -LocalPort $client -Detailed @ours).TcpInfo
        $info.RoundTripTime | Should -BeGreaterThan ([timespan]::Zero)
        $info.RoundTripTime | Should -BeLessThan ([timespan]::FromSeconds(10))
        $raw = 'struct.unpack_from("=II", client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 16)[0]'
        $info.MaximumSegmentSize | Should -Be (Invoke-Python $python $raw)
        $info.BytesAcknowledged | Should -BeGreaterOrEqual 5
        (Get-SocketInfo -LocalPort $client @ours).TcpInfo | Should -BeNullOrEmpty
        (Get-SocketInfo -LocalPort $server -State Listen -Detailed @ours).TcpInfo | Should -BeNullOrEmpty
    }

    It '-Detailed: adds nothing where the system does not report it' -Skip:$IsLinux {
        $socket = Get-SocketInfo -LocalPort $client -RemotePort $server -Detailed
        $socket.State | Should -Be 'Established'
        $socket.TcpInfo | Should -BeNullOrEmpty
    }

    It 'has types that sort and compare' {
        $all = Get-SocketInfo -LocalPort $server, $client, $bound @ours
        foreach ($socket in $all) {
            $socket.LocalAddress | Should -BeOfType string
            $socket.LocalPort | Should -BeOfType int
            $socket.State | Should -BeOfType PSNetLab.SocketState
            $socket.Protocol | Should -BeOfType PSNetLab.SocketProtocol
        }
        $sorted = ($all | Sort-Object LocalPort).LocalPort
        $sorted | Should -Be ([int[]] ($all.LocalPort) | Sort-Object)
        @($all | Where-Object State -EQ Listen).Count | Should -Be 1
        @($all | Where-Object { $_.RemotePort -eq $server -and $_.State -eq 'Established' }).Count | Should -Be 1
    }

    It 'has a table that fits 100 columns' {
        $lines = Get-SocketInfo -LocalPort $ports | Out-String -Width 100 -Stream
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 100 }
        "$lines" | Should -Match "Tcp +Listen +127\.0\.0\.1:$server\b.*RecvQ|RecvQ +SendQ.*127\.0\.0\.1:$server\b"
    }

    It 'lists Unix sockets, abstract ones too, as ss does' -Skip:(-not $IsLinux) {
        $path = "$TestDrive/peer.sock"
        Invoke-Python $python "unix = socket.socket(socket.AF_UNIX); unix.bind('$path'); unix.listen(3)"
        Invoke-Python $python "hidden = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); hidden.bind('\0hidden-$PID')"
        Invoke-Python $python "friend = socket.socket(socket.AF_UNIX); friend.connect('$path')"
        $all = Get-SocketInfo -Protocol Unix
        $listener = $all | Where-Object { $_.Path -eq $path -and $_.State -eq 'Listen' }
        $listener.SocketType | Should -Be 'Stream'
        $listener.ReceiveQueue, $listener.SendQueue | Should -Be 1, 3
        $abstract = $all | Where-Object Path -EQ "@hidden-$PID"
        $abstract.SocketType | Should -Be 'Dgram'
        $abstract.LocalAddress | Should -BeNullOrEmpty
        foreach ($socket in $listener, $abstract) {
            $line = @(ss -xanH | Where-Object { $_ -match "\b$($socket.Inode)\b" })[0] -split '\s+'
            $line[2, 3] | Should -Be "$($socket.ReceiveQueue)", "$($socket.SendQueue)"
            $line[4] | Should -Be $socket.Path
        }
        (Get-SocketInfo -Protocol Unix -State Listen).State | Select-Object -Unique | Should -Be 'Listen'
    }

    It 'lists Unix sockets by their paths' -Skip:(-not $IsMacOS) {
        # Such a path has room for 103 bytes.
        $path = "/tmp/inspect-$([guid]::NewGuid().ToString('N')).sock"
        Invoke-Python $python "unix = socket.socket(socket.AF_UNIX); unix.bind('$path'); unix.listen(3)"
        Invoke-Python $python "friend = socket.socket(socket.AF_UNIX); friend.connect('$path')"
        $listener = Get-SocketInfo -Protocol Unix -State Listen | Where-Object Path -EQ $path
        Remove-Item $path
        $listener.SocketType | Should -Be 'Stream'
        $listener.ReceiveQueue, $listener.SendQueue | Should -Be 1, 3
        $listener.ProcessId | Should -Be $python.Process.Id
    }

    It 'lists no Unix sockets' -Skip:(-not $IsWindows) {
        Get-SocketInfo -Protocol Unix -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'is nothing but an empty list when nothing matches' {
        Get-SocketInfo -State Established -LocalPort $server -RemotePort 1 -ErrorAction Stop | Should -BeNullOrEmpty
    }
}
