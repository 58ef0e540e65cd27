# Replies that end early, late or in the middle; pipelines that end early; and what is sent when nothing comes through the pipeline.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # Answers a client with the words, one after the other. For '?' it waits for a line of input and takes a while; 'FIN' ends its sending side.
    function Start-Answerer([string[]] $Word) {
        Start-PythonPeer -ArgumentList $Word -Code @'
import socket, sys, time
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
client = listener.accept()[0]
client.recv(1024)
for word in sys.argv[1:]:
    if word == '?':
        input()
        time.sleep(0.1)
    elif word == 'FIN':
        client.shutdown(socket.SHUT_WR)
    else:
        client.sendall(word.encode().decode('unicode_escape').encode())
input()
'@
    }
}

Describe 'Replies' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'that are cut off are an error beside what came, with <Name>' -ForEach @(
        @{ Name = '-Count'; Wanted = @{ Count = 2 } }
        @{ Name = 'a greater -Count'; Wanted = @{ Count = 5 } }
        @{ Name = '-Receive'; Wanted = @{ Receive = $true } }
    ) {
        $peer = Start-Answerer 'r0\nr', 'FIN'
        $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -TimeoutSec 10 @Wanted -ErrorVariable faults -ErrorAction SilentlyContinue
        $replies.Text | Should -Be 'r0', 'r'
        $replies.Truncated | Should -Be $false, $true
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame,*'
        $faults[0].CategoryInfo.Category | Should -Be 'InvalidData'
        "$($faults[0])" | Should -BeLike "127.0.0.1:$($peer.Port) ended the stream in the middle of a message: only 1 bytes of a Line frame*"
    }

    It 'that are cut off are an error of Receive-TcpMessage, with <Name>' -ForEach @(
        @{ Name = '-Count'; Wanted = @{ Count = 2 } }
        @{ Name = 'all'; Wanted = @{} }
    ) {
        $peer = Start-Answerer 'r0\nr', 'FIN'
        $connection = Open-TcpConnection 127.0.0.1 $peer.Port -Framing Line
        Send-TcpMessage $connection q
        $replies = Receive-TcpMessage $connection -TimeoutSec 10 @Wanted -ErrorVariable faults -ErrorAction SilentlyContinue
        $replies.Text | Should -Be 'r0', 'r'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame,*'
    }

    It 'of a server that has not closed when the time is over come with a warning' {
        # A peer that cannot answer so soon, because the machine stands still, is given another chance.
        foreach ($try in 1..3) {
            if ($peer) { $peer.Stop() }
            $peer = Start-Answerer 'r0\n'
            $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -Receive -TimeoutSec 0.3 -ErrorVariable faults -WarningVariable warnings -WarningAction SilentlyContinue
            if ($replies) { break }
        }
        $replies.Text | Should -Be 'r0'
        $faults | Should -BeNullOrEmpty
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike "127.0.0.1:$($peer.Port) had not closed the connection after 0.3 s*Raise -TimeoutSec*"
    }

    It 'have their time while the cmdlet waits, not while the pipeline works' {
        foreach ($try in 1..3) {
            if ($peer) { $peer.Stop() }
            $peer = Start-Answerer 'r0\n', '?', 'r1\n'
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -Count 2 -TimeoutSec 1 -ErrorVariable faults -ErrorAction SilentlyContinue | ForEach-Object {
                if ($_.Text -eq 'r0') {
                    Start-Sleep -Milliseconds 1100
                    $peer.WriteLine('go')
                }
                $_
            }
            # A machine that stood still is given another chance.
            if ($clock.Elapsed.TotalSeconds -lt 1.9) { break }
        }
        $replies.Text | Should -Be 'r0', 'r1'
        $faults | Should -BeNullOrEmpty
    }
}

