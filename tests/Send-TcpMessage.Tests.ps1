BeforeAll {
    . $PSScriptRoot/common.ps1

    # Accepts one client and never reads from it.
    $deafPeer = @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1])
c = s.accept()[0]
input()
'@
    $bigMessage = [byte[]]::new(32MB)
}

Describe 'Send-TcpMessage' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'what is sent' {
        BeforeEach {
            $server = Start-TcpServer -Framing Length32 -BufferLimit 200000
            $to = @{ ComputerName = '127.0.0.1'; Port = $server.Port; Framing = 'Length32' }
        }

        It 'sends each object of a pipeline, in order' {
            'text', 42, [version] '1.2', [ipaddress]::Loopback, $true, [pscustomobject] @{ A = 1; B = 'two' }, '' | Send-TcpMessage @to
            (Receive-TcpMessage -Job $server -Count 7 -TimeoutSec 20).Text |
                Should -Be 'text', '42', '1.2', '127.0.0.1', 'True', '@{A=1; B=two}', ''
        }

        It 'sends bytes as they are: an array that stays whole is one message' {
            $bytes = [byte[]] (0, 1, 254, 255)
            , $bytes | Send-TcpMessage @to
            Send-TcpMessage @to -Message $bytes
            Send-TcpMessage @to -Message @([byte] 7, [byte] 8)
            $bytes | Send-TcpMessage @to -WarningAction SilentlyContinue
            $messages = Receive-TcpMessage -Job $server -Count 7 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be '0001FEFF', '0001FEFF', '0708', '00', '01', 'FE', 'FF'
        }

        It 'sends text, bytes and numbers of one pipeline as they come' {
            'a', [byte[]] (0xff, 0xfe), 3, 'b' | Send-TcpMessage @to
            $messages = Receive-TcpMessage -Job $server -Count 4 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be '61', 'FFFE', '33', '62'
        }

        It 'sends each element of an array argument' {
            Send-TcpMessage 127.0.0.1 $server.Port 'a', 2, 'c' -Framing Length32
            (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be 'a', '2', 'c'
        }

        It 'sends each element of a <Name>' -ForEach @(
            @{ Name = 'typed array'; Items = [int[]] (7, 8); Texts = '7', '8' }
            @{ Name = 'list'; Items = [Collections.Generic.List[string]] ('a', 'b'); Texts = 'a', 'b' }
        ) {
            Send-TcpMessage @to -Message $Items
            (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be $Texts
        }

        It 'sends numbers and dates as PowerShell writes them, in any culture' {
            $culture = [cultureinfo]::CurrentCulture
            [cultureinfo]::CurrentCulture = 'de-DE'
            try { 1.5, [datetime] '2020-02-03' | Send-TcpMessage @to }
            finally { [cultureinfo]::CurrentCulture = $culture }
            (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be '1.5', '02/03/2020 00:00:00'
        }

        It 'sends an empty message for an empty string and for $null' {
            Send-TcpMessage @to -Message ''
            $null | Send-TcpMessage @to
            (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).ForEach{ $_.Length } | Should -Be 0, 0
        }

        It 'passes received messages on, byte by byte' {
            $source = Start-TcpServer -Framing Null
            , [byte[]] (0xff, 0x61, 0, 0x62, 0) | Send-TcpMessage 127.0.0.1 $source.Port
            Receive-TcpMessage -Job $source -Count 2 -TimeoutSec 20 | Send-TcpMessage @to
            $messages = Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20
            $messages.ForEach{ [Convert]::ToHexString($_.Data) } | Should -Be 'FF61', '62'
        }

        It 'sends text in -Encoding' {
            '来,确认下眼神' | Send-TcpMessage @to -Encoding GB18030
            [Convert]::ToHexString((Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Data) | Should -Be 'C0B42CC8B7C8CFCFC2D1DBC9F1'
        }

        It 'sends 100,000 lines in order' {
            1..100000 | Send-TcpMessage @to
            $texts = (Receive-TcpMessage -Job $server -Count 100000 -TimeoutSec 30).Text
            $texts | Should -HaveCount 100000
            $outOfPlace = for ($i = 0; $i -lt 100000; $i++) { if ($texts[$i] -cne "$($i + 1)") { $i } }
            $outOfPlace | Should -BeNullOrEmpty
            $server.MessageCount | Should -Be 100000
        }
    }

    Context 'when it is sent' {
        It 'sends at once what a slow pipeline brings' {
            $server = Start-TcpServer -Framing Line
            & {
                foreach ($number in 1..3) {
                    "$number"
                    # Comes back only when the message has arrived, though the pipeline goes on.
                    Wait-Until { $server.MessageCount -eq $number }
                }
            } | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            $server.MessageCount | Should -Be 3
        }

        It 'waits -IntervalMs between two messages, and not before the first' {
            $server = Start-TcpServer -Framing Line
            $four = Measure-Command { 1..4 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -IntervalMs 100 }
            $four.TotalMilliseconds | Should -BeGreaterThan 290
            $single = Measure-Command { 1 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -IntervalMs 60000 }
            $single.TotalSeconds | Should -BeLessThan 20
        }

        It 'emits what it sent with -PassThru' {
            $server = Start-TcpServer -Framing Line
            $sent = 'one', 'two' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -PassThru
            $sent.Text | Should -Be 'one', 'two'
            $sent.Sequence | Should -Be 1, 2
            $sent.Reads | Should -Be 0, 0
            $got = Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20
            "$($sent[0].LocalEndPoint)" | Should -Be "$($got[0].RemoteEndPoint)"
        }
    }

    Context 'replies' {
        It 'emits every reply with -Receive until the server closes' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { 1..[int] $_.Text }
            (2, 0, 3 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive).Text | Should -Be '1', '2', '1', '0', '1', '2', '3'
        }

        It 'emits -Count replies and closes' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { 1..5 }
            ('go' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 2).Text | Should -Be '1', '2'
            Wait-Until { $server.ConnectionCount -eq 0 }
        }

        It 'reads replies while it sends: 100,000 there and back, in order' {
            $server = Start-TcpServer -Framing Line -Echo -NoRecord
            $texts = (1..100000 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive).Text
            $texts | Should -HaveCount 100000
            $outOfPlace = for ($i = 0; $i -lt 100000; $i++) { if ($texts[$i] -cne "$($i + 1)") { $i } }
            $outOfPlace | Should -BeNullOrEmpty
        }

        It 'takes replies while it waits to send, however many they are' {
            # Reads the next request only when the replies to the last were taken.
            $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1])
c = s.accept()[0]
reply = (b'r' * 1499 + b'\n') * 2
for line in c.makefile('rb'):
    c.sendall(reply)
c.close()
'@
            $requests = [string[]]::new(8000)
            [array]::Fill($requests, 'q' * 999)
            $replies = Send-TcpMessage 127.0.0.1 $peer.Port $requests -Framing Line -Receive -TimeoutSec 30 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -BeNullOrEmpty
            $replies.Count | Should -Be 16000
        }

        It 'takes replies while it sends, and throws them away, without -Receive' {
            $server = Start-TcpServer -Framing Length32 -Echo -NoRecord
            $message = [byte[]]::new(1MB - 4)
            & { foreach ($number in 1..40) { , $message } } |
                Send-TcpMessage 127.0.0.1 $server.Port -Framing Length32 -TimeoutSec 30 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -BeNullOrEmpty
            Wait-Until { $server.BytesSent -eq 40MB }
        }

        It 'emits a reply at once, not after -IntervalMs' {
            $server = Start-TcpServer -Framing Line -ScriptBlock { $_.Text }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            ('a', 'b' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive -IntervalMs 60000 | Select-Object -First 1).Text | Should -Be 'a'
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
        }

        It 'returns what came, and ReceiveTimeout, when -Count is not reached in -TimeoutSec' {
            $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1])
