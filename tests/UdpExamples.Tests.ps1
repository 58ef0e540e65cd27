# The UDP scripts of docs/examples, against peers in Python that do the same on plain sockets.

BeforeDiscovery {
    # Only Linux has a broadcast address on loopback.
    $noBroadcast = -not $IsLinux
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    $loopback = '127.255.255.255'

    # Sends each text from one socket, prints each answer and, first, the port it sends from.
    $pythonClient = @'
import socket, sys
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.settimeout(30)
peer.bind(('127.0.0.1', 0))
print(peer.getsockname()[1])
for text in sys.argv[3:]:
    peer.sendto(text.encode(sys.argv[2]), ('127.0.0.1', int(sys.argv[1])))
    data, address = peer.recvfrom(1024)
    print(data.decode(sys.argv[2]))
peer.close()
'@

    # Prints the port of the sender and the text, and answers with the time; but nothing to `lost`. `quit` ends it.
    $pythonServer = @'
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 0))
print('PORT', server.getsockname()[1])
text = ''
while text != 'quit':
    data, address = server.recvfrom(1024)
    text = data.decode()
    print(address[1], text)
    if text != 'lost':
        server.sendto((time.strftime('%Y-%m-%d %H:%M:%S ') + '接收到消息').encode(), address)
'@

    # Prints each broadcast and answers it.
    $pythonReceiver = @'
import socket, sys
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
receiver.bind(('', 0))
print('PORT', receiver.getsockname()[1])
while True:
    try:
        data, address = receiver.recvfrom(1024)
        print(data.decode())
        receiver.sendto(b'I am here', address)
    except Exception as error:
        print(error)
'@

    # Broadcasts each text, and prints who answers: so many each time, and whatever is left at the end.
    $pythonSender = @'
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
sender.settimeout(20)
for text in sys.argv[3:]:
    sender.sendto(text.encode(), ('127.255.255.255', int(sys.argv[1])))
    for _ in range(int(sys.argv[2])):
        data, address = sender.recvfrom(1024)
        print(address[1], data.decode())
sender.settimeout(0.3)
try:
    while True:
        data, address = sender.recvfrom(1024)
        print(address[1], 'too much:', data.decode())
except TimeoutError:
    pass
'@
}

Describe 'udp-server.ps1' {
    BeforeEach { $server = $null }
    AfterEach { if ($server) { Stop-Example $server } }

    It 'prints who says what and answers with the time' {
        $server = Start-ExampleServer udp-server
        "$($server.Output[0])" | Should -Match '^Waiting for messages on 127\.0\.0\.1:\d+$'
        $from, $answers = Invoke-PythonScript $pythonClient $server.Port, utf-8, 'hello', '你好'
        $answers | Should -HaveCount 2
        foreach ($answer in $answers) { $answer | Should -Match '^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d 接收到消息$' }
        Wait-Until { $server.Output.Count -eq 3 }
        $server.Output[1, 2] | Should -Be "127.0.0.1:$from says: hello", "127.0.0.1:$from says: 你好"
    }

    It 'reads at most 1,024 bytes of a datagram, and loses the rest' {
        $server = Start-ExampleServer udp-server
        $null = Invoke-PythonScript $pythonClient $server.Port, utf-8, ('x' * 3000), 'next'
        Wait-Until { $server.Output.Count -eq 3 }
        $server.Output[1] | Should -Match ' says: x{1024}$'
        $server.Output[2] | Should -Match ' says: next$'
    }

    It 'speaks GB18030, and answers something else when told' {
        $server = Start-ExampleServer udp-server @{ Encoding = 'GB18030'; Answer = '收到消息' }
        (Invoke-PythonScript $pythonClient $server.Port, gb18030, '发消息')[1] | Should -Match '^[\d-]+ [\d:]+ 收到消息$'
        Wait-Until { $server.Output.Count -eq 2 }
        $server.Output[1] | Should -Match ' says: 发消息$'
    }

    It 'serves one client after the other until it is stopped, and frees its port' {
        $server = Start-ExampleServer udp-server
        foreach ($text in 'first', 'second', 'third') {
            Invoke-PythonScript $pythonClient $server.Port, utf-8, $text | Should -HaveCount 2
        }
        Stop-Example $server
        $again = Start-UdpServer $server.Port -ErrorAction Stop
        Remove-Job $again -Force
    }

    It 'says when its port is in use, and ends' {
        $other = Start-UdpServer
        $server = Start-Example udp-server @{ Port = $other.Port }
        try { { $server.Shell.EndInvoke($server.Run) } | Should -Throw '*is in use*' }
        finally { Remove-Job $other -Force }
    }
}

