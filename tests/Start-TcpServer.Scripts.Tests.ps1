# What a script block of a TCP server has: its connection, a state that lasts as long, and the moments when it runs.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'The script blocks of a TCP server' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context '$Connection' {
        It 'is the connection of the client' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { $Connection.Id -eq $_.ConnectionId; $Connection.RemoteEndPoint }
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            Send-TcpMessage -Connection $client 'x'
            (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be 'True', "$($client.LocalEndPoint)"
        }

        It 'takes what the script sends over it, before what it puts out afterwards' {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                Send-TcpMessage -Connection $Connection 'one', 'two'
                'three'
            }
            (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 3).Text | Should -Be 'one', 'two', 'three'
            $server.Error | Should -BeNullOrEmpty
        }

        It 'has taken all output when its script closes it, every time' {
            $server = Start-TcpServer -Framing Line -ThrottleLimit 4 -ScriptBlock { 1..5; Close-TcpConnection $Connection }
            foreach ($round in 1..20) {
                (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Receive).Text | Should -Be '1', '2', '3', '4', '5'
            }
        }

        It 'can be closed by its script with <Name>' -ForEach @(
            @{ Name = 'Close-TcpConnection'; Script = { Send-TcpMessage -Connection $Connection 'bye'; Close-TcpConnection $Connection; 'lost' }; Reason = 'LocalClosed' }
            @{ Name = '-Reset'; Script = { Close-TcpConnection $Connection -Reset; 'lost' }; Reason = 'LocalReset' }
            @{ Name = '-HalfClose'; Script = { Send-TcpMessage -Connection $Connection 'bye'; Close-TcpConnection $Connection -HalfClose }; Reason = 'PeerClosed' }
        ) {
            $server = Start-TcpServer -Framing Line -ScriptBlock $Script
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            Send-TcpMessage -Connection $client 'x'
            $said = Receive-TcpMessage $client -TimeoutSec 10 -ErrorAction Continue 2>&1
            if ($Reason -eq 'LocalReset') { $said.FullyQualifiedErrorId | Should -BeLike 'ConnectionReset*' }
            else { "$said" | Should -Be 'bye' }
            Close-TcpConnection $client
            Wait-Until { $server.Information -match 'closed:' }
            "$($server.Information[-1])" | Should -BeLike "*closed: $Reason"
            $server.Error | Should -BeNullOrEmpty
        }

        It 'cannot be read by its script, which is told what to do' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { Receive-TcpMessage $Connection -Count 1 -TimeoutSec 20 -ErrorAction Stop }
            Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line
            Wait-Until { $server.Error.Count }
            "$($server.Error[0])" | Should -BeLike '*belongs to the server*Receive-TcpMessage -Job*'
        }
    }

    Context '$State' {
        It 'is a table of its connection, and lasts from message to message' {
            $server = Start-TcpServer -Framing Line -ThrottleLimit 4 -ScriptBlock { $State.sum += [int] $_.Text; $State.Sum }
            $clients = 1..4 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            foreach ($number in 1, 2, 3) {
                foreach ($client in $clients) { Send-TcpMessage -Connection $client ($number * $client.Id) }
            }
            foreach ($client in $clients) {
                (Receive-TcpMessage $client -Count 3 -TimeoutSec 20).Text | Should -Be (1, 3, 6 | ForEach-Object { "$($_ * $client.Id)" })
            }
        }

        It 'goes with its connection' {
            $seen = [Collections.Concurrent.ConcurrentQueue[WeakReference]]::new()
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                $State.Big = [byte[]]::new(100000)
                ($using:seen).Enqueue([WeakReference]::new($State))
                'ok'
            }
            foreach ($i in 1..3) { (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 1).Text | Should -Be 'ok' }
            Wait-Until { $server.ConnectionCount -eq 0 }
            # The runspace keeps the last one.
            Wait-Until { [GC]::Collect(); @($seen | Where-Object IsAlive).Count -le 1 }
        }
    }

    Context '-OnOpen and -OnClose' {
        It 'run before the first message and after the last, with the same state' {
            $ended = [Collections.Concurrent.ConcurrentQueue[string]]::new()
            $server = Start-TcpServer -Framing Line -OnOpen {
                $State.Count = 10
                "welcome $($_.Id -eq $Connection.Id)"
            } -ScriptBlock {
                (++$State.Count)
            } -OnClose {
                ($using:ended).Enqueue("$($State.Count) $($Connection.CloseReason)")
                'nobody gets this'
            }
            (1, 2 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 3).Text | Should -Be 'welcome True', '11', '12'
            Wait-Until { $ended.Count }
            $ended.ToArray() | Should -Be '12 PeerClosed'
            $server.Error | Should -BeNullOrEmpty
        }

        It 'go with every kind of answer' -ForEach @(
            @{ Answer = @{} }
            @{ Answer = @{ Echo = $true } }
            @{ Answer = @{ Reply = 'x' } }
            @{ Answer = @{ Dialogue = 'hi', 'x', 'x' } }
        ) {
            $ended = [Threading.ManualResetEventSlim]::new()
            $server = Start-TcpServer -Framing Line -OnOpen { 'open' } -OnClose { ($using:ended).Set() } @Answer
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'open'
            Close-TcpConnection $client
            $ended.Wait(30000) | Should -BeTrue
        }

        It 'tell of their errors, and the connection goes on' {
            $server = Start-TcpServer -Framing Line -Echo -OnOpen { throw 'no opening' } -OnClose { throw 'no end' }
            (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 1).Text | Should -Be 'x'
            Wait-Until { $server.Error.Count -eq 2 }
            "$($server.Error[0])" | Should -BeLike '*failed on the opening of the connection from *: no opening (line 1 *'
            "$($server.Error[1])" | Should -BeLike '*failed on the end of the connection from *: no end (line 1 *'
        }

        It 'run when the server is stopped, too' {
            $ended = [Collections.Concurrent.ConcurrentQueue[string]]::new()
            $server = Start-TcpServer -Framing Line -Greeting 'hi' -OnClose { ($using:ended).Enqueue($Connection.CloseReason) }
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            $null = Receive-TcpMessage $client -Count 1 -TimeoutSec 20
            Stop-Job $server
            $ended.ToArray() | Should -Be 'ServerStopped'
        }
    }

    Context '-Greeting' {
        It 'may be a script' {
            $name = 'PSNetLab'
            $server = Start-TcpServer -Framing Line -Greeting { "welcome to $using:name"; $State.Told = 'told' } -ScriptBlock { $State.Told }
            (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 2).Text | Should -Be 'welcome to PSNetLab', 'told'
        }

        It 'may close the connection' {
            $server = Start-TcpServer -Greeting { Send-TcpMessage -Connection $Connection 'bye'; Close-TcpConnection $Connection }
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            -join (Receive-TcpMessage $client -TimeoutSec 10).Text | Should -Be 'bye'
        }
    }

    It 'have functions of the session by $using:' {
        function Get-Double([int] $Number) { 2 * $Number }
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            ${function:Get-Double} = ${using:function:Get-Double}
            Get-Double $_.Text
        }
        (Send-TcpMessage 127.0.0.1 $server.Port 21 -Framing Line -Count 1).Text | Should -Be '42'
    }
}
