BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Collections that are held for a burst' {
    BeforeAll {
        $hold = (Get-Command Receive-UdpMessage).ImplementingType.Assembly.GetType('PSNetLab.Commands.CollectionHold')
        $start = $hold.GetMethod('TryStart', [Reflection.BindingFlags]'Static, NonPublic')
    }

    AfterEach {
        if ([Runtime.GCSettings]::LatencyMode -eq 'NoGCRegion') { [GC]::EndNoGCRegion() }
    }

    It 'are held from the start to the end, and for many datagrams only' {
        $before = [Runtime.GCSettings]::LatencyMode
        $start.Invoke($null, @(100)) | Should -BeNullOrEmpty
        $held = $start.Invoke($null, @(20000))
        $during = [Runtime.GCSettings]::LatencyMode
        $held.Dispose()
        $during | Should -Be NoGCRegion -Because 'a pause would lose datagrams'
        [Runtime.GCSettings]::LatencyMode | Should -Be $before -Because 'the whole process would stay held'
    }

    It 'are left alone while somebody else holds them' {
        $held = $start.Invoke($null, @(20000))
        [GC]::Collect()
        [GC]::TryStartNoGCRegion(20MB) | Should -BeTrue
        $second = $start.Invoke($null, @(20000))
        $held.Dispose()
        $mode = [Runtime.GCSettings]::LatencyMode
        $second | Should -BeNullOrEmpty
        $mode | Should -Be NoGCRegion -Because 'what somebody else asked for is theirs to end'
    }
}

