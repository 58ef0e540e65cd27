# Send-TcpMessage with peers of other kinds: when it ends sending, how it waits, and what it says when they leave.

BeforeDiscovery {
    $programs = @{ Name = 'socat' }, @{ Name = 'ncat' }
    foreach ($program in $programs) { $program.Found = [bool] (Get-Command $program.Name -CommandType Application -ErrorAction Ignore) }
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A server that takes the end of a stream for the end of its client, like most of those that use select.
    $select = @'
import select, socket, sys
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
late, clients = [], [listener]
while True:
    # It answers only when nothing more is to be read for a while.
    ready = select.select(clients, [], [], float(sys.argv[1]) if sys.argv[1:] else 0.05)[0]
    for one in ready:
        if one is listener:
            clients.append(one.accept()[0])
            continue
        data = one.recv(1024)
        if data:
            late.append((one, data))
        else:
            clients.remove(one)
            late = [entry for entry in late if entry[0] is not one]
            one.close()
    if not ready:
        for one, data in late:
            one.sendall(data.upper())
        late = []
'@
    $asyncio = @'
import asyncio
async def serve(reader, writer):
    answers = []
    async def answer(line):
        await asyncio.sleep(0.05)
        writer.write(line.upper())
    while line := await reader.readline():
        answers.append(asyncio.create_task(answer(line)))
    for task in answers:
        task.cancel()
    writer.close()
async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    print('PORT', server.sockets[0].getsockname()[1])
    await server.serve_forever()
asyncio.run(main())
'@
}

Describe 'Send-TcpMessage -Count' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        if ($process) {
            if (-not $process.HasExited) { $process.Kill($true) }
            $process.WaitForExit()
        }
        $peer = $process = $null
        Get-Job | Remove-Job -Force
    }

    It 'ends sending after the last answer: a server with <Name>' -ForEach @(
        @{ Name = 'select' }
        @{ Name = 'asyncio' }
    ) {
        $peer = Start-PythonPeer (Get-Variable $Name -ValueOnly)
        (Send-TcpMessage 127.0.0.1 $peer.Port hello -Framing Line -Count 1 -TimeoutSec 20).Text | Should -Be 'HELLO'
        ('a', 'b' | Send-TcpMessage 127.0.0.1 $peer.Port -Framing Line -Count 2 -TimeoutSec 20).Text | Should -Be 'A', 'B'
    }

    It 'ends sending after the last answer: <Name>' -ForEach $programs {
        if (-not $Found) { Set-ItResult -Skipped -Because "$Name is not installed" }
        $port = Get-FreePort
        # What they start answers late; they end it with the stream of their client.
        $arguments = $Name -eq 'socat' ? @("TCP-LISTEN:$port,bind=127.0.0.1", 'SYSTEM:read line; sleep 1; echo got $line') :
            @('-l', '127.0.0.1', "$port", '-c', 'read line; sleep 1; echo got $line')
        $start = [Diagnostics.ProcessStartInfo]::new($Name)
        $arguments | ForEach-Object { $start.ArgumentList.Add($_) }
        $process = [Diagnostics.Process]::Start($start)
        Wait-Until { Get-SocketInfo -Listening -LocalPort $port }
        (Send-TcpMessage 127.0.0.1 $port hello -Framing Line -Count 1 -TimeoutSec 20).Text | Should -Be 'got hello'
    }

    It 'takes the replies of an open connection, and leaves it to others' {
        $server = Start-TcpServer -Framing Line -ScriptBlock { "$($_.Text)1"; "$($_.Text)2" }
        $first, $second = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        (Send-TcpMessage $first a -Count 1 -TimeoutSec 20).Text | Should -Be 'a1'
        (Receive-TcpMessage $first -Count 1 -TimeoutSec 20).Text | Should -Be 'a2'
        ('b', 'c' | Send-TcpMessage -Connection $first -Count 4 -TimeoutSec 20).Text | Should -Be 'b1', 'b2', 'c1', 'c2'
        ($first, $second | Send-TcpMessage d -Count 2 -TimeoutSec 20).Text | Should -Be 'd1', 'd2', 'd1', 'd2'
        $first, $second | Close-TcpConnection
    }

    It 'with too few replies on an open connection, says so, and those that come later are not lost' {
        $server = Start-TcpServer -Framing Line
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage $client a -Count 1 -TimeoutSec 0.2 -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        "$faults" | Should -BeLike "0 of 1 replies arrived from 127.0.0.1:$($server.Port) within*later wait in the connection."
        Send-TcpMessage -Job $server late
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'late'
        $late = Start-TcpServer -Framing Line -Reply a, b -DelayMs 500
        $other = Open-TcpConnection 127.0.0.1 $late.Port -Framing Line
        Send-TcpMessage $other x -Count 2 -TimeoutSec 20 | Select-Object -First 1 | ForEach-Object Text | Should -Be 'a'
        (Receive-TcpMessage $other -Count 1 -TimeoutSec 20).Text | Should -Be 'b'
        $client, $other | Close-TcpConnection
    }

    It 'an open connection that the peer closes has fewer replies' {
        $server = Start-TcpServer -Framing Line -Dialogue 'one', @{ '*' = 'two' }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        (Send-TcpMessage $client a -Count 5 -TimeoutSec 10 -ErrorVariable faults -ErrorAction SilentlyContinue).Text | Should -Be 'one', 'two'
        $faults.FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        Close-TcpConnection $client
    }

    It 'says what to do when a server answers only at the end of the stream' {
        $server = Start-TcpServer
        $said = { Send-TcpMessage 127.0.0.1 $server.Port hi -Count 1 -TimeoutSec 0.1 -ErrorAction Stop } | Should -Throw -PassThru
        "$said" | Should -BeLike '*A server that answers only at the end of the stream needs -Receive without -Count.'
    }

    It 'is advised where -Receive got no answer' {
        $peer = Start-PythonPeer $select -ArgumentList 30
        $replies = Send-TcpMessage 127.0.0.1 $peer.Port hello -Framing Line -Receive -WarningVariable warnings -WarningAction SilentlyContinue
        $replies | Should -BeNullOrEmpty
        "$warnings" | Should -BeLike "127.0.0.1:$($peer.Port) closed the connection without a reply. -Receive alone ends the sending side*use -Count*"
    }
}

