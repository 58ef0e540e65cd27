# Ctrl+C and Select-Object -First: what waits ends at once, and no socket stays behind.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # Ctrl+C while the script waits; it has to end in good time, and every socket it opened with it.
    function Assert-EndsAtOnce([scriptblock] $Script, [object[]] $ArgumentList, [scriptblock] $When) {
        $before = Get-OpenSocketCount
        $result = Invoke-Stoppable $Script -ArgumentList $ArgumentList -When $When
        Write-Host ('Ctrl+C: {0:n0} ms' -f $result.StopMs)
        $result.EndedBefore | Should -BeFalse -Because 'it should have been waiting'
        $result.State | Should -Be 'Stopped'
        $result.Errors | Should -BeNullOrEmpty
        $result.StopMs | Should -BeLessThan 10000
        if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        $result.Output
    }

    # Never takes a connection from its queue, never reads; 'full' when it answers no SYN any more.
    $deafPeer = @'
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(0)
waiting = [socket.socket() for _ in range(int(sys.argv[1]))]
for w in waiting:
    w.setblocking(False)
    w.connect_ex(s.getsockname())
print('PORT', s.getsockname()[1])
input()
'@
}

Describe 'Ctrl+C' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line
        # The first use of a socket opens some for good, such as those of the event loops.
        'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        $null = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        Wait-Until { $server.ConnectionCount -eq 0 }
    }

    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'ends Open-TcpConnection that waits for an answer' -Skip:(-not $IsLinux) {
        $peer = Start-PythonPeer $deafPeer -ArgumentList 4
        Assert-EndsAtOnce { Open-TcpConnection 127.0.0.1 $args[0] -ConnectTimeoutSec 60 } $peer.Port | Should -BeNullOrEmpty
    }

    It 'ends Open-TcpConnection that waits for the TLS handshake' {
        Assert-EndsAtOnce { Open-TcpConnection 127.0.0.1 $args[0] -Tls -ConnectTimeoutSec 60 } $server.Port { $server.ConnectionCount }
        Wait-Until { $server.ConnectionCount -eq 0 }
    }

    It 'ends Send-TcpMessage whose peer does not read' {
        $peer = Start-PythonPeer $deafPeer -ArgumentList 0
        Assert-EndsAtOnce { , [byte[]]::new(32MB) | Send-TcpMessage 127.0.0.1 $args[0] -TimeoutSec 0; 'not reached' } $peer.Port |
            Should -BeNullOrEmpty
    }

    It 'ends Send-TcpMessage -Receive that waits for replies' {
        $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1])
