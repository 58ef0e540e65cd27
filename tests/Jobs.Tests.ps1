# Servers as PowerShell jobs: each job verb, the end, and what is still to be received then.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'A server as a job' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'Get-Job' {
        It 'finds it by <Property>' -ForEach @{ Property = 'Id' }, @{ Property = 'Name' }, @{ Property = 'InstanceId' } {
            $null = Start-TcpServer
            $server = Start-TcpServer -Name 'the one'
            $by = @{ $Property = $server.$Property }
            Get-Job @by | Should -Be $server
        }

        It 'shows endpoint, kind, state and counts' {
            $server = Start-TcpServer -Framing Line -Reply ok
            'hi' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'ok'
            Wait-Until { $server.ConnectionCount -eq 0 }
            $job = Get-Job $server.Id
            $job.Location | Should -Be "127.0.0.1:$($server.Port)"
            $job.PSJobTypeName | Should -Be 'TcpServer'
            $job.State | Should -Be 'Running'
            $job.StatusMessage | Should -Be '0 open, 1 messages, 3 bytes in, 3 out'
            $job.PSBeginTime | Should -BeGreaterThan ([datetime]::Now.AddMinutes(-1))
        }

        It 'finds it by state' {
            $running, $stopped = 1..2 | ForEach-Object { Start-TcpServer }
            Stop-Job $stopped
            Get-Job -State Running | Should -Be $running
            Get-Job -State Stopped | Should -Be $stopped
        }
    }

    Context 'HasMoreData' {
        It 'tells whether Receive-Job would return something' {
            $server = Start-TcpServer -Framing Line
            $server.HasMoreData | Should -BeFalse
            1..3 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Waiting -eq 3 -and $server.Information.Count -eq 2 }
            $server.HasMoreData | Should -BeTrue
            Get-Job -HasMoreData $true | Should -Be $server
            $null = Receive-Job $server
            $server.HasMoreData | Should -BeFalse
            Stop-Job $server
            $server.HasMoreData | Should -BeFalse
        }
    }

    Context 'Receive-Job' {
        It 'takes from where Receive-TcpMessage takes' {
            $server = Start-TcpServer -Framing Line
            Send-TcpMessage localhost $server.Port 'one', 'two' -Framing Line
            Wait-Until { $server.Waiting -eq 2 }
            $because = 'Output is a window on the mailbox, made by the constructor of PSDataCollection for deserialization: ' +
            'if PowerShell no longer takes the list from it, JobOutput needs another way'
            $server.Output.Count | Should -Be 2 -Because $because
            $null = Receive-TcpMessage $server -Count 1 -TimeoutSec 20
            $server.Output.Count | Should -Be 1 -Because $because
            $server.Output[0].Text | Should -Be 'two' -Because $because
        }
        It 'returns what is there, once' {
            $server = Start-TcpServer -Framing Line
            1..10 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Waiting -eq 10 }
            (Receive-Job $server).Text | Should -Be (1..10)
            Receive-Job $server | Should -BeNullOrEmpty
            $server.State | Should -Be 'Running'
        }

        It 'leaves everything with -Keep' {
            $server = Start-TcpServer -Framing Line
            1..10 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Waiting -eq 10 }
            foreach ($time in 1..2) { (Receive-Job $server -Keep).Text | Should -Be (1..10) }
            $server.Waiting | Should -Be 10
            (Receive-TcpMessage -Job $server -Count 10 -TimeoutSec 20).Text | Should -Be (1..10)
        }

        It 'passes on errors, warnings and information' {
            $server = Start-TcpServer -Framing Line -BufferLimit 1 -WhenFull Drop
            "1`n2`ncut" | Send-TcpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.Error.Count -and $server.Warning.Count -and $server.Information.Count -eq 2 }
            $null = Receive-Job $server -ErrorVariable faults -ErrorAction SilentlyContinue -InformationVariable news `
                -WarningVariable warnings -WarningAction SilentlyContinue
            $faults.FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame*'
            $warnings | Should -HaveCount 1
            $news.Tags | Should -Be 'Opened', 'Closed'
            $server.HasMoreData | Should -BeFalse
        }

        It 'streams with -Wait until the job is stopped; Stop-Job inside its own pipeline ends it' {
            $server = Start-TcpServer -Framing Line
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1..3 | Send-TcpMessage -Connection $client
            $texts = $server | Receive-Job -Wait | ForEach-Object {
                $_.Text
                if ($_.Text -eq 3) { 'more' | Send-TcpMessage -Connection $client }
                if ($_.Text -eq 'more') { Stop-Job $server }
            }
            $texts | Should -Be '1', '2', '3', 'more'
            Wait-Until { $server.State -eq 'Stopped' }
        }

        It 'returns from Stop-Job inside the pipeline, with messages still coming' {
            $server = Start-TcpServer -Framing Line
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1..1000 | Send-TcpMessage -Connection $client
            $texts = $server | Receive-Job -Wait | ForEach-Object {
                $_.Text
                if ($_.Text -eq 10) { Stop-Job $server }
            }
            $texts[0..9] | Should -Be (1..10)
            $texts | Should -Be (1..$texts.Count)
            Wait-Until { $server.State -eq 'Stopped' }
        }

        It 'removes the job with -Wait -AutoRemoveJob' {
            $server = Start-TcpServer -Framing Line
            'only' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Waiting -eq 1 }
            $stopper = [powershell]::Create().AddScript({
                    while ($args[0].Waiting) { [Threading.Thread]::Sleep(1) }
                    Stop-Job $args[0]
                }).AddArgument($server)
            try {
                $run = $stopper.BeginInvoke()
                (Receive-Job $server -Wait -AutoRemoveJob -ErrorAction Stop).Text | Should -Be 'only'
                $null = $stopper.EndInvoke($run)
            }
            finally { $stopper.Dispose() }
            Get-Job | Should -BeNullOrEmpty
        }

        It 'returns what was left when the job had been stopped' {
            $server = Start-TcpServer -Framing Line
            1..100 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Waiting -eq 100 }
            Stop-Job $server
            (Receive-Job $server -Wait).Text | Should -Be (1..100)
        }

        It 'reads 100,000 buffered messages in less than 5 s' {
            $server = Start-TcpServer -Framing Line -BufferLimit 100000
            # A machine that stands still meanwhile is given another chance.
            foreach ($try in 1..3) {
                1..100000 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
                Wait-Until { $server.Waiting -eq 100000 }
                $clock = [Diagnostics.Stopwatch]::StartNew()
                $messages = Receive-Job $server
                $seconds = $clock.Elapsed.TotalSeconds
                Write-Host ('Receive-Job of 100,000 took {0:n0} ms' -f (1000 * $seconds))
                $messages | Should -HaveCount 100000
                $messages[99999].Text | Should -Be '100000'
                if ($seconds -lt 5) { break }
            }
            $seconds | Should -BeLessThan 5
        }
    }

    Context 'Stop-Job' {
        It 'frees the port before it returns: it can be taken again at once' {
            $server = Start-TcpServer -Framing Line -Echo
            $port = $server.Port
            $clients = 1..3 | ForEach-Object { Open-TcpConnection 127.0.0.1 $port -Framing Line }
            Wait-Until { $server.ConnectionCount -eq 3 }
            Stop-Job $server
            $again = Start-TcpServer $port -Framing Line -Echo -ErrorAction Stop
            'new' | Send-TcpMessage 127.0.0.1 $port -Framing Line -Count 1 | Should -Be 'new'
            $again.ConnectionCount | Should -BeLessOrEqual 1
        }

        It 'half-closes connections, then closes those that stay' {
            $server = Start-TcpServer -Framing Line
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.ConnectionCount -eq 1 }
            $accepted = $server.Connections[0]
            Stop-Job $server
            Receive-TcpMessage $client -TimeoutSec 20 | Should -BeNullOrEmpty
            $client.State | Should -Be 'CloseWait'
            Wait-Job $server -Timeout 20 | Should -Be $server
            $accepted.State | Should -Be 'Closed'
            $accepted.CloseReason | Should -Be 'ServerStopped'
            $server.Error | Should -BeNullOrEmpty
        }

        It 'keeps what a client still says when it hears that the server stops' {
            $server = Start-TcpServer -Framing Line
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
print('here')
s.recv(1)
s.sendall(b'goodbye\n')
s.close()
'@
            try {
                $peer.ReadLine() | Should -Be 'here'
                Wait-Until { $server.ConnectionCount -eq 1 }
                Stop-Job $server
                Wait-Job $server -Timeout 20 | Should -Be $server
                (Receive-Job $server).Text | Should -Be 'goodbye'
            }
            finally { $peer.Stop() }
        }

        It 'breaks off a reply script that does not end' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { Start-Sleep 60 }
            # One is being answered, the others wait their turn.
            $clients = 1..3 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            $clients | ForEach-Object { 'x' | Send-TcpMessage -Connection $_ }
            Wait-Until { $server.MessageCount -eq 3 }
            Stop-Job $server
            Wait-Job $server -Timeout 20 | Should -Be $server
            $server.State | Should -Be 'Stopped'
            $server.Error | Should -BeNullOrEmpty
        }

        It 'may be called again, even after the end' {
            $server = Start-TcpServer
            Stop-Job $server
            Stop-Job $server -ErrorAction Stop
            Wait-Until { $server.State -eq 'Stopped' }
            Stop-Job $server -ErrorAction Stop
        }

        It 'reaches one final state, once' {
            $states = [Collections.Concurrent.ConcurrentQueue[string]]::new()
            $server = Start-TcpServer -Framing Line
            $watch = Register-ObjectEvent $server StateChanged -MessageData $states -Action {
                $Event.MessageData.Enqueue($EventArgs.JobStateInfo.State)
            }
            try {
                $client = Open-TcpConnection 127.0.0.1 $server.Port
                'unfinished' | Send-TcpMessage -Connection $client
                Stop-Job $server
                Close-TcpConnection $client
                $null = Wait-Job $server -Timeout 20
                # The events come through this runspace; one more, of another server, has to come after those of the first.
                Wait-Until { $states.Count }
                $other = Start-TcpServer
                $null = Register-ObjectEvent $other StateChanged -SourceIdentifier 'other ended'
                Stop-Job $other
                Wait-Event 'other ended' -Timeout 20 | Should -Not -BeNullOrEmpty
                $states.ToArray() | Should -Be 'Stopped'
            }
            finally {
                Get-Event | Remove-Event
                'other ended', $watch.Name | ForEach-Object { Unregister-Event -SourceIdentifier $_ -ErrorAction Ignore }
                Remove-Job $watch -Force
            }
        }
    }

    Context 'handlers and floods' {
        It 'keeps running when a .NET handler of each stream throws, and reports it once' {
            # In a process of its own: the exception would end it.
            $told = Invoke-PowerShell -NonInteractive -Command "
                `$WarningPreference = 'Ignore'
                Import-Module '$modulePath/PSNetLab.psd1'
                function New-ThrowingHandler([type] `$Handler, [type] `$Arguments) {
                    `$parameters = [Linq.Expressions.ParameterExpression[]] ([Linq.Expressions.Expression]::Parameter([object]), [Linq.Expressions.Expression]::Parameter(`$Arguments))
                    `$throw = [Linq.Expressions.Expression]::Throw([Linq.Expressions.Expression]::Constant([TimeoutException]::new('thrown on purpose')))
                    [Linq.Expressions.Expression]::Lambda(`$Handler, `$throw, `$parameters).Compile()
                }
                `$added = New-ThrowingHandler ([EventHandler[Management.Automation.DataAddedEventArgs]]) ([Management.Automation.DataAddedEventArgs])
                `$server = Start-TcpServer -Framing Line -ScriptBlock { Write-Warning w; Write-Error e; 'answer' }
                foreach (`$stream in 'Output', 'Error', 'Warning', 'Information') { `$server.`$stream.add_DataAdded(`$added) }
                `$server.add_StateChanged((New-ThrowingHandler ([EventHandler[Management.Automation.JobStateEventArgs]]) ([Management.Automation.JobStateEventArgs])))
                1..3 | Send-TcpMessage 127.0.0.1 `$server.Port -Framing Line -Count 3 | Group-Object Text | ForEach-Object { `"`$(`$_.Count) `$(`$_.Name)`" }
                (Receive-TcpMessage -Job `$server -Count 3 -TimeoutSec 20).Text -join ' '
                Stop-Job `$server
                `$server.State
                @(`$server.Error.FullyQualifiedErrorId -like 'HandlerFailed*').Count
                `$server.Error.Exception.Message -like '*thrown on purpose*'"
            $LASTEXITCODE | Should -Be 0 -Because "of $told"
            $told[0..3] | Should -Be '3 answer', '1 2 3', 'Stopped', '1'
            $told[4] | Should -BeLike '*threw an error: thrown on purpose*not reported*'
        }

        It 'keeps the memory of a flood of errors small, and says how many it left out' {
            # Every answer is larger than a datagram can be. Who reads the errors holds them up, until all have come.
            $server = Start-UdpServer -Reply (, [byte[]]::new(65508)) -NoRecord
            $gate = [Threading.ManualResetEventSlim]::new()
            $wait = [Linq.Expressions.Expression]::Call([Linq.Expressions.Expression]::Constant($gate), 'Wait', $null)
            $parameters = [Linq.Expressions.ParameterExpression[]] ([object], [Management.Automation.DataAddedEventArgs] | ForEach-Object { [Linq.Expressions.Expression]::Parameter($_) })
            $server.Error.add_DataAdded([Linq.Expressions.Expression]::Lambda([EventHandler[Management.Automation.DataAddedEventArgs]], $wait, $parameters).Compile())
            try {
                # Of a server that is held up meanwhile, the system drops some.
                Wait-Until {
                    1..500 | Send-UdpMessage 127.0.0.1 $server.Port
                    $server.MessageCount -ge 5000
                }
            }
            finally { $gate.Set() }
            Wait-Until { $server.Warning.Count }
            $server.Error.Count | Should -BeLessOrEqual 1001
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong*'
            $server.Warning[0].Message | Should -Match '(\d+) records .* left out'
            [regex]::Match($server.Warning[0].Message, '(\d+) records').Groups[1].Value | Should -BeGreaterThan 1000
        }
    }

    Context 'Wait-Job and Remove-Job' {
        It 'waits for a running server only as long as -Timeout says' {
            $server = Start-TcpServer
            Wait-Job $server -Timeout 1 | Should -BeNullOrEmpty
            $server.State | Should -Be 'Running'
        }

        It 'wakes Wait-Job when the server stops' {
            $server = Start-TcpServer
            $shell = [powershell]::Create().AddCommand('Wait-Job').AddArgument($server)
            try {
                $run = $shell.BeginInvoke()
                Stop-Job $server
                Wait-Until { $run.IsCompleted }
                $shell.EndInvoke($run).Count | Should -Be 1
            }
            finally { $shell.Dispose() }
        }

        It 'stops and removes with -Force, and refuses without' {
            $server = Start-TcpServer
            $port = $server.Port
            { Remove-Job $server -ErrorAction Stop } | Should -Throw
            Remove-Job $server -Force
            Get-Job | Should -BeNullOrEmpty
            (Start-TcpServer $port -ErrorAction Stop).Port | Should -Be $port
        }

        It 'removes right after Stop-Job' {
            foreach ($number in 1..20) {
                $server = Start-TcpServer
                Stop-Job $server
                Remove-Job $server -ErrorAction Stop
            }
            Get-Job | Should -BeNullOrEmpty
        }

        It 'starts and stops 50 servers at once' {
            $before = Get-OpenSocketCount
            $servers = 1..50 | ForEach-Object { Start-TcpServer -Framing Line -Echo }
            $servers.Port | Sort-Object -Unique | Should -HaveCount 50
            foreach ($server in $servers) {
                "to $($server.Port)" | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be "to $($server.Port)"
            }
            $servers | Stop-Job
            $null = $servers | Wait-Job -Timeout 30
            $servers.State | Sort-Object -Unique | Should -Be 'Stopped'
            $servers | Remove-Job
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }
    }
}