Describe 'A peer that does not read' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection -Reset
        Get-Job | Remove-Job -Force
    }

    It 'does not hold up the other clients of a server' {
        $server = Start-TcpServer -Framing Line
        $deaf, $client = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line -MaxMessageBytes 8000000 }
        Wait-Until { $server.ConnectionCount -eq 2 }
        $shell = [powershell]::Create().AddScript({
                Import-Module $args[0]
                1..4 | ForEach-Object { 'x' * 6000000 } | Send-TcpMessage -Job $args[1] -IntervalMs 1 -TimeoutSec 60
            }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($server)
        try {
            $run = $shell.BeginInvoke()
            (Receive-TcpMessage $client -Count 4 -TimeoutSec 20).ForEach{ $_.Length } | Should -Be (, 6000000 * 4)
            $run.IsCompleted | Should -BeFalse -Because 'the other client has its own time'
            Close-TcpConnection $deaf -Reset
            $shell.EndInvoke($run)
            $shell.Streams.Error.FullyQualifiedErrorId | Should -BeLike 'Connection*'
        }
        finally { $shell.Dispose() }
    }

    It 'shows how much is waiting, after a second' {
        $server = Start-TcpServer -Framing Line -BufferLimit 1
        $shell = [powershell]::Create().AddScript({
                Import-Module $args[0]
                1..40 | ForEach-Object { 'x' * 1000000 } | Send-TcpMessage 127.0.0.1 $args[1] -Framing Line -TimeoutSec 60
            }).AddArgument("$modulePath/PSNetLab.psd1").AddArgument($server.Port)
        try {
            $null = $shell.BeginInvoke()
            Wait-Until { $shell.Streams.Progress.Activity -like 'Sending to *' }
            "$($shell.Streams.Progress.Where{ $_.Activity -eq "Sending to 127.0.0.1:$($server.Port)" }[0].StatusDescription)" |
                Should -Match '^\d{6,} bytes wait until the other side reads$'
            $shell.Stop()
        }
        finally { $shell.Dispose() }
    }
}

