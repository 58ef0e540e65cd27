# On loopback, whose broadcast address goes nowhere else. Real interfaces are in UdpNamespaces.Tests.ps1.

BeforeDiscovery {
    # Only Linux has a broadcast address on loopback.
    $noBroadcast = -not $IsLinux
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
    $loopback = '127.255.255.255'
}

Describe 'Send-Broadcast' -Skip:$noBroadcast {
    BeforeEach {
        $first = Start-UdpServer -Broadcast
        $second = Start-UdpServer $first.Port -Broadcast
        $port = $first.Port
    }

    AfterEach { Get-Job | Remove-Job -Force }

    Context 'what is sent' {
        It 'reaches everybody on the port, and says what went where' {
            $result = Send-Broadcast $port 'hello, all' -Address $loopback
            $result | Should -BeOfType ([PSNetLab.BroadcastResult])
            "$($result.BroadcastAddress)" | Should -Be $loopback
            $result.Interface | Should -Be 'lo'
            "$($result.Source)" | Should -Be '127.0.0.1'
            $result.Bytes | Should -Be 10
            $result.Error | Should -BeNullOrEmpty
            foreach ($job in $first, $second) { Receive-UdpMessage $job -Count 1 -TimeoutSec 20 | Should -Be 'hello, all' }
        }

        It 'is one datagram of everything with -Raw' {
            $result = [byte[]] (104, 101), 'y', [byte] 33 | Send-Broadcast $port -Address $loopback -Raw
            $result | Should -HaveCount 1
            $result.Bytes | Should -Be 4
            (Receive-UdpMessage $first -Count 1 -TimeoutSec 20).Text | Should -Be 'hey!'
            Receive-UdpMessage $first -TimeoutSec 0 | Should -BeNullOrEmpty

            $null = [byte[]] (1, 2, 3) | Send-Broadcast $port -Address $loopback -WarningVariable warnings -WarningAction SilentlyContinue
            "$warnings" | Should -BeLike '*takes a byte array apart*-Raw*'
        }

        It 'goes out of -InterfaceAlias, from its address to the broadcast address of its network' {
            $result = Send-Broadcast $port 'by lo' -InterfaceAlias lo
            $result.Interface | Should -Be 'lo'
            "$($result.Source)" | Should -Be '127.0.0.1'
            "$($result.BroadcastAddress)" | Should -Be $loopback
            $message = Receive-UdpMessage $first -Count 1 -TimeoutSec 20
            $message | Should -Be 'by lo'
            "$($message.RemoteEndPoint.Address)" | Should -Be '127.0.0.1'
            $message.Interface | Should -Be 'lo'
        }

        It 'sends each object of a pipeline, a list as one each, bytes as they are, in -Encoding' {
            'text', 42, [byte[]] (0xff, 0) | Send-Broadcast $port -Address $loopback | Should -HaveCount 3
            Send-Broadcast $port 'a', 'b' -Address $loopback | Should -HaveCount 2
            Send-Broadcast $port '来' -Address $loopback -Encoding GB18030 | Should -HaveCount 1
            $messages = Receive-UdpMessage $first -Count 6 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be '74657874', '3432', 'FF00', '61', '62', 'C0B4'
        }

        It 'passes received datagrams on' {
            , [byte[]] (1, 255) | Send-UdpMessage 127.0.0.1 ($source = Start-UdpServer).Port
            Receive-UdpMessage $source -Count 1 -TimeoutSec 20 | Send-Broadcast $port -Address $loopback | Should -HaveCount 1
            (Receive-UdpMessage $first -Count 1 -TimeoutSec 20).Data | Should -Be 1, 255
        }

        It 'sends to each -Address' {
            $results = Send-Broadcast $port 'x' -Address $loopback, 127.0.0.1
            $results.ForEach{ "$($_.BroadcastAddress)" } | Should -Be $loopback, '127.0.0.1'
            (Receive-UdpMessage $first -Count 1 -TimeoutSec 20).Text | Should -Be 'x'
        }

        It 'repeats -Count times, -IntervalMs apart, from one port' {
            $results = Send-Broadcast $port 'again' -Address $loopback -Count 3 -IntervalMs 150
            $results | Should -HaveCount 3
            ($results[2].Time - $results[0].Time).TotalMilliseconds | Should -BeGreaterThan 280
            $messages = Receive-UdpMessage $first -Count 3 -TimeoutSec 20
            $messages.RemoteEndPoint.Port | Sort-Object -Unique | Should -HaveCount 1
        }

        It 'does not wait after the last' {
            (Measure-Command { Send-Broadcast $port 'once' -Address $loopback -IntervalMs 60000 }).TotalSeconds | Should -BeLessThan 20
        }
    }

    Context 'answers' {
        It 'collects what everybody answers within -TimeoutSec, with the interface it came by' {
            $hosts = 1..3 | ForEach-Object { Start-UdpServer $port -Broadcast -Reply "I am here: $_" }
            $out = Send-Broadcast $port 'who is there?' -InterfaceAlias lo -TimeoutSec 20 | Select-Object -First 4
            $out[0] | Should -BeOfType ([PSNetLab.BroadcastResult])
            $answers = $out | Where-Object { $_ -is [PSNetLab.UdpMessage] }
            $answers.Text | Sort-Object | Should -Be (1..3 | ForEach-Object { "I am here: $_" })
            $answers.Interface | Should -Be 'lo', 'lo', 'lo'
            $answers.RemoteEndPoint.Port | Should -Be (, $port * 3)
            Wait-Until { ($hosts.MessagesSent -join ' ') -eq '1 1 1' }
        }

        It 'emits answers that come between two rounds before the next one' {
            $null = Start-UdpServer $port -Broadcast -Reply 'here'
            # Of a machine that stands still for so long, an answer may come too late: then once more.
            foreach ($try in 1..3) {
                $out = Send-Broadcast $port 'x' -Address $loopback -Count 2 -IntervalMs 400 -TimeoutSec 0.4
                $kinds = $out.ForEach{ $_.GetType().Name } -join ' '
                if ($kinds -eq 'BroadcastResult UdpMessage BroadcastResult UdpMessage') { break }
            }
            $kinds | Should -Be 'BroadcastResult UdpMessage BroadcastResult UdpMessage'
        }

        It 'ends without an error if there is no answer' {
            Send-Broadcast $port 'x' -Address $loopback -TimeoutSec 0.1 -ErrorVariable faults | Should -HaveCount 1
            $faults | Should -BeNullOrEmpty
        }

        It 'gets answers also from a server on all addresses of both families' {
            $server = Start-UdpServer -Address Any -AllowAddress 127.0.0.0/8, ::1 -Reply 'dual'
            (Send-Broadcast $server.Port 'x' -Address $loopback -TimeoutSec 20 | Select-Object -First 2)[1].Text | Should -Be 'dual'
            $server.Error | Should -BeNullOrEmpty
        }

        It 'leaves no socket open behind Select-Object -First 1, 50 times' {
            $null = Start-UdpServer $port -Broadcast -Reply 'here'
            $null = Send-Broadcast $port 'warm up' -Address $loopback
            $before = Get-OpenSocketCount
            foreach ($round in 1..50) {
                $answer = Send-Broadcast $port 'x' -Address $loopback -TimeoutSec 30 | Where-Object Text | Select-Object -First 1
                $answer | Should -Be 'here'
            }
            Wait-Until { (Get-OpenSocketCount) -le $before }
        }

        It 'ends at once with Ctrl+C while it waits, for the next round or for answers' {
            foreach ($form in '-Count 9 -IntervalMs 60000', '-TimeoutSec 60', '-Count 9 -IntervalMs 60000 -TimeoutSec 60') {
                $script = [scriptblock]::Create("Send-Broadcast `$args[0] x -Address $loopback $form")
                $run = Invoke-Stoppable $script $port -When { param($output) $output.Count -eq 1 }
                $run.EndedBefore | Should -BeFalse
                $run.StopMs | Should -BeLessThan 10000
                $run.Errors | Should -BeNullOrEmpty
            }
        }
    }

    Context 'errors' {
        It 'reports an address that cannot be reached as a result and an error, and goes on with the others' {
            $results = Send-Broadcast $port ([byte[]]::new(65508)) -Address $loopback -ErrorVariable faults -ErrorAction SilentlyContinue
            $results.Bytes | Should -Be 0
            $results.Error | Should -BeLike 'A datagram of 65508 bytes cannot be sent*'
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
            $faults[0].TargetObject | Should -Be "${loopback}:$port"

            $results = , [byte[]]::new(65508), 'fits' | Send-Broadcast $port -Address $loopback -ErrorAction SilentlyContinue
            $results.Bytes | Should -Be 0, 4
            Receive-UdpMessage $first -Count 1 -TimeoutSec 20 | Should -Be 'fits'
        }

        It 'says <Id> for <Bad>, and sends nothing' -ForEach @(
            @{ Id = 'InterfaceNotFound'; Bad = '-InterfaceAlias lo, nowhere0'; Category = 'ObjectNotFound'; Target = 'nowhere0'; Text = "No interface named 'nowhere0' is up. The interfaces that are up: *lo*" }
            @{ Id = 'InvalidAddress'; Bad = '-Address 127.255.255.255, ::1'; Category = 'InvalidArgument'; Target = '127.255.255.255 ::1'; Text = '::1 is not a broadcast address: IPv6 has none. Use Send-UdpMessage -MulticastGroup*' }
        ) {
            $fault = [scriptblock]::Create("1..3 | Send-Broadcast $port $Bad") | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $fault.CategoryInfo.Category | Should -Be $Category
            "$($fault.TargetObject)" | Should -Be $Target
            "$fault" | Should -BeLike $Text
            Receive-UdpMessage $first -TimeoutSec 0.1 | Should -BeNullOrEmpty
        }

        It 'refuses <Bad> while binding parameters' -ForEach @(
            @{ Bad = '0 x'; Text = '*1*' }
            @{ Bad = '9 x -Address nobody'; Text = '*nobody*' }
            @{ Bad = '9 x -Count 0'; Text = '*1*' }
            @{ Bad = '9 x -IntervalMs -1'; Text = '*0*' }
            @{ Bad = '9 x -Address 127.255.255.255 -InterfaceAlias lo'; Text = '*parameter set*' }
        ) {
            $fault = [scriptblock]::Create("Send-Broadcast $Bad") | Should -Throw -PassThru
            "$fault" | Should -BeLike $Text
        }
    }

    It 'shows results and answers in one table that fits 100 columns' {
        $null = Start-UdpServer $port -Broadcast -Reply 'I am here'
        $out = @(Send-Broadcast $port 'x' -InterfaceAlias lo -TimeoutSec 20 | Select-Object -First 2)
        $out += Send-Broadcast $port ([byte[]]::new(65508)) -InterfaceAlias lo -ErrorAction SilentlyContinue
        $lines = ($out | Out-String -Width 100) -split '\r?\n' | Where-Object { $_.Trim() }
        $lines[0] | Should -Match '^Time +Interface +Peer +Length +Text *$'
        $lines[2] | Should -Match '^\d\d:\d\d:\d\d\.\d{3} lo +127\.255\.255\.255 +1 \(sent from 127\.0\.0\.1\)$'
        $lines[3] | Should -Match "^\d\d:\d\d:\d\d\.\d{3} lo +127\.0\.0\.1:$port +9 I am here$"
        $lines[4] | Should -Match '^\d\d:\d\d:\d\d\.\d{3} lo +127\.255\.255\.255 +0 A datagram of 65508 bytes .*…$'
        $lines | Should -HaveCount 5
    }
}