Describe 'udp-client.ps1' {
    BeforeEach { $python = Start-PythonPeer $pythonServer }
    AfterEach { $python.Stop() }

    It 'prompts, sends from one port, shows each answer, and ends on an empty line' {
        $client = Start-ExampleProcess udp-client "127.0.0.1 $($python.Port)"
        Send-Line $client 'hello', '你好', 'quit', ''
        $ended = Wait-ExampleProcess $client -KeepOpen
        $ended.Errors | Should -BeNullOrEmpty
        $ended.Code | Should -Be 0
        [regex]::Matches($ended.Text, '发消息>>').Count | Should -Be 4
        [regex]::Matches($ended.Text, '\d\d:\d\d 接收到消息').Count | Should -Be 3
        $lines = $python.ReadToEnd() | ForEach-Object { , ($_ -split ' ') }
        $lines.ForEach{ $_[1] } | Should -Be 'hello', '你好', 'quit'
        $lines.ForEach{ $_[0] } | Sort-Object -Unique | Should -HaveCount 1
    }

    It 'ends when its input does' {
        $client = Start-ExampleProcess udp-client "127.0.0.1 $($python.Port)"
        Send-Line $client 'quit'
        (Wait-ExampleProcess $client).Text | Should -Match '接收到消息'
        $python.ReadToEnd() | Should -Match '^\d+ quit$'
    }

    It 'says that an answer was lost, and goes on' {
        # Not even what is answered comes in time when the machine stands still: then once more.
        foreach ($try in 1..3) {
            $python.Stop()
            $python = Start-PythonPeer $pythonServer
            $client = Start-ExampleProcess udp-client "127.0.0.1 $($python.Port) -TimeoutSec 0.5"
            Send-Line $client 'lost', 'quit', ''
            $ended = Wait-ExampleProcess $client -KeepOpen
            if ($ended.Text -match '接收到消息') { break }
        }
        $ended.Errors -replace '\s+\|?\s*', ' ' | Should -Match '0 of 1 answers'
        [regex]::Matches($ended.Text, '接收到消息').Count | Should -Be 1
    }

    It 'says that nobody listens, and goes on' {
        $closed = Start-UdpServer
        Remove-Job $closed -Force
        $client = Start-ExampleProcess udp-client "127.0.0.1 $($closed.Port)"
        Send-Line $client 'one', 'two', ''
        $ended = Wait-ExampleProcess $client -KeepOpen
        [regex]::Matches($ended.Errors, 'Nothing is listening').Count | Should -Be 2
        [regex]::Matches($ended.Text, '发消息>>').Count | Should -Be 3
    }

    It 'shows how it is used: <Given>' -ForEach @{ Given = '' }, @{ Given = '127.0.0.1' } {
        $ended = Wait-ExampleProcess (Start-ExampleProcess udp-client $Given)
        $ended.Text | Should -Match 'Usage: .*udp-client.ps1 <host> <port>'
        $ended.Code | Should -Be 2
    }
}

Describe 'udp-client.ps1 and udp-server.ps1' {
    It 'talk to each other' {
        $server = Start-ExampleServer udp-server
        try {
            $client = Start-ExampleProcess udp-client "localhost $($server.Port)"
            Send-Line $client 'hello', ''
            (Wait-ExampleProcess $client -KeepOpen).Text | Should -Match '接收到消息'
            $server.Output[1] | Should -Match 'says: hello$'
        }
        finally {
            Stop-Example $server
        }
    }
}