Describe 'A pipeline that ends early' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'sends what it was given, although a reply was waiting: <Name>' -ForEach @(
        @{ Name = 'Select-Object -First'; Send = { Send-TcpMessage -Connection $args[0] two -Count 2 | Select-Object -First 1 } }
        @{ Name = '-Raw'; Send = { Send-TcpMessage -Connection $args[0] "two`n" -Raw -Count 2 | Select-Object -First 1 } }
        @{ Name = '-PassThru'; Send = { Send-TcpMessage -Connection $args[0] two -PassThru | Select-Object -First 1 } }
        @{ Name = 'throw'; Send = { try { Send-TcpMessage -Connection $args[0] two -Count 2 | ForEach-Object { throw } } catch { $_ } } }
        @{ Name = 'throw in a command before it'; Send = { try { & { 'two'; throw } | Send-TcpMessage -Connection $args[0] } catch { $_ } } }
        @{ Name = 'break'; Send = { do { Send-TcpMessage -Connection $args[0] two -Count 2 | ForEach-Object { break } } while ($true) } }
        @{
            Name    = 'a script for the framing'
            Framing = @{ Parse = { [array]::IndexOf([byte[]] $_, [byte] 10) + 1 }; Format = { $_; 10 } }
            Send    = { Send-TcpMessage -Connection $args[0] two -Count 2 | Select-Object -First 1 }
        }
    ) {
        $server = Start-TcpServer -Framing Line -Reply a, b
        foreach ($try in 1..20) {
            $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing ($Framing ?? 'Line')
            $null = Send-TcpMessage -Connection $connection one -Count 1 -TimeoutSec 20
            $null = & $Send $connection
            $connection.MessagesSent | Should -Be 2
            (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'one', 'two'
            Close-TcpConnection $connection
        }
    }

    It 'sends a large message to its end, and the rest of its echo waits in the connection' {
        $server = Start-TcpServer -Echo -NoRecord
        $connection = Open-TcpConnection 127.0.0.1 $server.Port
        $echoed = (Send-TcpMessage -Connection $connection ([byte[]]::new(32MB)) -Count 3 -TimeoutSec 20 | Select-Object -First 1).Length
        $connection.BytesSent | Should -Be 32MB
        $connection.State | Should -Be 'Established'
        while ($echoed -lt 32MB) { $echoed += (Receive-TcpMessage $connection -Count 1 -TimeoutSec 20 -ErrorAction Stop).Length }
        $echoed | Should -Be 32MB
    }

    It 'sends a large message to its end over a connection of its own' {
        $server = Start-TcpServer -Echo
        $null = Send-TcpMessage 127.0.0.1 $server.Port ([byte[]]::new(16MB)) -Receive -TimeoutSec 10 | Select-Object -First 1
        $received = 0
        while ($received -lt 16MB) { $received += (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20 -ErrorAction Stop).Length }
        $received | Should -Be 16MB
    }

    It 'gives up a peer that does not read when the time is over, and says so' {
        foreach ($try in 1..3) {
            if ($peer) { $peer.Stop() }
            $peer = Start-Answerer 'r0\n'
            $connection = Open-TcpConnection 127.0.0.1 $peer.Port -Framing Line
            $first = Send-TcpMessage -Connection $connection ('x' * 32MB) -Count 2 -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue |
                Select-Object -First 1
            # It may not answer so soon when the machine stands still.
            if ($first) { break }
        }
        $first.Text | Should -Be 'r0'
        $faults.FullyQualifiedErrorId | Should -BeLike 'SendTimeout,*'
        $connection.CloseReason | Should -Be 'LocalReset'
    }

    It 'keeps the order of the replies that it leaves' {
        $server = Start-TcpServer -Framing Line -Reply (1..6 | ForEach-Object { "r$_" })
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        (Send-TcpMessage -Connection $connection go -Count 6 -TimeoutSec 20 | Select-Object -First 1).Text | Should -Be 'r1'
        (Send-TcpMessage -Connection $connection go -Count 3 -TimeoutSec 20 | Select-Object -First 1).Text | Should -Be 'r2'
        (Receive-TcpMessage $connection -Count 10 -TimeoutSec 20).Text | Should -Be 'r3', 'r4', 'r5', 'r6', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6'
    }
}

Describe 'Sending nothing' {
    It 'takes no message for a host' {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        try {
            $text = "localhost:$($listener.LocalEndpoint.Port)"
            Get-TcpConnection | Where-Object { $false } | Send-TcpMessage $text -ErrorVariable faults
            $faults | Should -BeNullOrEmpty
            $listener.Pending() | Should -BeFalse
        }
        finally { $listener.Stop() }
    }
}
