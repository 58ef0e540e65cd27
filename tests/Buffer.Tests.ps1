# What a server does with messages nobody has taken yet: -BufferLimit and -WhenFull.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # Sends numbered lines of 400 bytes; says 'held' once it had to wait half a second, and 'sent' when all are on their way.
    $pushySender = @'
import select, socket, sys
s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
s.setblocking(False)
data = memoryview(b''.join(b'%0399d\n' % i for i in range(int(sys.argv[2]))))
held = False
while data:
    if not select.select([], [s], [], 0.5)[1]:
        if not held:
            print('held', flush=True)
        held = True
        select.select([], [s], [])
    data = data[s.send(data):]
print('sent', flush=True)
'@
}

Describe 'The buffer of a server' {
    AfterEach {
        if ($pusher) { $pusher.Stop() }
        $pusher = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'holds the sender back when full; nothing is lost when somebody receives' {
        $server = Start-TcpServer -Framing Line -BufferLimit 100
        $pusher = Start-PythonPeer $pushySender -ArgumentList $server.Port, 60000 -NoPort
        $pusher.ReadLine() | Should -Be 'held'
        Wait-Until { $server.Waiting -eq 100 }
        $server.MessageCount | Should -Be 101 -Because 'one message is in hand, and no more is read'
        $server.Dropped | Should -Be 0
        $server.Warning | Should -BeNullOrEmpty

        $numbers = (Receive-TcpMessage -Job $server -Count 60000 -TimeoutSec 60).ForEach{ [int] $_.Text }
        $pusher.ReadLine() | Should -Be 'sent'
        $numbers | Should -HaveCount 60000
        $outOfPlace = for ($i = 0; $i -lt 60000; $i++) { if ($numbers[$i] -ne $i) { $i } }
        $outOfPlace | Should -BeNullOrEmpty
    }

    It 'holds the sender back when the waiting messages have many bytes, however few they are' {
        $server = Start-TcpServer -Framing Fixed:1000000
        $pusher = Start-PythonPeer $pushySender -ArgumentList $server.Port, 250000 -NoPort
        $pusher.ReadLine() | Should -Be 'held'
        Wait-Until { $server.Waiting -ge 60 }
        $server.Waiting | Should -BeLessOrEqual 80
        $messages = Receive-TcpMessage -Job $server -Count 100 -TimeoutSec 30
        $pusher.ReadLine() | Should -Be 'sent'
        $messages.ForEach{ [int] $_.Text.Substring(0, 400) } | Should -Be (0..99).ForEach{ $_ * 2500 }
    }

    It 'lets a held sender go on, bit by bit, as Receive-Job takes messages' {
        $server = Start-TcpServer -Framing Line -BufferLimit 1000
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        1..5000 | Send-TcpMessage -Connection $client
        $numbers = [Collections.Generic.List[int]]::new()
        Wait-Until {
            foreach ($message in Receive-Job $server) { $numbers.Add($message.Text) }
            $numbers.Count -ge 5000
        }
        Compare-Object $numbers (1..5000) -SyncWindow 0 | Should -BeNullOrEmpty
    }

    It 'holds back only the sender whose messages find no room' {
        $server = Start-TcpServer -Framing Line -BufferLimit 10
        $other = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        $pusher = Start-PythonPeer $pushySender -ArgumentList $server.Port, 60000 -NoPort
        $pusher.ReadLine() | Should -Be 'held'
        'me, too' | Send-TcpMessage -Connection $other
        Wait-Until { $server.MessageCount -eq 12 }
        # It waits its turn, not until the other has sent everything.
        $messages = Receive-TcpMessage -Job $server -Count 100 -TimeoutSec 20
        $messages.Text -contains 'me, too' | Should -BeTrue
    }

    It 'keeps its limit also for a server that answers, when told to wait' {
        $server = Start-TcpServer -Framing Line -Echo -BufferLimit 5 -WhenFull Wait
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        1..20 | Send-TcpMessage -Connection $client
        (Receive-TcpMessage $client -Count 6 -TimeoutSec 20).Text | Should -Be (1..6)
        $server.Waiting | Should -Be 5
        (Receive-TcpMessage -Job $server -Count 20 -TimeoutSec 20).Text | Should -Be (1..20)
        (Receive-TcpMessage $client -Count 14 -TimeoutSec 20).Text | Should -Be (7..20)
    }

    It 'drops and counts what finds no room with -WhenFull Drop, and warns once' {
        $server = Start-TcpServer -Framing Line -BufferLimit 10 -WhenFull Drop
        1..100 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.MessageCount -eq 100 -and $server.ConnectionCount -eq 0 }
        $server.Waiting | Should -Be 10
        $server.Dropped | Should -Be 90
        $server.StatusMessage | Should -BeLike '*, 90 dropped'
        (Receive-TcpMessage -Job $server -Count 10 -TimeoutSec 20).Text | Should -Be (1..10)

        # Room again, and full again.
        1..50 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.MessageCount -eq 150 -and $server.ConnectionCount -eq 0 }
        $server.Waiting | Should -Be 10
        $server.Dropped | Should -Be 130
        Wait-Until { $server.Warning.Count }
        $server.Warning | Should -HaveCount 1
        "$($server.Warning[0])" | Should -BeLike "$($server.Name): 10 messages are waiting*Dropped counts them*raise -BufferLimit*-NoRecord*"
    }

    It 'drops by default when the server answers by <Name>; every message is answered' -ForEach @(
        @{ Name = '-Echo'; With = @{ Echo = $true } }
        @{ Name = '-Reply'; With = @{ Reply = 'ok' } }
        @{ Name = '-ScriptBlock'; With = @{ ScriptBlock = { 'ok' } } }
    ) {
        $server = Start-TcpServer -Framing Line -BufferLimit 3 @With
        1..10 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 10 -TimeoutSec 20 | Should -HaveCount 10
        $server.Waiting | Should -Be 3
        $server.Dropped | Should -Be 7
    }

    It 'holds back a client that never reads its answers, and nobody else' {
        $server = Start-TcpServer -Framing Line -Echo -NoRecord
        $pusher = Start-PythonPeer $pushySender -ArgumentList $server.Port, 60000 -NoPort
        $pusher.ReadLine() | Should -Be 'held'
        (1..100 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive).Text | Should -Be (1..100)
        Stop-Job $server
        Wait-Job $server -Timeout 20 | Should -Be $server
        $server.State | Should -Be 'Stopped'
    }

    It 'ends with Stop-Job while it holds a sender back, and gives out what it had' {
        $server = Start-TcpServer -Framing Line -BufferLimit 5
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        1..10 | Send-TcpMessage -Connection $client
        Wait-Until { $server.Waiting -eq 5 -and $server.MessageCount -eq 6 }
        Stop-Job $server
        Wait-Job $server -Timeout 20 | Should -Be $server
        $server.State | Should -Be 'Stopped'
        $got = Receive-Job $server
        $got[0..5].Text | Should -Be (1..6)
    }
}
