BeforeDiscovery {
    # Of Linux: name, level/number of getsockopt(2), and on which sockets.
    $numbers = @(
        @{ Name = 'ReuseAddress'; Number = '1/2'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'ReusePort'; Number = '1/15'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'HopLimit'; Number = '41/16'; On = @('six') }
        @{ Name = 'Broadcast'; Number = '1/6'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'KeepAlive'; Number = '1/9'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'KeepAliveTime'; Number = '6/4'; On = 'tcp', 'six' }
        @{ Name = 'KeepAliveInterval'; Number = '6/5'; On = 'tcp', 'six' }
        @{ Name = 'KeepAliveRetryCount'; Number = '6/6'; On = 'tcp', 'six' }
        @{ Name = 'NoDelay'; Number = '6/1'; On = 'tcp', 'six' }
        @{ Name = 'ReceiveBuffer'; Number = '1/8'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'SendBuffer'; Number = '1/7'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'OutOfBandInline'; Number = '1/10'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'AcceptConnection'; Number = '1/30'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'Error'; Number = '1/4'; On = 'tcp', 'udp', 'six' }
        @{ Name = 'TimeToLive'; Number = '0/2'; On = 'tcp', 'udp' }
        @{ Name = 'TypeOfService'; Number = '0/1'; On = 'tcp', 'udp' }
        @{ Name = 'MulticastTimeToLive'; Number = '0/33'; On = @('udp') }
        @{ Name = 'MulticastLoopback'; Number = '0/34'; On = @('udp') }
        @{ Name = 'IPv6Only'; Number = '41/26'; On = @('six') }
        @{ Name = 'IPv6MulticastHops'; Number = '41/18'; On = @('six') }
        @{ Name = 'IPv6MulticastLoopback'; Number = '41/19'; On = @('six') }
    )
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1

    $command = 'PSNetLab.Commands.GetSocketOptionCommand'
    $names = (TabExpansion2 'Get-SocketOption ').CompletionMatches.CompletionText
}

