# How a server answers: -Echo, -Reply and -ScriptBlock.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # What a server answers to the messages, as text.
    function Get-Answer($Server, [object[]] $Message, [int] $Count, [string] $Framing = 'Line') {
        $Message | Send-TcpMessage 127.0.0.1 $Server.Port -Framing $Framing -Count $Count -TimeoutSec 20 -ErrorAction Stop |
            ForEach-Object Text
    }
}

Describe 'Answers of a server' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context '-Echo' {
        It 'sends every message back, in order' {
            $server = Start-TcpServer -Echo -Framing Line
            $answers = Get-Answer $server (1..5000) -Count 5000
            Compare-Object $answers (1..5000) -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'sends any byte back unchanged' {
            $server = Start-TcpServer -Echo -Framing Length16
            $bytes = [byte[]] (0..255)
            $back = , $bytes | Send-TcpMessage 127.0.0.1 $server.Port -Framing Length16 -Count 1
            Compare-Object $back.Data $bytes -SyncWindow 0 | Should -BeNullOrEmpty
        }

        It 'speaks to many clients, each by itself' {
            $server = Start-TcpServer -Echo -Framing Line
            $clients = 1..20 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            $clients | ForEach-Object { "I am $($_.Id)" | Send-TcpMessage -Connection $_ }
            foreach ($client in $clients) {
                Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | Should -Be "I am $($client.Id)"
            }
            $server.ConnectionCount | Should -Be 20
        }

        It 'takes the next client when one has left, again and again' {
            $server = Start-TcpServer -Echo -Framing Line -MaxConnections 20
            foreach ($number in 1..50) { Get-Answer $server $number -Count 1 | Should -Be "$number" }
            $server.MessageCount | Should -Be 50
            $server.Refused | Should -Be 0
        }
    }

    Context '-Reply' {
        It 'answers every message with a text' {
            $server = Start-TcpServer -Reply '来,确认下眼神' -Framing Line
            Get-Answer $server 'hello', 'again' -Count 2 | Should -Be '来,确认下眼神', '来,确认下眼神'
        }

        It 'answers in the encoding of the server' {
            $server = Start-TcpServer -Reply '来,确认下眼神' -Framing Line -Encoding GB18030
            $answer = 'hello' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Encoding GB18030 -Count 1
            $answer | Should -Be '来,确认下眼神'
            $answer.Length | Should -Be 13
        }

        It 'answers with bytes' {
            $server = Start-TcpServer -Reply ([byte[]] (0, 10, 13, 255)) -Framing Length8
            $answer = 'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Length8 -Count 1
            $answer.Data | Should -Be 0, 10, 13, 255
        }

        It 'answers with each element of a list; a list of bytes is one answer' {
            $server = Start-TcpServer -Reply 'a', 2, 'c' -Framing Line
            Get-Answer $server 'x' -Count 3 | Should -Be 'a', '2', 'c'
            $bytes = Start-TcpServer -Reply @([byte] 65, [byte] 66) -Framing Line
            Get-Answer $bytes 'x', 'y' -Count 2 | Should -Be 'AB', 'AB'
        }

        It 'answers with an empty message' {
            $server = Start-TcpServer -Reply '' -Framing Line
            $answer = 'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1
            $answer.Length | Should -Be 0
        }
    }

    Context '-ScriptBlock' {
        It 'has the message as $_' {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                $_.GetType().FullName, $_.Text.ToUpper(), $_.Sequence, $_.RemoteEndPoint.Address
            }
            Get-Answer $server 'hello' -Count 4 | Should -Be 'PSNetLab.TcpMessage', 'HELLO', '1', '127.0.0.1'
        }

        It 'sees $using: variables and expressions' {
            $greeting = 'Hello'
            $table = @{ Key = 'from a table'; List = 'a', 'b' }
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                "$using:greeting, $($_.Text)"
                $using:table.Key
                $using:table['Key']
                $using:table.List[1]
                ($using:Greeting).Length
            }
            Get-Answer $server 'world' -Count 5 | Should -Be 'Hello, world', 'from a table', 'from a table', 'b', '5'
        }

        It 'hands $using: objects over alive' {
            $seen = [Collections.Concurrent.ConcurrentQueue[string]]::new()
            $server = Start-TcpServer -Framing Line -ScriptBlock { ($using:seen).Enqueue($_.Text); 'noted' }
            Get-Answer $server 'a', 'b' -Count 2 | Should -Be 'noted', 'noted'
            $seen.ToArray() | Should -Be 'a', 'b'
        }

        It 'keeps the value that $using: had when the server was started' {
            $value = 'then'
            $server = Start-TcpServer -Framing Line -ScriptBlock { $using:value }
            $value = 'now'
            Get-Answer $server 'x' -Count 1 | Should -Be 'then'
        }

        It 'sends each output as a message, and nothing without output' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { 1..[int] $_.Text | Where-Object { $_ -gt 2 } }
            Get-Answer $server 1, 4, 3 -Count 3 | Should -Be '3', '4', '3'
        }

        It 'sends a byte array as one message, neighbouring ones apart from text' {
            $server = Start-TcpServer -Framing Length16 -ScriptBlock {
                , [byte[]] (1, 2, 3)
                'text'
                [byte[]] (4, 5)
            }
            $answers = 'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Length16 -Count 3
            $answers[0].Data | Should -Be 1, 2, 3
            $answers[1].Text | Should -Be 'text'
            $answers[2].Data | Should -Be 4, 5
        }

        It 'makes an error in it an error of the job; the connection goes on' {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                if ($_.Text -eq 'bad') { throw 'I do not like this one' }
                "good $($_.Text)"
            }
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1, 'bad', 2 | Send-TcpMessage -Connection $client
            Receive-TcpMessage $client -Count 2 -TimeoutSec 20 | Should -Be 'good 1', 'good 2'

            $server.State | Should -Be 'Running'
            Wait-Until { $server.Error.Count }
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'ReplyScriptFailed*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'InvalidResult'
            "$($server.Error[0].TargetObject)" | Should -Be "$($client.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike "*message 2 of $($client.LocalEndPoint): I do not like this one (line 2 of the script block: *). Nothing more was sent back*"
        }

        It 'makes an output that the framing cannot carry an error of the job; the connection goes on' {
            $server = Start-TcpServer -Framing Fixed:3 -ScriptBlock { $_.Text -eq 'bad' ? 'much too long' : 'fit' }
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Fixed:3
            'one', 'bad', 'two' | Send-TcpMessage -Connection $client
            (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be 'fit', 'fit'
            Wait-Until { $server.Error.Count }
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'ReplyScriptFailed*'
            "$($server.Error[0])" | Should -BeLike '*message 2 of*13 bytes*Fixed:3*'
        }

        It 'writes its other streams to the job' {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                Write-Warning 'look out'
                Write-Error 'no end of it'
                'done'
            }
            Get-Answer $server 'x' -Count 1 | Should -Be 'done'
            Wait-Until { $server.Warning.Count -and $server.Error.Count }
            "$($server.Warning[0])" | Should -Be 'look out'
            "$($server.Error[0])" | Should -Be 'no end of it'
        }

        It 'keeps the order within each of many connections, side by side' {
            $server = Start-TcpServer -Framing Line -ThrottleLimit 4 -ScriptBlock { $_.Text }
            $clients = 1..4 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            foreach ($client in $clients) { 1..50 | Send-TcpMessage -Connection $client }
            foreach ($client in $clients) {
                $answers = Receive-TcpMessage $client -Count 50 -TimeoutSec 20
                Compare-Object $answers.Text (1..50) -SyncWindow 0 | Should -BeNullOrEmpty
            }
        }

        It 'serves -ThrottleLimit connections side by side' {
            # Nobody is answered before three are being served at once.
            $together = [Threading.CountdownEvent]::new(3)
            $server = Start-TcpServer -Framing Line -ThrottleLimit 3 -ScriptBlock {
                $null = ($using:together).Signal()
                ($using:together).Wait(60000)
            }
            $clients = 1..3 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            $clients | ForEach-Object { 'ready' | Send-TcpMessage -Connection $_ }
            $clients | ForEach-Object { Receive-TcpMessage $_ -Count 1 -TimeoutSec 20 } | Should -Be 'True', 'True', 'True'
        }

        It 'serves one connection at a time by default' {
            $only = [Threading.SemaphoreSlim]::new(1)
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                $alone = ($using:only).Wait(0)
                [Threading.Thread]::Sleep(1)
                if ($alone) { $null = ($using:only).Release() }
                $alone
            }
            $clients = 1..4 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            foreach ($client in $clients) { 1..25 | Send-TcpMessage -Connection $client }
            $answers = foreach ($client in $clients) { Receive-TcpMessage $client -Count 25 -TimeoutSec 20 }
            $answers | Should -HaveCount 100
            $answers.Text | Sort-Object -Unique | Should -Be 'True'
        }

        It 'sees the messages in the job as well' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { 'ok' }
            Get-Answer $server 'a', 'b' -Count 2 | Should -Be 'ok', 'ok'
            Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20 | Should -Be 'a', 'b'
        }
    }
}
