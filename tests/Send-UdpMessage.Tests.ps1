BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Send-UdpMessage' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    Context 'what is sent' {
        BeforeEach {
            $server = Start-UdpServer
            $to = @{ ComputerName = '127.0.0.1'; Port = $server.Port }
        }

        It 'sends each object of a pipeline as a datagram, in order' {
            'text', 42, [version] '1.2', [ipaddress]::Loopback, $true, [pscustomobject] @{ A = 1; B = 'two' }, '', $null | Send-UdpMessage @to
            (Receive-UdpMessage -Job $server -Count 8 -TimeoutSec 20).Text |
                Should -Be 'text', '42', '1.2', '127.0.0.1', 'True', '@{A=1; B=two}', '', ''
        }

        It 'sends bytes as they are: an array that stays whole is one datagram' {
            $bytes = [byte[]] (0, 1, 254, 255)
            , $bytes | Send-UdpMessage @to
            Send-UdpMessage @to -Message $bytes
            Send-UdpMessage @to -Message @([byte] 7, [byte] 8)
            $bytes | Send-UdpMessage @to
            $messages = Receive-UdpMessage -Job $server -Count 7 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be '0001FEFF', '0001FEFF', '0708', '00', '01', 'FE', 'FF'
        }

        It 'sends each element of an array argument, by position and by name' {
            Send-UdpMessage 127.0.0.1 $server.Port 'a', 2
            Send-UdpMessage -HostName 127.0.0.1 -Port $server.Port -Message ([int[]] (3, 4))
            (Receive-UdpMessage -Job $server -Count 4 -TimeoutSec 20).Text | Should -Be 'a', '2', '3', '4'
        }

        It 'passes received datagrams on, byte by byte' {
            $source = Start-UdpServer
            , [byte[]] (0xff, 0x61), 'b' | Send-UdpMessage 127.0.0.1 $source.Port
            Receive-UdpMessage -Job $source -Count 2 -TimeoutSec 20 | Send-UdpMessage @to
            $messages = Receive-UdpMessage -Job $server -Count 2 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be 'FF61', '62'
        }

        It 'sends text in -Encoding' {
            '来,确认下眼神' | Send-UdpMessage @to -Encoding GB18030
            [Convert]::ToHexString((Receive-UdpMessage -Job $server -Count 1 -TimeoutSec 20).Data) | Should -Be 'C0B42CC8B7C8CFCFC2D1DBC9F1'
        }

        It 'sends to a server in place of a name' {
            $echo = Start-UdpServer -Echo
            (Send-UdpMessage $echo hi -Count 1 -TimeoutSec 20).Text | Should -Be 'hi'
        }

        It 'sends to a name, by its IPv4 address' {
            'to a name' | Send-UdpMessage localhost $server.Port
            Receive-UdpMessage -Job $server -Count 1 -TimeoutSec 20 | Should -Be 'to a name'
        }
    }

    Context 'how it is sent' {
        It 'sends from -LocalPort' {
            $server = Start-UdpServer
            $port = Get-FreePort
            'a', 'b' | Send-UdpMessage 127.0.0.1 $server.Port -LocalPort $port
            (Receive-UdpMessage $server -Count 2 -TimeoutSec 20).RemoteEndPoint.Port | Should -Be $port, $port
        }

        It 'sends a whole pipeline from one port' {
            $server = Start-UdpServer
            1..3 | Send-UdpMessage 127.0.0.1 $server.Port
            (Receive-UdpMessage $server -Count 3 -TimeoutSec 20).RemoteEndPoint.Port | Sort-Object -Unique | Should -HaveCount 1
        }

        It 'sends at once what a slow pipeline brings' {
            $server = Start-UdpServer
            & {
                foreach ($number in 1..3) {
                    "$number"
                    Wait-Until { $server.MessageCount -eq $number }
                }
            } | Send-UdpMessage 127.0.0.1 $server.Port
            $server.MessageCount | Should -Be 3
        }

        It 'waits -IntervalMs between two datagrams, and not before the first' {
            $server = Start-UdpServer
            $four = Measure-Command { 1..4 | Send-UdpMessage 127.0.0.1 $server.Port -IntervalMs 100 }
            $four.TotalMilliseconds | Should -BeGreaterThan 290
            (Receive-UdpMessage $server -Count 4 -TimeoutSec 20).Text | Should -Be (1..4)
            $single = Measure-Command { 1 | Send-UdpMessage 127.0.0.1 $server.Port -IntervalMs 60000 }
            $single.TotalSeconds | Should -BeLessThan 20
        }

        It 'emits what it sent with -PassThru' {
            $server = Start-UdpServer
            $sent = 'one', 'two' | Send-UdpMessage 127.0.0.1 $server.Port -PassThru
            $sent | Should -BeOfType ([PSNetLab.UdpMessage])
            $sent.Text | Should -Be 'one', 'two'
            $sent.Sequence | Should -Be 1, 2
            "$($sent[0].RemoteEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            $got = Receive-UdpMessage $server -Count 2 -TimeoutSec 20
            "$($sent[0].LocalEndPoint)" | Should -Be "$($got[0].RemoteEndPoint)"
        }

        It 'sends to a group and to a host with -TimeToLive' -Skip:(-not $IsLinux) {
            $server = Start-UdpServer -MulticastGroup 239.77.2.1 -InterfaceAlias lo
            $group = @{ MulticastGroup = '239.77.2.1'; Port = $server.Port; InterfaceAlias = 'lo' }
            'default' | Send-UdpMessage @group
            'far' | Send-UdpMessage @group -TimeToLive 255
            'host' | Send-UdpMessage 127.0.0.1 $server.Port -TimeToLive 255
            (Receive-UdpMessage $server -Count 3 -TimeoutSec 20).Text | Should -Be 'default', 'far', 'host'
        }

        It 'keeps multicast on this host with -TimeToLive 0' -Skip:(-not $IsLinux) {
            $server = Start-UdpServer -MulticastGroup 239.77.2.1 -InterfaceAlias lo
            'here' | Send-UdpMessage -MulticastGroup 239.77.2.1 -Port $server.Port -InterfaceAlias lo -TimeToLive 0
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be 'here'
        }
    }

    Context 'answers' {
        It 'emits -Count answers and ends, without waiting for more' {
            $server = Start-UdpServer -ScriptBlock { 1..5 }
            $time = Measure-Command { $script:answers = 'go' | Send-UdpMessage 127.0.0.1 $server.Port -Count 2 -TimeoutSec 30 }
            $script:answers.Text | Should -Be '1', '2'
            $time.TotalSeconds | Should -BeLessThan 20
        }

        It 'emits every answer within -TimeoutSec with -Receive, which is no error' {
            $server = Start-UdpServer -ScriptBlock { 1..[int] $_.Text }
            # The first answer takes longer, and every one when the machine stands still: then once more.
            $null = 1 | Send-UdpMessage 127.0.0.1 $server.Port -Count 1 -TimeoutSec 20
            foreach ($try in 1..3) {
                $time = Measure-Command {
                    $script:answers = 2, 3 | Send-UdpMessage 127.0.0.1 $server.Port -Receive -TimeoutSec 0.7 -ErrorVariable script:faults -ErrorAction SilentlyContinue
                }
                if ($script:answers.Count -eq 5) { break }
            }
            $script:answers.Text | Should -Be '1', '2', '1', '2', '3'
            $script:faults | Should -BeNullOrEmpty
            $time.TotalSeconds | Should -BeGreaterThan 0.6
        }

        It 'emits an answer at once, not after -IntervalMs' {
            $server = Start-UdpServer -Echo
            $time = Measure-Command {
                $script:answer = 'a', 'b' | Send-UdpMessage 127.0.0.1 $server.Port -Receive -IntervalMs 60000 | Select-Object -First 1
            }
            $script:answer.Text | Should -Be 'a'
            $time.TotalSeconds | Should -BeLessThan 30
        }

        It 'shows from where and to where they were sent' {
            $server = Start-UdpServer -Echo
            $answer = 'x' | Send-UdpMessage 127.0.0.1 $server.Port -LocalPort ($port = Get-FreePort) -Count 1 -TimeoutSec 20
            "$($answer.RemoteEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            "$($answer.LocalEndPoint)" | Should -Be "127.0.0.1:$port"
            $answer.Sequence | Should -Be 1
            $answer.Truncated | Should -BeFalse
        }

        It 'emits answers while it sends' {
            $server = Start-UdpServer -Echo
            $seen = [Collections.Generic.List[string]]::new()
            & {
                foreach ($number in 1..500) {
                    if ($seen.Count) { break }
                    $number
                    Start-Sleep -Milliseconds 10
                }
                $script:early = $seen.Count
                'last'
            } | Send-UdpMessage 127.0.0.1 $server.Port -Receive -TimeoutSec 20 | ForEach-Object { $seen.Add($_.Text); $_ } |
                Where-Object Text -EQ last | Select-Object -First 1 | Out-Null
            $script:early | Should -BeGreaterThan 0
            $seen[0] | Should -Be '1'
            $seen[-1] | Should -Be 'last'
        }

        It 'gets 5,000 answers in order' {
            $server = Start-UdpServer -Echo -NoRecord
            $texts = (1..5000 | Send-UdpMessage 127.0.0.1 $server.Port -Count 5000 -TimeoutSec 20).Text
            Compare-Object $texts (1..5000) -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'returns what came, and ReceiveTimeout, when -Count is not reached in -TimeoutSec' {
            $server = Start-UdpServer -Reply 'only'
            # The server may not answer so soon when the machine stands still: then once more.
            foreach ($try in 1..3) {
                $answers = 'go' | Send-UdpMessage 127.0.0.1 $server.Port -Count 3 -TimeoutSec 0.4 -ErrorVariable faults -ErrorAction SilentlyContinue
                if ($answers) { break }
            }
            $answers.Text | Should -Be 'only'
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
            $faults[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$($server.Port)"
            "$($faults[0])" | Should -BeLike "1 of 3 answers arrived from 127.0.0.1:$($server.Port) within 0.4 s. *send it again, or raise -TimeoutSec."
        }

        It 'says ReceiveTimeout when -Receive gets no answer at all' {
            $server = Start-UdpServer
            'anybody?' | Send-UdpMessage 127.0.0.1 $server.Port -Receive -TimeoutSec 0.2 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        }

        It 'leaves no socket open behind Select-Object -First 1, 50 times' {
            $server = Start-UdpServer -ScriptBlock { 1..3 }
            'warm up' | Send-UdpMessage 127.0.0.1 $server.Port -Receive | Select-Object -First 1
            $before = Get-OpenSocketCount
            foreach ($round in 1..50) {
                $answer = 'go' | Send-UdpMessage 127.0.0.1 $server.Port -Receive -TimeoutSec 30 | Select-Object -First 1
                $answer | Should -Be '1'
            }
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'ends at once with Ctrl+C while it waits for answers, and while it pauses' {
            $server = Start-UdpServer
            $waiting = Invoke-Stoppable { 'x' | Send-UdpMessage 127.0.0.1 $args[0] -Receive -TimeoutSec 60 } $server.Port -When { $server.MessageCount -eq 1 }
            $waiting.EndedBefore | Should -BeFalse
            $waiting.State | Should -Be 'Stopped'
            $waiting.StopMs | Should -BeLessThan 10000
            $waiting.Errors | Should -BeNullOrEmpty

            $pausing = Invoke-Stoppable { 1..9 | Send-UdpMessage 127.0.0.1 $args[0] -IntervalMs 60000 } $server.Port -When { $server.MessageCount -eq 2 }
            $pausing.EndedBefore | Should -BeFalse
            $pausing.StopMs | Should -BeLessThan 10000
            $server.MessageCount | Should -Be 2
        }
    }
}
