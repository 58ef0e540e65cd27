BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Receive-TcpMessage -Connection' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -Echo
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.ConnectionCount -eq 1 }
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'waits for -Count messages and leaves the rest for the next call' {
        1..5 | Send-TcpMessage -Connection $connection
        $messages = Receive-TcpMessage $connection -Count 3 -TimeoutSec 20
        $messages.Text | Should -Be '1', '2', '3'
        $messages.Sequence | Should -Be 1, 2, 3
        (Receive-TcpMessage -Connection $connection -Count 2 -TimeoutSec 20).Text | Should -Be '4', '5'
    }

    It 'streams until the peer closes, each message as it comes' {
        'ping' | Send-TcpMessage -Connection $connection
        $seen = [Collections.Generic.List[string]]::new()
        $connection | Receive-TcpMessage | ForEach-Object {
            $seen.Add($_.Text)
            # The next one is sent only now: it could not come if the cmdlet collected messages.
            if ($seen.Count -lt 3) { "pong $($seen.Count)" | Send-TcpMessage -Connection $connection }
            else { Close-TcpConnection $connection -HalfClose }
        }
        $seen | Should -Be 'ping', 'pong 1', 'pong 2'
    }

    It 'is empty on a connection the peer has left' {
        Stop-Job $server
        Receive-TcpMessage $connection -TimeoutSec 20 | Should -BeNullOrEmpty
        $connection.State | Should -Be 'CloseWait'
        Receive-TcpMessage $connection -TimeoutSec 5 -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'receives from each connection of a pipeline' {
        $second = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'b' | Send-TcpMessage -Connection $second
        'a' | Send-TcpMessage -Connection $connection
        ($connection, $second | Receive-TcpMessage -Count 1 -TimeoutSec 20).Text | Should -Be 'a', 'b'
    }

    It 'returns what came in -TimeoutSec, without an error when no -Count was asked for' {
        1..3 | Send-TcpMessage -Connection $connection
        Wait-Until { ($connection | Get-SocketInfo).ReceiveQueue -eq 6 }
        (Receive-TcpMessage $connection -TimeoutSec 0.5 -ErrorAction Stop).Text | Should -Be '1', '2', '3'
        $connection.State | Should -Be 'Established'
    }

    It 'returns what came, and ReceiveTimeout, when -Count is not reached' {
        1..2 | Send-TcpMessage -Connection $connection
        Wait-Until { ($connection | Get-SocketInfo).ReceiveQueue -eq 4 }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $messages = Receive-TcpMessage $connection -Count 5 -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.45
        $messages.Text | Should -Be '1', '2'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        $faults[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        "$($faults[0].TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
        "$($faults[0])" | Should -BeLike "2 of 5 messages arrived from 127.0.0.1:$($server.Port) within 0.5 s. *-Framing*raise -TimeoutSec."
    }

    It 'goes on after a timeout, also in the middle of a message' {
        # A server without framing, which can send half a line.
        $half = Start-TcpServer
        $client = Open-TcpConnection 127.0.0.1 $half.Port -Framing Line
        Wait-Until { $half.ConnectionCount -eq 1 }
        'half of ' | Send-TcpMessage -Job $half
        Receive-TcpMessage $client -TimeoutSec 0.2 | Should -BeNullOrEmpty
        "it`n" | Send-TcpMessage -Job $half
        Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | Should -Be 'half of it'
    }

    It 'returns what came, and ConnectionClosed, when the peer leaves before -Count' {
        1..2 | Send-TcpMessage -Connection $connection
        Close-TcpConnection $connection -HalfClose
        $messages = Receive-TcpMessage $connection -Count 5 -TimeoutSec 5 -ErrorVariable faults -ErrorAction SilentlyContinue
        $messages.Text | Should -Be '1', '2'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        $faults[0].CategoryInfo.Category | Should -Be 'ConnectionError'
        "$($faults[0])" | Should -BeLike "The connection to 127.0.0.1:$($server.Port) ended after 2 of 5 messages. Ask for fewer*"
    }

    It 'refuses the connection of a server, which reads it itself' {
        $accepted = Get-TcpConnection $server
        $fault = { $accepted | Receive-TcpMessage -TimeoutSec 1 -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionBusy,*'
        $fault.CategoryInfo.Category | Should -Be 'ResourceBusy'
        "$($fault.TargetObject)" | Should -Be "$($connection.LocalEndPoint)"
        "$fault" | Should -BeLike "Connection $($accepted.Id) belongs to the server on $($server.LocalEndPoint)*Receive-TcpMessage -Job*"
        'still served' | Send-TcpMessage -Connection $connection
        Receive-TcpMessage $connection -Count 1 -TimeoutSec 20 | Should -Be 'still served'
        Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20 | Should -Be 'still served'
    }

    It 'refuses a second receiver; the first goes on' {
        $shell = [powershell]::Create().AddScript("Import-Module '$modulePath/PSNetLab.psd1'; Receive-TcpMessage `$args[0] -Count 2").AddArgument($connection)
        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        try {
            $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
            'one' | Send-TcpMessage -Connection $connection
            Wait-Until { $output.Count }
            $fault = { Receive-TcpMessage $connection -TimeoutSec 1 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionBusy,*'
            "$fault" | Should -BeLike "Connection $($connection.Id) already has a receiver, and can have only one at a time*"
            'two' | Send-TcpMessage -Connection $connection
            Wait-Until { $run.IsCompleted }
            $output.Text | Should -Be 'one', 'two'
        }
        finally { $shell.Dispose() }
    }

    It 'ends in time, however fast messages come, and loses none' {
        $peer = Start-PythonPeer @'
import socket, time
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
peer = listener.accept()[0]
end = time.monotonic() + 30
number = 0
try:
    while time.monotonic() < end:
        peer.sendall(b''.join(b'%d\n' % i for i in range(number, number + 1000)))
        number += 1000
except OSError:
    pass
'@
        try {
            $fast = Open-TcpConnection 127.0.0.1 $peer.Port -Framing Line
            $next = 0
            foreach ($limit in 0.5, 0, 0.5) {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                Receive-TcpMessage $fast -TimeoutSec $limit -ErrorAction Stop | ForEach-Object {
                    if ($_.Text -ne $next++) { throw "$($_.Text) came in place of $($next - 1)." }
                }
                $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
            }
            $next | Should -BeGreaterThan 1000
            (Receive-TcpMessage $fast -Count 2 -TimeoutSec 20).Text | Should -Be $next, ($next + 1)
        }
        finally { $peer.Stop() }
    }

    It 'keeps what Select-Object -First did not take' {
        1..10 | Send-TcpMessage -Connection $connection
        (Receive-TcpMessage $connection | Select-Object -First 4).Text | Should -Be '1', '2', '3', '4'
        (Receive-TcpMessage $connection -Count 6 -TimeoutSec 20).Text | Should -Be (5..10)
    }
}

Describe 'Receive-TcpMessage -Job' {
    BeforeEach { $server = Start-TcpServer -Framing Line -BufferLimit 200000 }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'takes those that wait, and waits for more' {
        1..3 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be '1', '2', '3'
        $server.Waiting | Should -Be 0
        $shell = [powershell]::Create().AddScript({
                Import-Module $args[0]
                4..6 | Send-TcpMessage 127.0.0.1 $args[1] -Framing Line -IntervalMs 50
            }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($server.Port)
        try {
            $run = $shell.BeginInvoke()
            (Receive-TcpMessage $server -Count 3 -TimeoutSec 20).Text | Should -Be '4', '5', '6'
            $null = $shell.EndInvoke($run)
        }
        finally { $shell.Dispose() }
    }

    It 'takes servers from the pipeline' {
        $other = Start-TcpServer -Framing Line
        'b' | Send-TcpMessage 127.0.0.1 $other.Port -Framing Line
        'a' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        ($server, $other | Receive-TcpMessage -Count 1 -TimeoutSec 20).Text | Should -Be 'a', 'b'
    }

    It 'streams until the server stops' {
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'first' | Send-TcpMessage -Connection $client
        $texts = $server | Receive-TcpMessage | ForEach-Object {
            $_.Text
            if ($_.Text -eq 'first') { 'last' | Send-TcpMessage -Connection $client }
            else { Stop-Job $server }
        }
        $texts | Should -Be 'first', 'last'
    }

    It 'returns what came in -TimeoutSec; ReceiveTimeout only with -Count' {
        1..2 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.Waiting -eq 2 }
        (Receive-TcpMessage -Job $server -TimeoutSec 0.3 -ErrorAction Stop).Text | Should -Be '1', '2'
        3 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.Waiting -eq 1 }
        $messages = Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 0.3 -ErrorVariable faults -ErrorAction SilentlyContinue
        $messages.Text | Should -Be '3'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        "$($faults[0].TargetObject)" | Should -Be "$($server.LocalEndPoint)"
        "$($faults[0])" | Should -BeLike "1 of 2 messages arrived at $($server.LocalEndPoint) within 0.3 s. *"
    }

    It 'returns what is left, and ConnectionClosed, when the server is stopped before -Count' {
        1..2 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.Waiting -eq 2 }
        Stop-Job $server
        $messages = Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 5 -ErrorVariable faults -ErrorAction SilentlyContinue
        $messages.Text | Should -Be '1', '2'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        "$($faults[0])" | Should -BeLike "The server on $($server.LocalEndPoint) was stopped after 2 of 3 messages. *"
        Receive-TcpMessage -Job $server -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'keeps what Select-Object -First did not take' {
        1..1000 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.Waiting -eq 1000 }
        (Receive-TcpMessage -Job $server | Select-Object -First 3).Text | Should -Be '1', '2', '3'
        (Receive-TcpMessage -Job $server -Count 500 | Select-Object -First 1).Text | Should -Be '4'
        $server.Waiting | Should -Be 996
        (Receive-TcpMessage -Job $server -Count 10 -TimeoutSec 20).Text | Should -Be (5..14)
        (Receive-TcpMessage -Job $server -Count 986 -TimeoutSec 20).Text | Should -Be (15..1000)
    }

    It 'and Receive-Job deliver each message once' {
        1..3000 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.Waiting -eq 3000 }
        (Receive-TcpMessage -Job $server -Count 1000 -TimeoutSec 20).Text | Should -Be (1..1000)
        (Receive-Job $server).Text | Should -Be (1001..3000)
        Receive-TcpMessage -Job $server -TimeoutSec 0.2 | Should -BeNullOrEmpty
        Receive-Job $server | Should -BeNullOrEmpty
    }

    It 'and Receive-Job at the same time deliver each message once' {
        $shell = [powershell]::Create().AddScript({
                Import-Module $args[0]
                1..50000 | Send-TcpMessage 127.0.0.1 $args[1] -Framing Line
            }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($server.Port)
        $taker = [powershell]::Create().AddScript({
                Import-Module $args[0]
                (Receive-TcpMessage -Job $args[1] -Count 20000).Text
            }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($server)
        try {
            $taken = $taker.BeginInvoke()
            $sent = $shell.BeginInvoke()
            $here = [Collections.Generic.List[int]]::new()
            Wait-Until {
                foreach ($message in Receive-Job $server) { $here.Add($message.Text) }
                $here.Count -ge 30000
            } -TimeoutSec 30
            $there = [int[]] $taker.EndInvoke($taken)
            $null = $shell.EndInvoke($sent)
            $there | Should -HaveCount 20000
            $here | Should -HaveCount 30000
            [Collections.Generic.HashSet[int]]::new([int[]] ($here + $there)) | Should -HaveCount 50000
            Compare-Object $there ($there | Sort-Object) -SyncWindow 0 | Should -BeNullOrEmpty
        }
        finally { $shell, $taker | ForEach-Object Dispose }
    }
}