clients = []
while True:
    clients.append(s.accept()[0])
    clients[-1].sendall(b'only\n')
'@
            # It may not answer so soon when the machine stands still: then once more.
            foreach ($try in 1..3) {
                $replies = 'go' | Send-TcpMessage 127.0.0.1 $peer.Port -Framing Line -Count 3 -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue
                if ($replies) { break }
            }
            $replies.Text | Should -Be 'only'
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
            $faults[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$($peer.Port)"
            "$($faults[0])" | Should -BeLike "1 of 3 replies arrived from 127.0.0.1:$($peer.Port) within 0.5 s. *-Framing*raise -TimeoutSec.*"
        }

        It 'returns what came, and ConnectionClosed, when the server closes before -Count' {
            $peer = Start-PythonPeer @'
import socket
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
client = listener.accept()[0]
got = b''
while got.count(b'\n') < 2:
    got += client.recv(1024)
client.sendall(got)
client.close()
'@
            $replies = 'a', 'b' | Send-TcpMessage 127.0.0.1 $peer.Port -Framing Line -Count 3 -ErrorVariable faults -ErrorAction SilentlyContinue
            $replies.Text | Should -Be 'a', 'b'
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
            $faults[0].CategoryInfo.Category | Should -Be 'ConnectionError'
            "$($faults[0])" | Should -BeLike "127.0.0.1:$($peer.Port) closed the connection after 2 of 3 replies. *"
        }
    }

    Context 'errors' {
        It 'says once that it could not connect, however much was to be sent' {
            $port = Get-FreePort
            1..100 | Send-TcpMessage 127.0.0.1 $port -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused,*'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$port"
        }

        It 'SendTimeout: the peer of a one-shot never reads' {
            $peer = Start-PythonPeer $deafPeer
            , $bigMessage | Send-TcpMessage 127.0.0.1 $peer.Port -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'SendTimeout,*'
            $faults[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$($peer.Port)"
            "$($faults[0])" | Should -BeLike "127.0.0.1:$($peer.Port) did not accept the messages within 0.5 s*Make the peer read, or raise -TimeoutSec.*"
        }

        It 'SendTimeout: a connection given up in the middle of a message is reset' {
            $peer = Start-PythonPeer $deafPeer
            $connection = Open-TcpConnection 127.0.0.1 $peer.Port
            , $bigMessage | Send-TcpMessage -Connection $connection -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'SendTimeout,*'
            Wait-Until { $connection.State -eq 'Closed' }
            $connection.CloseReason | Should -Be 'LocalReset'
        }

        It 'ConnectionReset, then ConnectionClosed: the peer is gone; the script goes on' {
            $server = Start-TcpServer
            $connection = Open-TcpConnection 127.0.0.1 $server.Port
            Wait-Until { $server.ConnectionCount -eq 1 }
            Get-TcpConnection $server | Close-TcpConnection -Reset
            Wait-Until { $server.ConnectionCount -eq 0 }
            'x' | Send-TcpMessage -Connection $connection -ErrorVariable faults -ErrorAction SilentlyContinue
            'y' | Send-TcpMessage -Connection $connection -ErrorVariable +faults -ErrorAction SilentlyContinue
            $faults | Should -HaveCount 2
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionReset,*'
            $faults[1].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
            $faults[1].CategoryInfo.Category | Should -Be 'ConnectionError'
            "$($faults[1].TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
            "$($faults[1])" | Should -BeLike '*(broken pipe). Open a new one to continue.'
        }
    }
}