Describe 'A peer that resets the connection' {
    It 'is reported after a plain send' {
        $peer = Start-PythonPeer @'
import socket, struct
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
client = listener.accept()[0]
client.recv(1)
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
client.close()
'@
        try {
            $fault = { Send-TcpMessage 127.0.0.1 $peer.Port hello -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionReset,*'
            "$fault" | Should -BeLike "127.0.0.1:$($peer.Port) reset the connection, so it may not have read what was sent. Check*"
        }
        finally { $peer.Stop() }
    }

    It 'is not reported where it read everything and closed' {
        $server = Start-TcpServer -Framing Line
        try {
            Send-TcpMessage 127.0.0.1 $server.Port hello -Framing Line -ErrorVariable faults
            $faults | Should -BeNullOrEmpty
        }
        finally { Remove-Job $server -Force }
    }
}

Describe 'A byte array in the pipeline' {
    BeforeAll { $bytes = [byte[]] (1, 2, 3) }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'is one message of <Name> with -Raw, and one warning without' -ForEach @(
        @{ Name = 'Send-TcpMessage' }
        @{ Name = 'Send-UdpMessage' }
    ) {
        $tcp = $Name -eq 'Send-TcpMessage'
        $server = $tcp ? (Start-TcpServer) : (Start-UdpServer)
        $framed = $tcp ? (Start-TcpServer -Framing Length16) : $server
        $options = $tcp ? @{ Framing = 'Length16' } : @{}
        $receive = $tcp ? 'Receive-TcpMessage' : 'Receive-UdpMessage'
        $bytes | & $Name 127.0.0.1 $server.Port @options -Raw -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
        (& $receive $server -Count 1 -TimeoutSec 20).Data | Should -Be 1, 2, 3

        'a', 'b', [byte] 99 | & $Name 127.0.0.1 $server.Port @options -Raw
        (& $receive $server -Count 1 -TimeoutSec 20).Text | Should -Be 'abc'

        $bytes | & $Name 127.0.0.1 $framed.Port @options -WarningVariable warnings -WarningAction SilentlyContinue
        (& $receive $framed -Count 3 -TimeoutSec 20).ForEach{ $_.Length } | Should -Be 1, 1, 1
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike '*takes a byte array apart*-Raw*'

        $none = @() | & $Name 127.0.0.1 $server.Port @options -Raw
        (& $receive $server -TimeoutSec 0) | Should -BeNullOrEmpty
    }

    It 'goes whole to each of several connections' {
        $server = Start-TcpServer
        $clients = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Length16 }
        $clients | Send-TcpMessage -Message 'a', 'b' -Raw
        (Receive-TcpMessage $server -Count 2 -TimeoutSec 20).Text | Should -Be 'ab', 'ab'
        $clients | Close-TcpConnection
    }
}

Describe 'Receiving with -TimeoutSec 0' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -Echo
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'takes what is there' {
        Receive-TcpMessage $client -TimeoutSec 0 | Should -BeNullOrEmpty
        Receive-TcpMessage $server -TimeoutSec 0 | Should -BeNullOrEmpty
        'a', 'b' | Send-TcpMessage $client
        Wait-Until { $server.Waiting -eq 2 -and ($client | Get-SocketInfo).ReceiveQueue -eq 4 }
        (Receive-TcpMessage $server -TimeoutSec 0).Text | Should -Be 'a', 'b'
        (Receive-TcpMessage $client -TimeoutSec 0).Text | Should -Be 'a', 'b'
    }

    It 'says how many are missing of -Count' {
        $fault = { Receive-TcpMessage $client -Count 1 -TimeoutSec 0 -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
    }

    It 'leaves half a message for the next call' {
        $server | Get-TcpConnection | Close-TcpConnection
        $raw = Start-TcpServer
        $other = Open-TcpConnection 127.0.0.1 $raw.Port -Framing Line
        Wait-Until { $raw.ConnectionCount }
        Send-TcpMessage $raw 'ha'
        Wait-Until { ($other | Get-SocketInfo).ReceiveQueue }
        Receive-TcpMessage $other -TimeoutSec 0 | Should -BeNullOrEmpty
        Send-TcpMessage $raw "lf`n"
        (Receive-TcpMessage $other -Count 1 -TimeoutSec 20).Text | Should -Be 'half'
    }
}

Describe 'A byte order mark' {
    It 'at the start of a stream is not text' -ForEach @(
        @{ Encoding = 'utf8'; Bytes = [byte[]] (0xEF, 0xBB, 0xBF, 0x61, 0x0A, 0xEF, 0xBB, 0xBF, 0x62, 0x0A) }
        @{ Encoding = 'utf-16'; Bytes = [byte[]] (0xFF, 0xFE, 0x61, 0, 0x0A, 0, 0xFF, 0xFE, 0x62, 0, 0x0A, 0) }
    ) {
        $server = Start-TcpServer -Framing Line -Encoding $Encoding
        try {
            Send-TcpMessage 127.0.0.1 $server.Port $Bytes
            $messages = Receive-TcpMessage $server -Count 2 -TimeoutSec 20
            $messages.Text | Should -Be 'a', "$([char] 0xFEFF)b"
            $messages[0].Length | Should -BeGreaterThan $messages[0].Text.Length
        }
        finally { Remove-Job $server -Force }
    }
}