Describe 'broadcast-receiver.ps1' -Skip:$noBroadcast {
    BeforeEach { $receivers = @() }
    AfterEach { $receivers | ForEach-Object { Stop-Example $_ } }

    It 'prints what a Python sender broadcasts, and answers' {
        $receivers = @($receiver = Start-ExampleServer broadcast-receiver)
        "$($receiver.Output[0])" | Should -Match '^Waiting for broadcasts on 0\.0\.0\.0:\d+$'
        Invoke-PythonScript $pythonSender $receiver.Port, 1, 'hello', '大家好' |
            Should -Be "$($receiver.Port) I am here", "$($receiver.Port) I am here"
        Wait-Until { $receiver.Output.Count -eq 3 }
        $receiver.Output[1] | Should -Match '^127\.0\.0\.1:\d+ says: hello$'
        $receiver.Output[2] | Should -Match ' says: 大家好$'
    }

    It 'shares its port: all of them hear and answer' {
        $receivers = @($first = Start-ExampleServer broadcast-receiver @{ Answer = 'first' })
        $receivers += Start-ExampleServer broadcast-receiver @{ Port = $first.Port; Answer = 'second' }
        Invoke-PythonScript $pythonSender $first.Port, 2, 'hello' | Sort-Object |
            Should -Be "$($first.Port) first", "$($first.Port) second"
    }

    It 'shows an error, and goes on' {
        # No datagram is that large.
        $receivers = @($receiver = Start-ExampleServer broadcast-receiver @{ Answer = 'x' * 65508 })
        Invoke-PythonScript $pythonSender $receiver.Port, 0, 'one', 'two' | Should -BeNullOrEmpty
        Wait-Until { $receiver.Output.Count -eq 3 -and $receiver.Shell.Streams.Error.Count -eq 2 }
        # By index: a stream that is still open has no end to enumerate to.
        $receiver.Shell.Streams.Error[1].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong*'
        $receiver.Run.IsCompleted | Should -BeFalse
    }

    It 'shows no control characters' {
        $receivers = @($receiver = Start-ExampleServer broadcast-receiver)
        $null = Invoke-PythonScript $pythonSender $receiver.Port, 1, "`e[2Jcleared"
        Wait-Until { $receiver.Output.Count -eq 2 }
        $receiver.Output[1] | Should -Match ' says: \?\[2Jcleared$'
    }

    It 'ends with Ctrl+C, and frees its port' {
        $receiver = Start-ExampleServer broadcast-receiver
        Stop-Example $receiver
        $again = Start-UdpServer $receiver.Port -Address 0.0.0.0 -ErrorAction Stop
        Remove-Job $again -Force
    }
}

Describe 'broadcast-sender.ps1' -Skip:$noBroadcast {
    It 'sends again and again, and shows that a Python receiver answers' {
        $python = Start-PythonPeer $pythonReceiver
        try {
            $wanted = @(
                "Sent to ${loopback}: 有人吗", "127.0.0.1:$($python.Port) answers: I am here"
                "Sent to ${loopback}: 有人吗", "127.0.0.1:$($python.Port) answers: I am here"
            )
            # The receiver may not answer so soon when the machine stands still: then once more.
            foreach ($try in 1..3) {
                $lines = Invoke-Example broadcast-sender @{
                    Port = $python.Port; Message = '有人吗'; Address = $loopback; Count = 2; IntervalMs = 200
                }
                if ("$lines" -eq "$wanted") { break }
            }
            $lines | Should -Be $wanted
            1..2 | ForEach-Object { $python.ReadLine() } | Should -Be '有人吗', '有人吗'
        }
        finally {
            $python.Stop()
        }
    }

    It 'goes on until Ctrl+C' {
        $receiver = Start-UdpServer -Broadcast
        $sending = Start-Example broadcast-sender @{ Port = $receiver.Port; Address = $loopback; IntervalMs = 50 }
        try {
            Receive-UdpMessage $receiver -Count 5 -TimeoutSec 20 | Should -HaveCount 5
            Stop-Example $sending
            "$($sending.Shell.InvocationStateInfo.State)" | Should -Be 'Stopped'
        }
        finally {
            Remove-Job $receiver -Force
        }
    }
}