Describe 'Get-SocketOption' {
    BeforeAll {
        $sockets = @{
            tcp = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
            udp = [Net.Sockets.Socket]::new('InterNetwork', 'Dgram', 'Udp')
        }
        if ([Net.Sockets.Socket]::OSSupportsIPv6) {
            $sockets.six = [Net.Sockets.Socket]::new('InterNetworkV6', 'Stream', 'Tcp')
        }
    }

    AfterAll { $sockets.Values | ForEach-Object Dispose }

    It 'knows every name that completes' {
        $names.Count | Should -BeGreaterThan 20
        foreach ($name in $names) {
            $found = $sockets.Values | Get-SocketOption $name -ErrorAction SilentlyContinue -ErrorVariable faults
            @($found).Count | Should -BeGreaterThan 0 -Because $name
            $found.Name | Select-Object -Unique | Should -Be $name
            $found.Meaning | Select-Object -Unique | Should -Match '\)$' -Because $name
            $faults | ForEach-Object { $_.FullyQualifiedErrorId | Should -Be "OptionRefused,$command" }
        }
    }

    It 'gives all the socket has, but not Error, without -Name' {
        $all = ($sockets.udp | Get-SocketOption).Name
        $all | Should -Contain 'Broadcast'
        foreach ($name in 'Error', 'NoDelay', 'KeepAliveTime', 'IPv6Only') { $all | Should -Not -Contain $name }
        $all = ($sockets.tcp | Get-SocketOption).Name
        foreach ($name in 'NoDelay', 'KeepAliveTime', 'Linger', 'TimeToLive') { $all | Should -Contain $name }
        $all | Should -Be @($names | Where-Object { $_ -in $all })
    }

    It '<Name> has the value of <Number>' -ForEach $numbers -Skip:(-not $IsLinux) {
        foreach ($kind in $On | Where-Object { $sockets[$_] }) {
            $named, $raw = $sockets[$kind] | Get-SocketOption $Name, $Number
            [int] $named.Value | Should -Be $raw.Value -Because $kind
            $raw.Name | Should -Be $Number
            $raw.Level | Should -Be ($Number -split '/')[0]
        }
    }

    It 'gives what python3 gets from the same socket' -Skip:(-not $IsLinux) {
        $server = Start-TcpServer
        $connection = Open-TcpConnection 127.0.0.1 $server.Port
        try {
            $options = 'KeepAlive', 'KeepAliveTime', 'KeepAliveInterval', 'NoDelay', 'SendBuffer', 'ReceiveBuffer',
            'TimeToLive', 'ReuseAddress'
            $connection | Set-SocketOption NoDelay $true
            $connection | Set-SocketOption KeepAliveTime 33
            $handle = ($connection | Get-SocketInfo).Handle
            $view = Get-PythonView $handle '1/9', '6/4', '6/5', '6/1', '1/7', '1/8', '0/2', '1/2'
            if (-not $view) { Set-ItResult -Skipped -Because 'this system does not let a process look into another' }
            $view.options | Should -Be ($connection | Get-SocketOption $options | ForEach-Object { [int] $_.Value })
        }
        finally {
            Close-TcpConnection $connection
            Remove-Job $server -Force
        }
    }

    It 'takes names in any case, several, in the order asked for' {
        ($sockets.tcp | Get-SocketOption nodelay, LINGER, 1/9).Name | Should -Be 'NoDelay', 'Linger', '1/9'
    }

    It 'has typed values, units and levels' {
        $sockets.tcp | Get-SocketOption NoDelay | ForEach-Object Value | Should -BeOfType bool
        $buffer = $sockets.tcp | Get-SocketOption ReceiveBuffer
        $buffer | Should -BeOfType PSNetLab.SocketOption
        $buffer.Value | Should -BeOfType int
        $buffer.Unit | Should -Be 'bytes'
        $buffer.Level | Should -Be 'Socket'
        ($sockets.tcp | Get-SocketOption NoDelay).Unit | Should -BeNullOrEmpty
        "$buffer" | Should -Be "ReceiveBuffer = $($buffer.Value) bytes"
    }

    It 'gives an option by number that is not 4 bytes as its bytes' -Skip:(-not $IsLinux) {
        $value = ($sockets.tcp | Get-SocketOption 6/13).Value
        , $value | Should -BeOfType byte[]
        $name = [Text.Encoding]::ASCII.GetString($value).TrimEnd("`0")
        (Get-Content /proc/sys/net/ipv4/tcp_available_congestion_control) -split ' ' | Should -Contain $name
        ($sockets.tcp | Get-SocketOption 1/13).Value.Length | Should -Be 8
        ($sockets.tcp | Get-SocketOption 1/3).Value | Should -Be 1
    }

    It 'reads options of <Kind>' -ForEach @(
        @{ Kind = 'a TCP server'; Accepts = $true; Make = { Start-TcpServer } }
        @{ Kind = 'a UDP server'; Accepts = $false; Make = { Start-UdpServer } }
        @{ Kind = 'a connection'; Accepts = $false; Make = { Open-TcpConnection 127.0.0.1 (Start-TcpServer).Port } }
        @{ Kind = 'a TcpClient'; Accepts = $false; Make = { [Net.Sockets.TcpClient]::new('127.0.0.1', (Start-TcpServer).Port) } }
        @{ Kind = 'a UdpClient'; Accepts = $false; Make = { [Net.Sockets.UdpClient]::new(0) } }
        @{ Kind = 'a TcpListener'; Accepts = $true; Make = {
                $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
                $listener.Start()
                $listener
            }
        }
    ) {
        $object = & $Make
        try {
            ($object | Get-SocketOption AcceptConnection).Value | Should -Be $Accepts
            (Get-SocketOption -InputObject $object).Count | Should -BeGreaterThan 10
        }
        finally {
            if ($object -is [IDisposable]) { $object.Dispose() }
            Get-Job | Remove-Job -Force
        }
    }

    It 'is a clear error with an unknown name, lists the names, and reads the others' {
        $found = $sockets.tcp | Get-SocketOption nonsense, NoDelay -ErrorAction SilentlyContinue -ErrorVariable faults
        $found.Name | Should -Be 'NoDelay'
        $faults.Count | Should -Be 1
        $faults[0].FullyQualifiedErrorId | Should -Be "OptionNotFound,$command"
        $faults[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $faults[0].TargetObject | Should -Be 'nonsense'
        foreach ($name in $names) { "$($faults[0])" | Should -BeLike "*$name*" }
        "$($faults[0])" | Should -BeLike '*6/23*'
    }

    It 'does not take <_> for level and number' -ForEach '6', '6/', '/23', '6/23/1', 'a/b', '6.23' {
        { $sockets.tcp | Get-SocketOption $_ -ErrorAction Stop } | Should -Throw -ErrorId "OptionNotFound,$command"
    }

    It 'is a clear error where the socket has no such option' {
        $fault = { $sockets.udp | Get-SocketOption NoDelay -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "OptionRefused,$command"
        $fault.CategoryInfo.Category | Should -Be 'InvalidOperation'
        $fault.TargetObject | Should -Be 'NoDelay'
        "$fault" | Should -BeLike '*NoDelay*Udp*'
        { $sockets.udp | Get-SocketOption 99/99 -ErrorAction Stop } | Should -Throw -ErrorId "OptionRefused,$command"
    }

    It 'is a clear error with <Kind>' -ForEach @(
        @{ Kind = 'a number'; Id = 'NoSocket'; Make = { 42 } }
        @{ Kind = 'a disposed socket'; Id = 'ConnectionClosed'; Make = {
                $socket = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
                $socket.Dispose()
                $socket
            }
        }
        @{ Kind = 'a closed connection'; Id = 'ConnectionClosed'; Make = {
                $connection = Open-TcpConnection 127.0.0.1 ($server = Start-TcpServer).Port
                Close-TcpConnection $connection
                Remove-Job $server -Force
                $connection
            }
        }
    ) {
        $object = & $Make
        { $object | Get-SocketOption -ErrorAction Stop } | Should -Throw -ErrorId "$Id,$command"
        { $object | Get-SocketOption NoDelay -ErrorAction Stop } | Should -Throw -ErrorId "$Id,$command"
    }

    It 'completes the names, with what they do as tooltip' -ForEach 'Get-SocketOption', 'Set-SocketOption' {
        $found = (TabExpansion2 "$_ keepAliveT").CompletionMatches
        $found.CompletionText | Should -Be 'KeepAliveTime'
        $found.ToolTip | Should -Be ($sockets.tcp | Get-SocketOption KeepAliveTime).Meaning
        (TabExpansion2 "$_ -Name Multi").CompletionMatches.CompletionText |
            Should -Be 'MulticastTimeToLive', 'MulticastLoopback'
    }

    It 'has a table that fits 100 columns' {
        $lines = $sockets.tcp | Get-SocketOption | Out-String -Width 100 -Stream | Where-Object { $_.Trim() }
        $lines[0] | Should -Match '^Level +Name +Value +Unit +Meaning'
        $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 100 }
        $lines -match '^Tcp +KeepAliveRetryCount +\d+ probes' | Should -Not -BeNullOrEmpty
    }
}