Describe 'Receive-UdpMessage on a port' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    Context 'how long' {
        It 'ends with -Count messages, in the order of arrival' {
            $messages = Receive-Sent @{ Count = 3 } { param($port) 'a', '', 'c', 'd' | Send-UdpMessage 127.0.0.1 $port }
            $messages.Text | Should -Be 'a', '', 'c'
            $messages.Sequence | Should -Be 1, 2, 3
            $messages | Should -BeOfType ([PSNetLab.UdpMessage])
            "$($messages[0].LocalEndPoint)" | Should -Match '^127\.0\.0\.1:\d+$'
            $messages[0].RemoteEndPoint.Port | Should -Be $messages[2].RemoteEndPoint.Port
        }

        It 'emits messages as they come, until -TimeoutSec, which is no error without -Count' {
            $time = Measure-Command {
                $script:texts = Receive-Sent @{ TimeoutSec = 0.6; ErrorVariable = 'script:faults' } { param($port) 1..3 | Send-UdpMessage 127.0.0.1 $port } |
                    ForEach-Object Text
            }
            $script:texts | Should -Be '1', '2', '3'
            $script:faults | Should -BeNullOrEmpty
            $time.TotalSeconds | Should -BeGreaterThan 0.5
        }

        It 'returns what came, and ReceiveTimeout, when -Count is not reached in -TimeoutSec' {
            $port = Get-FreePort
            $messages = Receive-Sent @{ Count = 3; TimeoutSec = 0.4; ErrorVariable = 'script:faults'; ErrorAction = 'SilentlyContinue' } -Port $port {
                param($port) 'only' | Send-UdpMessage 127.0.0.1 $port
            }
            $messages.Text | Should -Be 'only'
            $script:faults | Should -HaveCount 1
            $script:faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
            $script:faults[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$($script:faults[0].TargetObject)" | Should -Be "127.0.0.1:$port"
            "$($script:faults[0])" | Should -BeLike "1 of 3 messages arrived at 127.0.0.1:$port within 0.4 s. *raise -TimeoutSec."
        }

        It 'does not mention framing, which datagrams do not have' {
            Receive-UdpMessage 0 -Count 1 -TimeoutSec 0.1 -ErrorVariable faults -ErrorAction SilentlyContinue
            "$($faults[0])" | Should -Not -BeLike '*-Framing*'
        }

        It 'emits at once what comes, not when it ends' {
            $seen = Receive-Sent @{ TimeoutSec = 30 } { param($port) 'now' | Send-UdpMessage 127.0.0.1 $port } | Select-Object -First 1
            $seen | Should -Be 'now'
        }

        It 'receives 20,000 datagrams in order' {
            if (-not (Test-LargeBuffer)) { Set-ItResult -Skipped -Because 'the system gives no receive buffer of 4 MB' }
            $messages = Receive-Sent @{ Count = 20000; TimeoutSec = 60 } {
                param($port)
                # In lots that the buffer has room for, however long nobody can read.
                foreach ($last in 4000, 8000, 12000, 16000, 20000) {
                    ($last - 3999)..$last | Send-UdpMessage 127.0.0.1 $port
                    if ($IsLinux) { Wait-Until { (Get-SocketInfo -Protocol Udp -LocalPort $port -Listening).ReceiveQueue -eq 0 } }
                }
            }
            Compare-Object $messages.Text (1..20000) -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'leaves no socket open behind Select-Object -First 1, 50 times' {
            $null = Receive-Sent @{} { param($port) 'warm up' | Send-UdpMessage 127.0.0.1 $port } | Select-Object -First 1
            $before = Get-OpenSocketCount
            foreach ($round in 1..50) {
                Receive-Sent @{} { param($port) 1..3 | Send-UdpMessage 127.0.0.1 $port } | Select-Object -First 1 | Should -Be '1'
            }
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
            Get-Job | Should -BeNullOrEmpty
        }

        It 'ends at once with Ctrl+C in the middle of a receive, and frees the port' {
            $port = Get-FreePort
            $run = Invoke-Stoppable { Receive-UdpMessage $args[0] } $port -When {
                param($output)
                'tick' | Send-UdpMessage 127.0.0.1 $port -ErrorAction Ignore
                $output.Count
            }
            $run.EndedBefore | Should -BeFalse
            $run.State | Should -Be 'Stopped'
            $run.StopMs | Should -BeLessThan 10000
            $run.Errors | Should -BeNullOrEmpty
            $run.Output[0].Text | Should -Be 'tick'
            (Start-UdpServer $port).Port | Should -Be $port
        }
    }

    Context 'what it does' {
        It 'answers with -Reply in -Encoding' {
            $null = Receive-Sent @{ Count = 1; Reply = '收到消息'; Encoding = 'GB18030' } {
                param($port)
                $script:answer = 'x' | Send-UdpMessage 127.0.0.1 $port -Encoding GB18030 -Count 1 -TimeoutSec 20
            }
            $script:answer | Should -Be '收到消息'
            [Convert]::ToHexString($script:answer.Data) | Should -Be 'CAD5B5BDCFFBCFA2'
        }

        It 'decodes in -Encoding <Encoding>; what is not valid is U+FFFD, and the bytes are all there' -ForEach @(
            @{ Encoding = 'utf8'; Bytes = 0x61, 0xff, 0xe6, 0x9d, 0x62; Text = "a`u{fffd}`u{fffd}b" }
            @{ Encoding = 'utf8'; Bytes = 0xe6, 0x9d, 0xa5; Text = '来' }
            @{ Encoding = 'GB18030'; Bytes = 0xc0, 0xb4, 0x2c, 0xc8, 0xb7; Text = '来,确' }
            @{ Encoding = 'GB18030'; Bytes = 0x61, 0xff, 0x62; Text = "a`u{fffd}b" }
            @{ Encoding = 'GB18030'; Bytes = 0x61, 0xc0; Text = "a`u{fffd}" }
            @{ Encoding = 'ascii'; Bytes = 0x61, 0xe9; Text = "a`u{fffd}" }
            @{ Encoding = 'utf-16'; Bytes = 0x65, 0x67, 0x00, 0xd8; Text = "来`u{fffd}" }
        ) {
            $message = Receive-Sent @{ Count = 1; Encoding = $Encoding } { param($port) , [byte[]] $Bytes | Send-UdpMessage 127.0.0.1 $port }
            $message.Data | Should -Be $Bytes
            $message.Text | Should -Be $Text
        }

        It 'cuts at -BufferBytes, and says so and how much was lost' {
            $messages = Receive-Sent @{ Count = 4; BufferBytes = 8 } { param($port) '1234567', '12345678', '123456789', ('x' * 5000) | Send-UdpMessage 127.0.0.1 $port }
            $messages.Text | Should -Be '1234567', '12345678', '12345678', 'xxxxxxxx'
            $messages.ForEach{ $_.Length } | Should -Be 7, 8, 8, 8
            $messages.Truncated | Should -Be $false, $false, $true, $true
            if ($IsLinux) { $messages.LostBytes | Should -Be 0, 0, 1, 4992 }
        }

        It 'receives the largest datagram whole, and cuts it off in a buffer one byte smaller' {
            $largest = [byte[]]::new(65507)
            [Random]::new(2).NextBytes($largest)
            $message = Receive-Sent @{ Count = 1 } { param($port) , $largest | Send-UdpMessage 127.0.0.1 $port }
            [Linq.Enumerable]::SequenceEqual($message.Data, $largest) | Should -BeTrue
            $message.Truncated | Should -BeFalse
            $message = Receive-Sent @{ Count = 1; BufferBytes = 65506 } { param($port) , $largest | Send-UdpMessage 127.0.0.1 $port }
            $message.Length | Should -Be 65506
            $message.Truncated | Should -BeTrue
        }

        It 'warns of what was lost because nobody took it in time' -Skip:(-not $IsLinux) {
            $port = Get-FreePort
            $flood = @'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(5000):
    s.sendto(b'x' * 1000, ('127.0.0.1', int(sys.argv[1])))
'@
            $null = Receive-Sent @{ TimeoutSec = 0.3; ReceiveBufferBytes = 1024; WarningVariable = 'script:warnings'; WarningAction = 'SilentlyContinue' } -Port $port {
                param($port)
                $flooder = Start-PythonPeer $flood -ArgumentList $port -NoPort
                $flooder.WaitForExit(20)
                $flooder.Stop()
            }
            $script:warnings | Should -HaveCount 1
            "$($script:warnings[0])" | Should -Match '^\d+ datagrams were lost because they arrived faster than they were read\. Raise -ReceiveBufferBytes'
        }

        It 'emits objects that survive remoting' {
            $message = Receive-Sent @{ Count = 1; BufferBytes = 2 } { param($port) 'abc' | Send-UdpMessage 127.0.0.1 $port }
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($message))
            foreach ($name in 'Time', 'RemoteEndPoint', 'LocalEndPoint', 'Sequence', 'Length', 'Data', 'Text', 'Truncated', 'LostBytes') {
                "$($copy.$name)" | Should -Be "$($message.$name)" -Because $name
            }
            $copy.Truncated | Should -BeTrue
        }

        It 'shows a table that fits 100 columns' {
            $message = Receive-Sent @{ Count = 1 } { param($port) "come`e[31m`nhere" | Send-UdpMessage 127.0.0.1 $port }
            $lines = ($message | Format-Table | Out-String -Width 100) -split '\r?\n' | Where-Object { $_.Trim() }
            $lines[0] | Should -Match '^Time +Peer +Interface +Length +Lost +Text *$'
            $lines[2] | Should -Match "^\d\d:\d\d:\d\d\.\d{3} +127\.0\.0\.1:\d+ +14 +0 +come\u241b\[31m\u240ahere *$"
            $lines.Length | Should -Be 3
        }
    }

    Context 'where' {
        It 'receives on -Address <Address>' -ForEach @(
            @{ Address = 'Any'; To = '127.0.0.1' }
            @{ Address = '127.0.0.9'; To = '127.0.0.9'; Only = $IsLinux }
            @{ Address = '::1'; To = '::1' }
        ) {
            if ($Only -eq $false) { Set-ItResult -Skipped -Because 'only Linux has all of 127.0.0.0/8 on loopback' }
            $with = @{ Count = 1; Address = $Address; Reply = 'here' }
            $message = Receive-Sent $with { param($port) $script:answer = 'x' | Send-UdpMessage $To $port -Count 1 -TimeoutSec 20 }
            $script:answer | Should -Be 'here'
            "$($message.LocalEndPoint.Address)" | Should -Be $To
        }

        It 'hears broadcasts with -Broadcast, two receivers on one port' -Skip:(-not $IsLinux) {
            $first = Start-UdpServer -Broadcast
            "$($first.LocalEndPoint)" | Should -Be "0.0.0.0:$($first.Port)"
            $second = Start-UdpServer $first.Port -Broadcast -Reply 'I am here'
            $sent = Send-Broadcast $first.Port 'who is there?' -Address 127.255.255.255 -TimeoutSec 20 | Select-Object -First 2
            $first, $second | ForEach-Object { (Receive-UdpMessage $_ -Count 1 -TimeoutSec 20).Text } | Should -Be 'who is there?', 'who is there?'
            $sent[-1] | Should -Be 'I am here'
        }

        It 'joins -MulticastGroup on -InterfaceAlias' -Skip:(-not $IsLinux) {
            $with = @{ Count = 1; MulticastGroup = '239.77.3.1'; InterfaceAlias = 'lo' }
            $message = Receive-Sent $with { param($port) 'group' | Send-UdpMessage -MulticastGroup 239.77.3.1 -Port $port -InterfaceAlias lo }
            $message | Should -Be 'group'
            $message.Interface | Should -Be 'lo'
        }

        It 'shares a port with -ReuseAddress' {
            $first = Start-UdpServer -ReuseAddress
            (Start-UdpServer $first.Port -ReuseAddress).Port | Should -Be $first.Port
            $fault = { Receive-UdpMessage $first.Port -TimeoutSec 1 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        }
    }
}