Describe 'chat.ps1' -Skip:$noBroadcast {
    It 'shows everybody what each of three says' {
        # A room that nobody else is in.
        $free = Start-UdpServer -Broadcast
        $port = $free.Port
        Remove-Job $free -Force
        $everybody = @()
        try {
            # Who comes is seen by those who are there.
            foreach ($name in 'Ada', 'Bob', '小林') {
                $everybody += Start-ExampleProcess chat "$name $port $loopback"
                foreach ($one in $everybody) { Read-Until $one "${name}: joins" }
            }
            $ada, $bob, $lin = $everybody

            Send-Line $ada 'hello'
            foreach ($one in $everybody) { Read-Until $one 'Ada: hello' }
            Send-Line $lin '你们好'
            foreach ($one in $everybody) { Read-Until $one '小林: 你们好' }

            Send-Line $bob ''
            (Wait-ExampleProcess $bob -KeepOpen).Errors | Should -BeNullOrEmpty
            foreach ($one in $ada, $lin) { Read-Until $one 'Bob: leaves' }
            foreach ($one in $ada, $lin) {
                Send-Line $one ''
                $ended = Wait-ExampleProcess $one -KeepOpen
                $ended.Errors | Should -BeNullOrEmpty
                $ended.Code | Should -Be 0
            }
        }
        finally {
            $everybody | ForEach-Object { Stop-ExampleProcess $_ }
        }
    }
}

Describe 'The lessons of UDP' {
    It 'udp-boundaries.ps1: TCP glues, datagrams stay apart, and a small buffer loses the rest' {
        Invoke-Example udp-boundaries | Should -Be @(
            'TCP, read late:', '  [onetwothree]'
            'UDP, read late:', '  [one]', '  [two]', '  [three]'
            'UDP, read into a buffer of 4 bytes:', '  [one]', '  [two]', '  [thre] and the rest is lost'
        )
    }

    It 'udp-lost.ps1: nobody listens, nobody sends again, and Linux counts' {
        $lines = Invoke-Example udp-lost @{ Messages = 1000 }
        $lines[0] | Should -Match 'nobody listens: sent, without an error\.$'
        $received = [int] [regex]::Match($lines[1], 'Sent to a busy server: 1000, without an error\. Received: (\d+)\.').Groups[1].Value
        $received | Should -BeGreaterThan 0
        $received | Should -BeLessThan 1000
        $lines[2] | Should -Match '^The numbers that came: 1 '
        $lost = 1000 - $received
        $lines[3] | Should -Be ($IsLinux ? "Lost: $lost, as many as the system counts: $lost." : "Lost: $lost.")
    }

    It 'udp-refused.ps1: an error for a client that waits, and none for the server' {
        $lines = Invoke-Example udp-refused
        $lines[0] | Should -Match '^One datagram to the closed port \d+, and away: no error\.$'
        $lines[1] | Should -Match '^Another, and waiting for an answer: Nothing is listening on 127\.0\.0\.1:\d+'
        $lines[2..4] | Should -Be @(
            'The server has answered a client that was gone already.'
            'It answers the next one: You said: I wait'
            'It is Running, with 0 errors.'
        )
    }

    It 'udp-broadcast-refused.ps1: only with the option' -Skip:$noBroadcast {
        $lines = Invoke-Example udp-broadcast-refused
        $lines[0, 2] | Should -Be 'Without the option:', 'With the option:'
        $lines[1] | Should -Match '^  BroadcastNotPermitted: .*SO_BROADCAST'
        $lines[3, 4] | Should -Be "  5 bytes sent to $loopback", '  Received: hello'
    }
}