c = s.accept()[0]
print(c.recv(100), flush=True)
print('end:', c.recv(100), flush=True)
input()
'@
        Assert-EndsAtOnce { 'question' | Send-TcpMessage 127.0.0.1 $args[0] -Framing Line -Receive -TimeoutSec 0 } $peer.Port {
            $peer.ReadLine() -eq "end: b''"
        }
    }

    It 'ends Send-TcpMessage between two messages' {
        Assert-EndsAtOnce { 1..3 | Send-TcpMessage 127.0.0.1 $args[0] -Framing Line -IntervalMs 60000 } $server.Port { $server.MessageCount -eq 2 }
        Wait-Until { $server.ConnectionCount -eq 0 }
        (Receive-TcpMessage -Job $server -TimeoutSec 0.2).Text | Should -Be '1'
    }

    It 'ends a pipeline into Send-TcpMessage that brings nothing' {
        Assert-EndsAtOnce { & { 'first'; Start-Sleep 60 } | Send-TcpMessage 127.0.0.1 $args[0] -Framing Line } $server.Port { $server.MessageCount -eq 2 }
        Wait-Until { $server.ConnectionCount -eq 0 }
    }

    It 'ends Send-TcpMessage -Connection; the connection, in the middle of a message, is reset' {
        $peer = Start-PythonPeer $deafPeer -ArgumentList 0
        $connection = Open-TcpConnection 127.0.0.1 $peer.Port
        $null = Assert-EndsAtOnce { , [byte[]]::new(32MB) | Send-TcpMessage -Connection $args[0] -TimeoutSec 0 } $connection { $connection.BytesSent }
        Wait-Until { $connection.State -eq 'Closed' }
        $connection.CloseReason | Should -Be 'LocalReset'
    }

    It 'ends Send-TcpMessage that still sends what Select-Object -First did not wait for' {
        $peer = Start-PythonPeer @'
import socket
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
c = s.accept()[0]
c.sendall(b'reply')
input()
'@
        $connection = Open-TcpConnection 127.0.0.1 $peer.Port
        $got = Assert-EndsAtOnce { Send-TcpMessage -Connection $args[0] ([byte[]]::new(32MB)) -Count 2 -TimeoutSec 0 | Select-Object -First 1 } $connection {
            param($output) $output.Count
        }
        $got.Text | Should -Be 'reply'
        Wait-Until { $connection.State -eq 'Closed' }
        $connection.CloseReason | Should -Be 'LocalReset'
    }

    It 'ends Receive-TcpMessage -Connection; the connection goes on' {
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.ConnectionCount -eq 1 }
        'before' | Send-TcpMessage -Job $server
        $got = Assert-EndsAtOnce { Receive-TcpMessage $args[0] } $connection { param($output) $output.Count }
        $got.Text | Should -Be 'before'
        'after' | Send-TcpMessage -Job $server
        Receive-TcpMessage $connection -Count 1 -TimeoutSec 20 | Should -Be 'after'
    }

    It 'ends Receive-TcpMessage -Job; the server goes on and nothing is lost' {
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'before' | Send-TcpMessage -Connection $connection
        $got = Assert-EndsAtOnce { Receive-TcpMessage -Job $args[0] } $server { param($output) $output.Count }
        $got.Text | Should -Be 'before'
        'after' | Send-TcpMessage -Connection $connection
        Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20 | Should -Be 'after'
    }

    It 'ends Receive-TcpMessage -Count before its time' {
        Assert-EndsAtOnce { Receive-TcpMessage -Job $args[0] -Count 5 -TimeoutSec 60 } $server
        $server.State | Should -Be 'Running'
    }

    It 'ends <What>, a pipe that nobody writes to' -Skip:$IsWindows -ForEach @(
        @{ What = 'the dialogue of Start-TcpServer'; Script = { Start-TcpServer -Path $args[0] } }
        @{ What = 'the certificate of Start-TcpServer'; Script = { Start-TcpServer -Certificate $args[0] } }
        @{ What = 'the issuers of Open-TcpConnection'; Script = { Open-TcpConnection localhost 1 -TrustedCertificate $args[0] } }
        @{ What = 'the recording of Start-HttpServer'; Script = { Start-HttpServer -Recording $args[0] } }
        @{ What = 'Import-HttpRecording'; Script = { Import-HttpRecording $args[0] } }
        @{ What = 'Import-NetTranscript'; Script = { Import-NetTranscript $args[0] } }
        @{ What = 'the transcript of Invoke-NetReplay'; Script = { Invoke-NetReplay localhost 1 -Transcript $args[0] } }
    ) {
        $pipe = "$((Get-Item $TestDrive).FullName)/pipe"
        if (-not (Test-Path $pipe)) { $null = mkfifo $pipe }
        Assert-EndsAtOnce $Script $pipe
        # Lets the thread go that opens it.
        [IO.FileStream]::new($pipe, 'Open', 'Write').Dispose()
    }

    It 'ends <Verb>; the server goes on' -ForEach @(
        @{ Verb = 'Receive-Job -Wait'; Script = { Receive-Job $args[0] -Wait } }
        @{ Verb = 'Wait-Job'; Script = { Wait-Job $args[0] } }
    ) {
        $null = Assert-EndsAtOnce $Script $server
        $server.State | Should -Be 'Running'
        'still here' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
        Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20 | Should -Be 'still here'
    }
}

Describe 'Select-Object -First 1, fifty times' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -Echo
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'x'
        $null = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        Wait-Until { $server.ConnectionCount -eq 1 }
        $sockets = Get-OpenSocketCount
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'leaves no socket of Send-TcpMessage -Receive' {
        foreach ($number in 1..50) {
            1..3 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive | Select-Object -First 1 | Should -Be '1'
        }
        Wait-Until { $server.ConnectionCount -eq 1 }
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
    }

    It 'leaves no socket of Send-TcpMessage -PassThru' {
        foreach ($number in 1..50) {
            1..1000 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -PassThru | Select-Object -First 1 | Should -Be '1'
        }
        Wait-Until { $server.ConnectionCount -eq 1 }
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
    }

    It 'loses no message of Receive-TcpMessage -Connection' {
        1..50 | Send-TcpMessage -Connection $connection
        foreach ($number in 1..50) { Receive-TcpMessage $connection | Select-Object -First 1 | Should -Be "$number" }
        $connection.State | Should -Be 'Established'
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
    }

    It 'loses no message of Receive-TcpMessage -Job' {
        1..50 | Send-TcpMessage -Connection $connection
        foreach ($number in 1..50) { Receive-TcpMessage -Job $server | Select-Object -First 1 | Should -Be "$number" }
        $server.Waiting | Should -Be 0
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
    }

    It 'leaves only the connections that Open-TcpConnection handed out' {
        foreach ($number in 1..50) {
            $opened = 1..3 | ForEach-Object { [pscustomobject] @{ ComputerName = '127.0.0.1'; Port = $server.Port } } |
                Open-TcpConnection | Select-Object -First 1
            Close-TcpConnection $opened
        }
        (Get-TcpConnection).Id | Should -Be $connection.Id
        Wait-Until { $server.ConnectionCount -eq 1 }
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
    }
}
