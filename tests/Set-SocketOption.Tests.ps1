BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1

    $command = 'PSNetLab.Commands.SetSocketOptionCommand'

    function Get-Value($Object, [string] $Name) { ($Object | Get-SocketOption $Name -ErrorAction Stop).Value }
}

Describe 'Set-SocketOption' {
    BeforeEach {
        $tcp = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $udp = [Net.Sockets.Socket]::new('InterNetwork', 'Dgram', 'Udp')
    }

    AfterEach {
        $tcp.Dispose()
        $udp.Dispose()
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'sets <Name> to <Value>, and the system has it' -ForEach @(
        @{ Name = 'ReuseAddress'; Value = $true; Number = '1/2' }
        @{ Name = 'NoDelay'; Value = $true; Number = '6/1' }
        @{ Name = 'KeepAlive'; Value = $true; Number = '1/9' }
        @{ Name = 'KeepAliveTime'; Value = 77; Number = '6/4' }
        @{ Name = 'KeepAliveInterval'; Value = 5; Number = '6/5' }
        @{ Name = 'KeepAliveRetryCount'; Value = 4; Number = '6/6' }
        @{ Name = 'Linger'; Value = 12 }
        @{ Name = 'Linger'; Value = 0 }
        @{ Name = 'ReceiveTimeout'; Value = 1500 }
        @{ Name = 'SendTimeout'; Value = 2500 }
        @{ Name = 'OutOfBandInline'; Value = $true; Number = '1/10' }
        @{ Name = 'TimeToLive'; Value = 9; Number = '0/2' }
        @{ Name = 'TypeOfService'; Value = 16; Number = '0/1' }
        @{ Name = 'DontFragment'; Value = $true }
    ) {
        Get-Value $tcp $Name | Should -Not -Be $Value
        $tcp | Set-SocketOption $Name $Value | Should -BeNullOrEmpty
        Get-Value $tcp $Name | Should -Be $Value
        if ($IsLinux -and $Number) { Get-Value $tcp $Number | Should -Be ([int] $Value) }
    }

    It 'sets <Name> of a UDP socket to <Value>' -ForEach @(
        @{ Name = 'Broadcast'; Value = $true }
        @{ Name = 'MulticastTimeToLive'; Value = 7 }
        @{ Name = 'MulticastLoopback'; Value = $false }
    ) {
        Get-Value $udp $Name | Should -Not -Be $Value
        $udp | Set-SocketOption $Name $Value
        Get-Value $udp $Name | Should -Be $Value
    }

    It 'sets <Name> of an IPv6 socket to <Value>' -ForEach @(
        @{ Name = 'IPv6Only'; Value = $false }
        @{ Name = 'HopLimit'; Value = 5 }
        @{ Name = 'IPv6MulticastHops'; Value = 7 }
        @{ Name = 'IPv6MulticastLoopback'; Value = $false }
    ) {
        if (-not [Net.Sockets.Socket]::OSSupportsIPv6) { Set-ItResult -Skipped -Because 'there is no IPv6 here' }
        $six = [Net.Sockets.Socket]::new('InterNetworkV6', 'Dgram', 'Udp')
        try {
            Get-Value $six $Name | Should -Not -Be $Value
            $six | Set-SocketOption $Name $Value
            Get-Value $six $Name | Should -Be $Value
        }
        finally {
            $six.Dispose()
        }
    }

    It 'switches on and off again' {
        foreach ($pair in ($true, $false), (1, 0), ('1', '0')) {
            $on, $off = $pair
            $tcp | Set-SocketOption NoDelay $on
            Get-Value $tcp NoDelay | Should -BeTrue
            $tcp | Set-SocketOption NoDelay $off
            Get-Value $tcp NoDelay | Should -BeFalse
        }
    }

    It 'takes a number of any type, and a text that is one' {
        foreach ($value in 9, 10L, [byte] 11, '12', 13.0) {
            $tcp | Set-SocketOption TimeToLive $value
            Get-Value $tcp TimeToLive | Should -Be ([int] $value)
        }
    }

    It 'switches Linger off with <_>' -ForEach -1, $false {
        $tcp | Set-SocketOption Linger 5
        $tcp.LingerState.Enabled | Should -BeTrue
        $tcp.LingerState.LingerTime | Should -Be 5
        $tcp | Set-SocketOption Linger $_
        $tcp.LingerState.Enabled | Should -BeFalse
        Get-Value $tcp Linger | Should -Be -1
        { $tcp | Set-SocketOption Linger $true -ErrorAction Stop } |
            Should -Throw -ErrorId "InvalidOptionValue,$command"
    }

    It 'sets ReuseAddress and ReusePort apart from each other' -Skip:(-not $IsLinux) {
        $tcp | Set-SocketOption ReuseAddress $true
        Get-Value $tcp ReusePort | Should -BeFalse
        $udp | Set-SocketOption ReusePort $true
        Get-Value $udp ReuseAddress | Should -BeFalse
        Get-Value $udp 1/15 | Should -Be 1
    }

    It 'shows what Linux makes of a buffer size: <_>' -ForEach 'ReceiveBuffer', 'SendBuffer' {
        if (-not $IsLinux) { Set-ItResult -Skipped -Because 'only Linux doubles' }
        ($udp | Set-SocketOption $_ 30000 -PassThru).Value | Should -Be 60000
        Get-Value $udp $_ | Should -Be 60000
    }

    It 'sets by level and number: with a number and with bytes' -Skip:(-not $IsLinux) {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        try {
            ($listener | Set-SocketOption 6/23 5 -PassThru).Value | Should -Be 5
        }
        finally {
            $listener.Stop()
        }
        $tcp | Set-SocketOption 6/18 5000
        Get-Value $tcp 6/18 | Should -Be 5000
        $tcp | Set-SocketOption 1/13 ([byte[]] (1, 0, 0, 0, 9, 0, 0, 0))
        Get-Value $tcp Linger | Should -Be 9
        $tcp | Set-SocketOption 1/9 $true
        Get-Value $tcp KeepAlive | Should -BeTrue
    }

    It 'sets on <Kind>' -ForEach @(
        @{ Kind = 'a TCP server'; Make = { Start-TcpServer } }
        @{ Kind = 'a UDP server'; Make = { Start-UdpServer } }
        @{ Kind = 'a connection'; Make = { Open-TcpConnection 127.0.0.1 (Start-TcpServer).Port } }
        @{ Kind = 'a TcpClient'; Make = { [Net.Sockets.TcpClient]::new('127.0.0.1', (Start-TcpServer).Port) } }
        @{ Kind = 'a UdpClient'; Make = { [Net.Sockets.UdpClient]::new(0) } }
    ) {
        $object = & $Make
        try {
            $object | Set-SocketOption TimeToLive 33
            Get-Value $object TimeToLive | Should -Be 33
            if ($IsLinux) {
                $view = Get-PythonView ($object | Get-SocketInfo).Handle '0/2'
                if ($view) { $view.options | Should -Be 33 }
            }
        }
        finally {
            if ($object -is [IDisposable]) { $object.Dispose() }
        }
    }

    It 'sets on all from the pipeline' {
        $tcp, $udp | Set-SocketOption TimeToLive 44
        $tcp, $udp | Get-SocketOption TimeToLive | ForEach-Object Value | Should -Be 44, 44
    }

    It 'has an effect: Linger 0 resets' {
        $server = Start-TcpServer
        $client = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $client.Connect('127.0.0.1', $server.Port)
        Wait-Until { $server.ConnectionCount -eq 1 }
        $client | Set-SocketOption Linger 0
        $client.Dispose()
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionReset*'
    }

    It '-PassThru gives the option as it is now' {
        $option = $tcp | Set-SocketOption keepalivetime 55 -PassThru
        $option | Should -BeOfType PSNetLab.SocketOption
        "$option" | Should -Be 'KeepAliveTime = 55 s'
    }

    It '-Verbose says what it is now' {
        $tcp.Bind([Net.IPEndPoint]::new([ipaddress]::Loopback, 0))
        $said = $tcp | Set-SocketOption TimeToLive 5 -Verbose 4>&1
        "$said" | Should -BeLike "*$($tcp.LocalEndPoint): TimeToLive = 5 hops*"
    }

    It '-WhatIf changes nothing' {
        $before = Get-Value $tcp TimeToLive
        $tcp | Set-SocketOption TimeToLive 5 -WhatIf -PassThru | Should -BeNullOrEmpty
        Get-Value $tcp TimeToLive | Should -Be $before
        (Get-Command Set-SocketOption).Parameters.Keys | Should -Contain 'Confirm'
    }

    It '-WhatIf tells what would be an error: <Name> = <Value>' -ForEach @(
        @{ Name = 'TimeToLive'; Value = 'xx'; Id = 'InvalidOptionValue' }
        @{ Name = 'nonsense'; Value = 1; Id = 'OptionNotFound' }
        @{ Name = 'Error'; Value = 1; Id = 'OptionReadOnly' }
    ) {
        { $tcp | Set-SocketOption $Name $Value -WhatIf -ErrorAction Stop } | Should -Throw -ErrorId "$Id,$command"
    }

    It 'is a clear error with an unknown name' {
        $fault = { $tcp | Set-SocketOption nonsense 1 -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "OptionNotFound,$command"
        $fault.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $fault.TargetObject | Should -Be 'nonsense'
        "$fault" | Should -BeLike '*ReuseAddress*NoDelay*6/23*'
    }

    It 'does not set what can only be read: <_>' -ForEach 'AcceptConnection', 'error' {
        $fault = { $tcp | Set-SocketOption $_ 1 -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "OptionReadOnly,$command"
        $fault.CategoryInfo.Category | Should -Be 'InvalidOperation'
        "$fault" | Should -BeLike "$_ is read-only*"
    }

    It 'shows the words of the system when it refuses: <Name> = <Value>' -ForEach @(
        @{ Name = 'TimeToLive'; Value = 4000 }
        @{ Name = 'KeepAliveTime'; Value = -1 }
        @{ Name = '99/99'; Value = 1 }
    ) {
        $fault = { $tcp | Set-SocketOption $Name $Value -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "OptionRefused,$command"
        $fault.CategoryInfo.Category | Should -Be 'InvalidOperation'
        "$fault" | Should -BeLike "*$Name = $Value*Tcp*: $($fault.Exception.InnerException.Message)*"
    }

    It 'refuses what the kind of socket does not have' {
        { $udp | Set-SocketOption NoDelay 1 -ErrorAction Stop } | Should -Throw -ErrorId "OptionRefused,$command"
    }

    It 'does not take <Kind> as a value' -ForEach @(
        @{ Kind = 'a text'; Value = 'plenty' }
        @{ Kind = 'a fraction'; Value = 5.5 }
        @{ Kind = 'too large a number'; Value = 99999999999 }
        @{ Kind = 'bytes for a named option'; Value = [byte[]] (1, 0, 0, 0) }
        @{ Kind = 'a hashtable'; Value = @{} }
    ) {
        $before = Get-Value $tcp TimeToLive
        $fault = { $tcp | Set-SocketOption TimeToLive $Value -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be "InvalidOptionValue,$command"
        $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
        $fault.TargetObject | Should -Be 'TimeToLive'
        Get-Value $tcp TimeToLive | Should -Be $before
    }

    It 'refuses two sockets at once, one of which it would leave as it is' {
        $before = Get-Value $tcp TimeToLive
        { $tcp | Set-SocketOption $udp TimeToLive 21 -ErrorAction Stop } | Should -Throw -ErrorId "InvalidParameters,$command"
        (Get-Value $tcp TimeToLive), (Get-Value $udp TimeToLive) | Should -Be $before, $before
        $tcp | Set-SocketOption -Name TimeToLive 22
        Get-Value $tcp TimeToLive | Should -Be 22
    }

    It 'goes on with the other objects after an error' {
        $closed = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $closed.Dispose()
        $options = @{ ErrorAction = 'SilentlyContinue'; ErrorVariable = 'faults' }
        $null = $tcp, $udp | Set-SocketOption Linger 70000 @options
        @($faults).FullyQualifiedErrorId | Should -Be "InvalidOptionValue,$command", "InvalidOptionValue,$command"
        "$($faults[0])" | Should -Be 'Linger takes at most 65535 seconds, not 70000.'
        (42, $closed, $tcp | Set-SocketOption TimeToLive 21 -PassThru @options).Value | Should -Be 21
        @($faults).FullyQualifiedErrorId | Should -Be "NoSocket,$command", "ConnectionClosed,$command"
        $faults[1].CategoryInfo.Category | Should -Be 'ConnectionError'
    }
}
