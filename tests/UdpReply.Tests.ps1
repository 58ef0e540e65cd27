# How a UDP server answers, and what it does with what nobody has taken yet.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1

    # What a server answers to the messages, as text.
    function Get-Answer($Server, [object[]] $Message, [int] $Count) {
        $Message | Send-UdpMessage 127.0.0.1 $Server.Port -Count $Count -TimeoutSec 20 -ErrorAction Stop | ForEach-Object Text
    }
}

Describe 'Answers of a UDP server' {
    AfterEach {
        if ($gate) { $gate.Set() }
        $gate = $null
        Get-Job | Remove-Job -Force
    }

    Context '-Echo' {
        It 'sends every datagram back, in order' {
            $server = Start-UdpServer -Echo
            $answers = Get-Answer $server (1..2000) -Count 2000
            Compare-Object $answers (1..2000) -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'sends any byte back unchanged, and an empty datagram, and the largest' {
            $server = Start-UdpServer -Echo
            $bytes = [byte[]] (0..255)
            $largest = [byte[]]::new(65507)
            [Random]::new(1).NextBytes($largest)
            $answers = $bytes, [byte[]] @(), $largest | Send-UdpMessage 127.0.0.1 $server.Port -Count 3 -TimeoutSec 20
            Compare-Object $answers[0].Data $bytes -SyncWindow 0 | Should -BeNullOrEmpty
            $answers[1].Length | Should -Be 0
            [Linq.Enumerable]::SequenceEqual($answers[2].Data, $largest) | Should -BeTrue
            Wait-Until { $server.MessagesSent -eq 3 }
        }
    }

    Context '-Reply' {
        It 'answers every datagram with a text in -Encoding' {
            $server = Start-UdpServer -Reply '接收到消息' -Encoding GB18030
            $answers = 'a', 'b' | Send-UdpMessage 127.0.0.1 $server.Port -Encoding GB18030 -Count 2 -TimeoutSec 20
            $answers.Text | Should -Be '接收到消息', '接收到消息'
            [Convert]::ToHexString($answers[0].Data) | Should -Be 'BDD3CAD5B5BDCFFBCFA2'
        }

        It 'answers with bytes, and with an empty datagram' {
            $server = Start-UdpServer -Reply ([byte[]] (0, 10, 255))
            ('x' | Send-UdpMessage 127.0.0.1 $server.Port -Count 1 -TimeoutSec 20).Data | Should -Be 0, 10, 255
            $silent = Start-UdpServer -Reply ''
            ('x' | Send-UdpMessage 127.0.0.1 $silent.Port -Count 1 -TimeoutSec 20).Length | Should -Be 0
        }
    }

    Context '-Reply with a list' {
        It 'answers with a datagram for each element' {
            $server = Start-UdpServer -Reply 'one', 2, 'three'
            Get-Answer $server 'x' -Count 3 | Should -Be 'one', '2', 'three'
            Get-Answer $server 'x', 'y' -Count 6 | Should -Be 'one', '2', 'three', 'one', '2', 'three'
        }
    }

    Context '-ScriptBlock' {
        It 'has the message as $_ and sees $using:' {
            $greeting = @{ Word = 'Hello' }
            $server = Start-UdpServer -ScriptBlock {
                $_.GetType().FullName, $_.Text.ToUpper(), $_.Sequence, "$($using:greeting.Word), $($_.RemoteEndPoint.Address)"
            }
            Get-Answer $server 'me' -Count 4 | Should -Be 'PSNetLab.UdpMessage', 'ME', '1', 'Hello, 127.0.0.1'
        }

        It 'sends each output as a datagram, a byte array as one, and nothing without output' {
            $server = Start-UdpServer -ScriptBlock {
                switch ($_.Text) {
                    many { 1..3 }
                    bytes { , [byte[]] (0xff, 0); 'text'; [byte[]] (4, 5) }
                }
            }
            $answers = 'nothing', 'many', 'bytes' | Send-UdpMessage 127.0.0.1 $server.Port -Count 6 -TimeoutSec 20
            $answers.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be '31', '32', '33', 'FF00', '74657874', '0405'
            Wait-Until { $server.MessagesSent -eq 6 }
        }

        It 'makes an error in it an error of the job, and the server goes on' {
            $server = Start-UdpServer -ScriptBlock {
                if ($_.Text -eq 'bad') { throw 'I do not like this one' }
                "good $($_.Text)"
            }
            Get-Answer $server 1, 'bad', 2 -Count 2 | Should -Be 'good 1', 'good 2'
            $server.State | Should -Be 'Running'
            Wait-Until { $server.Error.Count }
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'ReplyScriptFailed*'
            $server.Error[0].TargetObject | Should -BeOfType ([Net.IPEndPoint])
            "$($server.Error[0])" | Should -BeLike '*message 2 of 127.0.0.1:*: I do not like this one (line 2 of the script block: *). Nothing more was sent back*'
        }

        It 'writes its other streams to the job, and the messages are there as well' {
            $server = Start-UdpServer -ScriptBlock {
                Write-Warning 'look out'
                Write-Error 'no end of it'
                'done'
            }
            Get-Answer $server 'x' -Count 1 | Should -Be 'done'
            Wait-Until { $server.Warning.Count -and $server.Error.Count }
            "$($server.Warning[0])" | Should -Be 'look out'
            "$($server.Error[0])" | Should -Be 'no end of it'
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be 'x'
        }

        It 'answers in order, one datagram at a time' {
            $only = [Threading.SemaphoreSlim]::new(1)
            $server = Start-UdpServer -ScriptBlock {
                if (-not ($using:only).Wait(0)) { 'not alone' }
                $_.Text
                $null = ($using:only).Release()
            }
            $answers = Get-Answer $server (1..100) -Count 100
            Compare-Object $answers (1..100) -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'ends with Stop-Job while the script is busy' {
            # This script does not even heed its end, which Stop-Job then waits for no longer than 1.5 s.
            $null = Invoke-Within 3000 {
                $gate = [Threading.ManualResetEventSlim]::new()
                $server = Start-UdpServer -ScriptBlock { ($using:gate).Wait(); 'too late' }
                try {
                    1..3 | Send-UdpMessage 127.0.0.1 $server.Port
                    Wait-Until { $server.MessageCount -ge 1 }
                    $clock = [Diagnostics.Stopwatch]::StartNew()
                    Stop-Job $server
                    [pscustomobject]@{ StopMs = $clock.Elapsed.TotalMilliseconds }
                    (Start-UdpServer $server.Port).State | Should -Be 'Running'
                }
                finally { $gate.Set() }
                Wait-Until { $server.State -eq 'Stopped' }
            }
        }
    }
}

Describe 'The buffers of a UDP server' {
    AfterEach {
        if ($gate) { $gate.Set() }
        $gate = $null
        Get-Job | Remove-Job -Force
    }

    It 'keeps -BufferLimit messages, counts the others, warns once, and answers them all' {
        $server = Start-UdpServer -BufferLimit 10 -Echo
        1..100 | Send-UdpMessage 127.0.0.1 $server.Port -Count 100 -TimeoutSec 20 | Should -HaveCount 100
        $server.MessageCount | Should -Be 100
        $server.Waiting | Should -Be 10
        $server.Dropped | Should -Be 90
        $server.StatusMessage | Should -BeLike '*, 90 dropped'
        (Receive-UdpMessage $server -Count 10 -TimeoutSec 20).Text | Should -Be (1..10)

        # Room again, and full again.
        1..50 | Send-UdpMessage 127.0.0.1 $server.Port -Count 50 -TimeoutSec 20 | Should -HaveCount 50
        $server.Waiting | Should -Be 10
        $server.Dropped | Should -Be 130
        Wait-Until { $server.Warning.Count }
        $server.Warning | Should -HaveCount 1
        "$($server.Warning[0])" | Should -BeLike "$($server.Name): 10 messages are waiting*Dropped counts them*raise -BufferLimit*-NoRecord*"
    }

    It 'keeps no messages with -NoRecord, only counts them' {
        $server = Start-UdpServer -NoRecord
        1..100 | Send-UdpMessage 127.0.0.1 $server.Port
        Wait-Until { $server.MessageCount -eq 100 }
        $server.Waiting | Should -Be 0
        $server.Dropped | Should -Be 0
        Receive-Job $server | Should -BeNullOrEmpty
    }

    It 'takes 20,000 datagrams of one sender in order, none lost' {
        if (-not (Test-LargeBuffer)) { Set-ItResult -Skipped -Because 'the system gives no receive buffer of 4 MB' }
        $server = Start-UdpServer
        # In lots that the buffer has room for, however long the server cannot read.
        foreach ($last in 4000, 8000, 12000, 16000, 20000) {
            ($last - 3999)..$last | Send-UdpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.MessageCount -eq $last }
        }
        $messages = Receive-UdpMessage $server -Count 20000 -TimeoutSec 20
        $messages | Should -HaveCount 20000
        $outOfPlace = for ($i = 0; $i -lt 20000; $i++) { if ($messages[$i].Text -cne "$($i + 1)" -or $messages[$i].Sequence -ne $i + 1) { $i } }
        $outOfPlace | Should -BeNullOrEmpty
        $server.Dropped | Should -Be 0
        if ($IsLinux) { $server.KernelDrops | Should -Be 0 }
    }

    It 'counts what the system dropped while a slow script kept the server from reading' -Skip:(-not $IsLinux) {
        $gate = [Threading.ManualResetEventSlim]::new()
        $server = Start-UdpServer -ReceiveBufferBytes 4096 -ScriptBlock { ($using:gate).Wait() }
        $sent = 500
        1..$sent | Send-UdpMessage 127.0.0.1 $server.Port
        $server.KernelDrops | Should -BeGreaterThan 0
        $lost = $server.KernelDrops
        $server.StatusMessage | Should -BeLike "*, $lost lost in the system's buffer"
        $gate.Set()
        Wait-Until { $server.MessageCount -eq $sent - $lost }
        $server.KernelDrops | Should -Be $lost

        'room again' | Send-UdpMessage 127.0.0.1 $server.Port
        Wait-Until { $server.MessageCount -eq $sent - $lost + 1 }
        Stop-Job $server
        $server.KernelDrops | Should -Be $lost
    }

    It 'cuts at -BufferBytes, and says so; an echo has what is left' {
        $server = Start-UdpServer -BufferBytes 4 -Echo
        'fits', 'too long' | Send-UdpMessage 127.0.0.1 $server.Port -Count 2 -TimeoutSec 20 | Should -Be 'fits', 'too '
        $messages = Receive-UdpMessage $server -Count 2 -TimeoutSec 20
        $messages.Truncated | Should -Be $false, $true
        if ($IsLinux) { $messages.LostBytes | Should -Be 0, 4 }
    }

    It 'asks the system for -ReceiveBufferBytes' -Skip:(-not (Get-Command ss -CommandType Application -ErrorAction Ignore)) {
        $server = Start-UdpServer -ReceiveBufferBytes 65536
        $server.ReceiveBufferBytes | Should -Be 65536
        # rb in skmem: the receive buffer, which Linux doubles for its own bookkeeping (socket(7)).
        "$(ss -Hulnm "sport = :$($server.Port)")" | Should -BeLike '*,rb131072,*'
    }
}
