BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    $answer = '来,确认下眼神'

    # Sends each text, prints each answer, leaves.
    $pythonClient = @'
import socket, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
for text in sys.argv[3:]:
    peer.sendall(text.encode(sys.argv[2]))
    print(peer.recv(1024).decode(sys.argv[2]))
peer.close()
'@

    function Invoke-PythonClient([int] $Port, [string] $Encoding, [string[]] $Text) {
        Invoke-PythonScript $pythonClient (@($Port, $Encoding) + $Text)
    }

    # Serves one client: prints each text and answers it, until the client leaves or says quit.
    $pythonServer = @'
import socket
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
peer, address = listener.accept()
while True:
    text = peer.recv(1024).decode()
    if not text:
        print('left')
        break
    print(text)
    peer.sendall('来,确认下眼神'.encode())
    if text == 'quit':
        break
peer.close()
'@

    function Invoke-ExampleClient([int] $Port, [string[]] $Typed, [switch] $KeepOpen) {
        $client = Start-ExampleProcess tcp-client "-Port $Port"
        Send-Line $client $Typed
        Wait-ExampleProcess $client -KeepOpen:$KeepOpen
    }
}

Describe 'tcp-server.ps1' {
    It 'reports a connection, prints what a Python client says, answers, and ends with it' {
        $server = Start-ExampleServer tcp-server @{ Once = $true }
        Invoke-PythonClient $server.Port utf-8 'hello', '你好' | Should -Be $answer, $answer
        $lines = Wait-Example $server
        $lines[0] | Should -Match '^Waiting for clients on 127\.0\.0\.1:\d+$'
        $lines[1] | Should -Match '^Connection \d+ from 127\.0\.0\.1:\d+ opened$'
        $lines[2, 3] | Should -Be 'hello', '你好'
        $lines[4] | Should -Match '^Connection \d+ from 127\.0\.0\.1:\d+ closed: PeerClosed$'
        $lines.Count | Should -Be 5
    }

    It 'takes one client after the other until it is stopped, and frees its port' {
        $server = Start-ExampleServer tcp-server
        try {
            foreach ($text in 'first', 'second', 'third') {
                Invoke-PythonClient $server.Port utf-8 $text | Should -Be $answer
            }
            Wait-Until { @($server.Output | Where-Object { "$_" -match 'closed' }).Count -eq 3 }
            $server.Output | Where-Object { "$_" -notmatch 'Connection|Waiting' } |
                Should -Be 'first', 'second', 'third'
        }
        finally {
            Stop-Example $server
        }
        { Open-TcpConnection 127.0.0.1 $server.Port -ErrorAction Stop } | Should -Throw -ErrorId ConnectionRefused*
    }

    It 'reads at most 1,024 bytes at a time' {
        $server = Start-ExampleServer tcp-server @{ Once = $true }
        $peer = Start-PythonPeer @'
import socket, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
peer.sendall(b'x' * 3000)
peer.shutdown(socket.SHUT_WR)
while peer.recv(1024):
    pass
'@ $server.Port -NoPort
        try { $null = $peer.WaitForExit(10) } finally { $peer.Stop() }
        $texts = Wait-Example $server | Where-Object { $_ -match '^x+$' }
        -join $texts | Should -Be ('x' * 3000)
        ($texts | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual 1024
    }

    It 'speaks GB18030' {
        $server = Start-ExampleServer tcp-server @{ Once = $true; Encoding = 'GB18030' }
        Invoke-PythonClient $server.Port gb18030 '发消息' | Should -Be $answer
        Wait-Example $server | Should -Contain '发消息'
    }
}

Describe 'tcp-client.ps1' {
    BeforeEach { $python = Start-PythonPeer $pythonServer }
    AfterEach { $python.Stop() }

    It 'prompts, sends, shows each answer, and ends on an empty line' {
        $client = Invoke-ExampleClient $python.Port 'hello', '你好', '' -KeepOpen
        $python.ReadToEnd() | Should -Be 'hello', '你好', 'left'
        [regex]::Matches($client.Text, '发消息>>').Count | Should -Be 3
        [regex]::Matches($client.Text, $answer).Count | Should -Be 2
        $client.Errors | Should -BeNullOrEmpty
    }

    It 'ends when its input does' {
        $client = Invoke-ExampleClient $python.Port 'hello'
        $python.ReadToEnd() | Should -Be 'hello', 'left'
        $client.Text | Should -Match $answer
    }

    It 'says that the server has left, and ends' {
        $client = Invoke-ExampleClient $python.Port 'quit', 'more', 'and more' -KeepOpen
        $python.ReadToEnd() | Should -Be 'quit'
        $client.Errors -replace '\s+\|?\s*', ' ' | Should -Match 'ended after 0 of 1 messages|nothing more can be sent|reset'
    }
}

Describe 'The lessons of TCP' {
    It 'glued-messages.ps1: late reads glue, an interval and a framing part' {
        $wanted = @(
            'Raw, sent one after the other, read late:'
            '  [onetwothree]'
            'Raw, 300 ms apart, read at once:'
            '  [one]', '  [two]', '  [three]'
            'Framed as lines, sent one after the other, read late:'
            '  [one]', '  [two]', '  [three]'
        )
        # A server that cannot read for so long finds two of them together: then once more.
        foreach ($try in 1..3) {
            $lines = Invoke-Example glued-messages @{ IntervalMs = 300 }
            if ("$lines" -eq "$wanted") { break }
        }
        $lines | Should -Be $wanted
    }

    It 'broken-pipe.ps1: a clear error, and the script goes on' {
        $lines = Invoke-Example broken-pipe
        $lines | Should -Contain 'The server has left. The connection is in CloseWait.'
        "$lines" | Should -Match 'Message \d+ fails: .*(broken pipe|reset the connection)'
        $lines[-1] | Should -Be 'welcome'
    }

    It 'peer-left.ps1: a receive that returns nothing' {
        Invoke-Example peer-left @{ Message = 'one', 'two' } | Should -Be @(
            'welcome', 'one', 'two'
            "Received '': the peer has left, the connection is in CloseWait."
        )
    }

    It 'many-clients.ps1: one listener, many clients, again and again' {
        $lines = Invoke-Example many-clients @{ Clients = 4; Rounds = 2 }
        @($lines -match '^Hello in round 1, you are number').Count | Should -Be 4
        @($lines -match '^Hello in round 2, you are number').Count | Should -Be 4
        @($lines -eq 'Connected: 4').Count | Should -Be 2
        $lines[-1] | Should -Match '^One listening socket on 127\.0\.0\.1:\d+, 8 messages$'
    }

    It 'full-buffers.ps1: the sender is held back, and goes on when the reader reads' {
        $lines = Invoke-Example full-buffers
        $total, $held, $half, $all = $lines | ForEach-Object { [double] [regex]::Match($_, '[\d.,]+(?= MiB)').Value }
        $held | Should -BeGreaterThan 0
        $held | Should -BeLessThan $total
        $half | Should -BeGreaterThan $held
        $all | Should -Be $total
    }

    It 'bad-network.ps1: what a client sees of each fault' {
        $lines = Invoke-Example bad-network @{ LatencyMs = 20 }
        $lines[0] | Should -BeLike 'no fault *5 bytes came back after * ms'
        $lines[1] | Should -BeLike '20 ms, both ways *5 bytes came back after * ms'
        $lines[2] | Should -BeLike '100 KiB/s* 20480 bytes came back *'
        $lines[3] | Should -BeLike 'a bit flipped *'
        $lines[4] | Should -BeLike 'nothing passes *ReceiveTimeout *'
        $lines[5] | Should -BeLike 'half an answer *3 bytes came back *'
        $lines[6] | Should -BeLike 'the port is closed *ConnectionRefused *'
        $lines[7..8] | Should -Not -Match 'came back'
        $lines[9] | Should -BeLike 'a reset, attempt 3 *5 bytes came back *'
        $lines[10] | Should -Be 'The proxy reset 2 connections.'
    }

    It 'encodings.ps1: the same text in two encodings' {
        $lines = Invoke-Example encodings
        $lines | Should -Contain 'utf8, 19 bytes: E69DA52CE7A1AEE8AEA4E4B88BE79CBCE7A59E'
        $lines | Should -Contain 'GB18030, 13 bytes: C0B42CC8B7C8CFCFC2D1DBC9F1'
        @($lines -match "both sides \w+: $answer").Count | Should -Be 2
        @($lines -match 'read as something else' -notmatch $answer).Count | Should -Be 2
    }
}

Describe 'demo.ps1' {
    It 'runs to its end without an error' {
        $text = Invoke-PowerShell -File "$examples/demo.ps1" *>&1 | Out-String
        $LASTEXITCODE | Should -Be 0
        $text | Should -Match 'Everything is stopped'
        $text | Should -Match 'onetwothree'
        $text | Should -Not -Match 'Line \|'
    }
}

Describe 'Every example' {
    It '<Name> has help' -ForEach @(
        Get-ChildItem $PSScriptRoot/../docs/examples/*.ps1 -Recurse | ForEach-Object { @{ Name = $_.Name; Path = $_.FullName } }
    ) {
        (Get-Help $Path).Synopsis | Should -Match '\.$'
    }
}
