# Send-TcpMessage -Connection and -Job; the one-shot form is in Send-TcpMessage.Tests.ps1.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Send-TcpMessage -Connection' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -BufferLimit 200000
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'sends by pipeline, position and name, and leaves the connection open' {
        'a', 'b' | Send-TcpMessage -Connection $connection
        Send-TcpMessage 'c' -Connection $connection
        Send-TcpMessage -Message 'd', 'e' -Connection $connection
        $messages = Receive-TcpMessage -Job $server -Count 5 -TimeoutSec 20
        $messages.Text | Should -Be 'a', 'b', 'c', 'd', 'e'
        $messages.Sequence | Should -Be (1..5)
        $messages.ConnectionId | Sort-Object -Unique | Should -HaveCount 1
        $connection.State | Should -Be 'Established'
    }

    It 'continues the numbering of what -PassThru emits' {
        ('a', 'b' | Send-TcpMessage -Connection $connection -PassThru).Sequence | Should -Be 1, 2
        ('c' | Send-TcpMessage -Connection $connection -PassThru).Sequence | Should -Be 3
    }

    It 'sends 100,000 lines in order' {
        1..100000 | Send-TcpMessage -Connection $connection
        $texts = (Receive-TcpMessage -Job $server -Count 100000 -TimeoutSec 30).Text
        $outOfPlace = for ($i = 0; $i -lt 100000; $i++) { if ($texts[$i] -cne "$($i + 1)") { $i } }
        $outOfPlace | Should -BeNullOrEmpty
    }

    It 'sends whole messages, each sender''s in order, when several send at once' {
        $shells = foreach ($name in 'a', 'b', 'c') {
            [powershell]::Create().AddScript({
                    Import-Module $args[0]
                    (1..5000) -replace '^', $args[2] | Send-TcpMessage -Connection $args[1]
                }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($connection).AddArgument($name)
        }
        try {
            $runs = $shells | ForEach-Object { $_.BeginInvoke() }
            $texts = (Receive-TcpMessage -Job $server -Count 15000 -TimeoutSec 30).Text
            Wait-Until { $runs.IsCompleted -notcontains $false }
            $shells.ForEach{ $_.Streams.Error } | Should -BeNullOrEmpty
        }
        finally { $shells | ForEach-Object Dispose }
        foreach ($name in 'a', 'b', 'c') {
            $texts.Where{ $_[0] -eq $name } -join ' ' | Should -Be ((1..5000).ForEach{ "$name$_" } -join ' ')
        }
    }

    It 'says ConnectionClosed on a connection closed here' {
        Close-TcpConnection $connection
        $fault = { 'x' | Send-TcpMessage -Connection $connection -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        "$fault" | Should -BeLike "The connection to 127.0.0.1:$($server.Port) is closed*Open a new one*"
    }
}

Describe 'Send-TcpMessage -Job' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line
        $clients = 1..3 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        Wait-Until { $server.ConnectionCount -eq 3 }
    }

    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'speaks to all clients' {
        'hear', 'me' | Send-TcpMessage -Job $server
        foreach ($client in $clients) { (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be 'hear', 'me' }
    }

    It 'speaks to those with -ConnectionId only' {
        $first, $second = Get-TcpConnection $server | Select-Object -First 2
        'one' | Send-TcpMessage -Job $server -ConnectionId $second.Id
        'two' | Send-TcpMessage -Job $server -ConnectionId $first.Id, $second.Id
        'all' | Send-TcpMessage -Job $server
        $heard = @{}
        foreach ($client in $clients) {
            $heard["$($client.LocalEndPoint)"] = while ('all' -ne ($text = (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text)) { $text }
        }
        $heard["$($first.RemoteEndPoint)"] | Should -Be 'two'
        $heard["$($second.RemoteEndPoint)"] | Should -Be 'one', 'two'
        $heard.Values | Where-Object { -not $_ } | Should -BeNullOrEmpty
        @($heard.Values | ForEach-Object { $_ }) | Should -HaveCount 3
    }

    It 'answers the client of a message' {
        'who am I?' | Send-TcpMessage -Connection $clients[1]
        $question = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        "$($question.RemoteEndPoint)" | Send-TcpMessage -Job $server -ConnectionId $question.ConnectionId
        (Receive-TcpMessage $clients[1] -Count 1 -TimeoutSec 20).Text | Should -Be "$($clients[1].LocalEndPoint)"
    }

    It 'emits one message for each client with -PassThru' {
        $sent = 'x' | Send-TcpMessage -Job $server -PassThru
        $sent | Should -HaveCount 3
        "$($sent.RemoteEndPoint | Sort-Object Port)" | Should -Be "$($clients.LocalEndPoint | Sort-Object Port)"
    }

    It 'says ConnectionNotFound when nobody is there' {
        'x' | Send-TcpMessage -Job $server -ConnectionId 999999 -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionNotFound,*'
        $faults[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        "$($faults[0].TargetObject)" | Should -Be "$($server.LocalEndPoint)"
        "$($faults[0])" | Should -BeLike '*no open connection 999999 to send to. Get-TcpConnection -Job lists*'

        $lonely = Start-TcpServer
        1..3 | Send-TcpMessage -Job $lonely -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults | Should -HaveCount 1
        "$($faults[0])" | Should -BeLike "$($lonely.LocalEndPoint) has no open connection to send to.*"
    }

    It 'goes on when a client comes after a time without any, and says so once for each such time' {
        $lonely = Start-TcpServer -Framing Line
        $late = @{}
        & {
            'lost'
            'lost, too'
            $late.Client = Open-TcpConnection 127.0.0.1 $lonely.Port -Framing Line
            Wait-Until { $lonely.ConnectionCount }
            'heard'
            (Receive-TcpMessage $late.Client -Count 1 -TimeoutSec 20).Text | Should -Be 'heard'
            Close-TcpConnection $late.Client
            Wait-Until { -not $lonely.ConnectionCount }
            'lost again'
            'and again'
        } | Send-TcpMessage -Job $lonely -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults | Should -HaveCount 2
        $faults.FullyQualifiedErrorId | Sort-Object -Unique | Should -BeLike 'ConnectionNotFound,*'
    }

    It 'keeps nothing for clients that have left' {
        $changing = Start-TcpServer
        $message = [byte[]]::new(1MB)
        $before = [GC]::GetTotalMemory($true)
        & {
            foreach ($number in 1..40) {
                $client = Open-TcpConnection 127.0.0.1 $changing.Port
                Wait-Until { $changing.ConnectionCount }
                , $message
                Close-TcpConnection $client -Reset
                Wait-Until { -not $changing.ConnectionCount }
            }
            Wait-Until { [GC]::GetTotalMemory($true) - $before -lt 15MB }
        } | Send-TcpMessage -Job $changing -ErrorAction SilentlyContinue
    }

    It 'reaches those who read when one client does not, who comes <Place>' -ForEach @{ Place = 'first' }, @{ Place = 'last' } {
        $server = Start-TcpServer
        function Open-Reader {
            $reader = Open-TcpConnection 127.0.0.1 $server.Port -Framing Fixed:32000000 -MaxMessageBytes 32000000
            $shell = [powershell]::Create()
            $null = $shell.AddCommand('Import-Module').AddArgument("$modulePath/PSNetLab.psd1").Invoke()
            $shell.Commands.Clear()
            $run = $shell.AddCommand('Receive-TcpMessage').AddParameter('Connection', $reader).AddParameter('Count', 1).BeginInvoke()
            Wait-Until { $server.ConnectionCount }
        }
        if ($Place -eq 'last') { . Open-Reader }
        $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
print('here')
input()
'@
        $peer.ReadLine() | Should -Be 'here'
        if ($Place -eq 'first') { . Open-Reader }
        Wait-Until { $server.ConnectionCount -eq 2 }
        $deaf = Get-TcpConnection $server | Where-Object { "$($_.RemoteEndPoint)" -ne "$($reader.LocalEndPoint)" }
        try {
            # Each piece is more than the system buffers, so somebody has to read.
            $piece = [byte[]]::new(8000000)
            & { foreach ($number in 1..4) { , $piece } } |
                Send-TcpMessage -Job $server -TimeoutSec 2 -ErrorVariable faults -ErrorAction SilentlyContinue
            Wait-Until { $run.IsCompleted }
            $shell.EndInvoke($run).ForEach{ $_.Length } | Should -Be 32000000
            $shell.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'SendTimeout,*'
        $faults[0].TargetObject | Should -Be "$($deaf.RemoteEndPoint)"
    }

    It 'gives all clients that do not read one time limit, not one after the other' {
        $server = Start-TcpServer
        $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
clients = [socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10) for _ in range(6)]
print('here')
input()
'@
        $peer.ReadLine() | Should -Be 'here'
        Wait-Until { $server.ConnectionCount -eq 6 }
        $message = [byte[]]::new(16MB)
        $time = Measure-Command { , $message | Send-TcpMessage -Job $server -TimeoutSec 2 -ErrorVariable faults -ErrorAction SilentlyContinue }
        $faults | Should -HaveCount 6
        $faults.FullyQualifiedErrorId | Sort-Object -Unique | Should -BeLike 'SendTimeout,*'
        $time.TotalSeconds | Should -BeLessThan 11
    }

    It 'explains that the server holds a client back when that is why it accepts nothing' {
        $server = Start-TcpServer -Framing Line -BufferLimit 10
        $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
c = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
c.sendall(b'x\n' * 1000)
print('here')
input()
'@
        $peer.ReadLine() | Should -Be 'here'
        Wait-Until { $server.Waiting -ge 10 }
        $message = [byte[]]::new(16MB)
        , $message | Send-TcpMessage -Job $server -TimeoutSec 1 -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults | Should -HaveCount 1
        "$($faults[0])" | Should -BeLike '*did not accept the messages within 1 s.*-BufferLimit*Receive-TcpMessage -Job*'
    }
}
