# The end of the web server, of its connections and of who waits for it; nothing stays open.

BeforeDiscovery {
    $load = Get-Command ab -CommandType Application -ErrorAction Ignore
    if (-not $load) { Write-Warning 'ab (apache2-utils) is missing: the test with it is skipped.' }
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $site = New-Site @{ 'index.html' = 'home'; 'middle.bin' = [byte[]]::new(200000); 'large.bin' = [byte[]]::new(30MB) }

    # The descriptors of this process but for its pipes, which lead to the peers.
    function Get-DescriptorCount {
        @(@(Get-DescriptorTarget) -notlike 'pipe:*').Count
    }

    function Start-Client($Server, [string] $Code) {
        Start-PythonPeer -NoPort -ArgumentList $Server.Port @"
import http.client, socket, sys, threading
port = int(sys.argv[1])
def connect(sent=b''):
    peer = socket.create_connection(('127.0.0.1', port), 20)
    peer.sendall(sent)
    return peer
def get(target):
    return b'GET ' + target + b' HTTP/1.1\r\nHost: x\r\n\r\n'
$Code
"@
    }
}

AfterAll { Stop-HttpClient }

Describe 'Stop-Job of the web server' {
    BeforeEach {
        $server = Start-StaticHttpServer $site -NoRecord
        # The first request opens some descriptors for good.
        $null = Invoke-Request $server 'GET /middle.bin'
    }

    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-Job | Remove-Job -Force
    }

    It 'frees the port before it returns' {
        $port = $server.Port
        Stop-Job $server
        $server.State | Should -Be 'Stopped'
        (Invoke-Request (Start-StaticHttpServer $site $port) 'GET /').Text | Should -Be 'home'
        (Invoke-Curl $server.Uri).Status | Should -Be 200
    }

    It 'closes quiet connections at once' {
        $null = Invoke-Within 1000 {
            $server = Start-StaticHttpServer $site -NoRecord
            $peer = Start-Client $server @'
idle = [connect() for _ in range(10)] + [connect(get(b'/')) for _ in range(10)]
[peer.recv(65536) for peer in idle[10:]]
print('there')
print({peer.recv(1) for peer in idle})
'@
            try {
                $peer.ReadLine() | Should -Be 'there'
                Wait-Until { $server.ConnectionCount -eq 20 }
                Measure-Stop $server
                $peer.ReadLine() | Should -Be "{b''}"
            }
            finally { $peer.Stop() }
        }
    }

    It 'lets answers that are under way come to their end' {
        $peer = Start-Client $server @'
peers = [connect(get(b'/large.bin')) for _ in range(4)]
counts = [len(peer.recv(1000)) for peer in peers]
print('there')
def read(number):
    while data := peers[number].recv(1 << 20):
        counts[number] += len(data)
threads = [threading.Thread(target=read, args=[number]) for number in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(all(count > 30 << 20 for count in counts))
'@
        $peer.ReadLine() | Should -Be 'there'
        Stop-Job $server
        $peer.ReadLine(30) | Should -Be 'True'
        Wait-Until { $server.State -eq 'Stopped' }
    }

    It 'does not wait for a client that does not read' {
        $peer = Start-Client $server @'
peers = [connect(get(b'/large.bin')) for _ in range(20)]
[peer.recv(1000) for peer in peers]
print('there')
input()
'@
        $peer.ReadLine() | Should -Be 'there'
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Stop-Job $server
        Wait-Until { $server.State -eq 'Stopped' }
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        $server.ConnectionCount | Should -Be 0
    }

    It 'breaks no answer off while eight clients ask without a pause' {
        $peer = Start-Client $server @'
broken, count = [], [0]
def ask(target):
    try:
        client = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
        while True:
            client.request('GET', target)
            answer = client.getresponse()
            body = answer.read()
            count[0] += 1
            if count[0] == 200:
                print('there')
    except http.client.IncompleteRead as fault:
        broken.append(fault)
    except OSError:
        pass  # no answer any more
threads = [threading.Thread(target=ask, args=[('/', '/middle.bin')[number % 2]]) for number in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(broken)
'@
        $peer.ReadLine() | Should -Be 'there'
        Stop-Job $server
        $peer.ReadLine(30) | Should -Be '[]'
        Wait-Until { $server.State -eq 'Stopped' }
        $server.Error | Should -BeNullOrEmpty
    }

    It 'ends under the load of ab, and the port is free' -Skip:(-not $load) {
        $start = [Diagnostics.ProcessStartInfo]::new('ab', [string[]] ('-q', '-k', '-c', '50', '-n', '10000000', "$($server.Uri)"))
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $ab = [Diagnostics.Process]::Start($start)
        try {
            Wait-Until { $server.MessageCount -gt 2000 } -TimeoutSec 30
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Stop-Job $server
            Wait-Until { $server.State -eq 'Stopped' }
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
            $next = Start-StaticHttpServer $site $server.Port
            $next.Port | Should -Be $server.Port
        }
        finally {
            $ab.Kill()
            $ab.Dispose()
        }
        $server.Error | Should -BeNullOrEmpty
    }

    It 'works inside the pipeline of Receive-Job -Wait' {
        $recording = Start-StaticHttpServer $site
        $null = Send-Raw $recording ("GET / HTTP/1.1`r`nHost: x`r`n`r`n" * 5) -Count 5
        $statuses = $recording | Receive-Job -Wait | ForEach-Object {
            $_.Status
            if (-not $recording.Waiting) { Stop-Job $recording }
        }
        $statuses | Should -Be 200, 200, 200, 200, 200
        Wait-Until { $recording.State -eq 'Stopped' }
    }

    It 'is not needed by Remove-Job -Force in the middle of a download' {
        $peer = Start-Client $server @'
peer = connect(get(b'/large.bin'))
print(len(peer.recv(100)))
input()
'@
        $peer.ReadLine() | Should -Be '100'
        Remove-Job $server -Force
        (Start-StaticHttpServer $site $server.Port).Port | Should -Be $server.Port
    }
}

Describe 'Ctrl+C' {
    It 'ends Receive-Job -Wait; the server goes on' {
        $server = Start-StaticHttpServer $site
        try {
            $null = Invoke-Request $server 'GET /'
            $result = Invoke-Stoppable { Receive-Job $args[0] -Wait } -ArgumentList $server -When { param($output) $output.Count }
            $result.State | Should -Be 'Stopped'
            $result.EndedBefore | Should -BeFalse
            $result.StopMs | Should -BeLessThan 10000
            (Invoke-Request $server 'GET /').Text | Should -Be 'home'
        }
        finally { Remove-Job $server -Force }
    }

    It 'and the end of a runspace leave no server behind' -Skip:(-not $IsLinux) {
        $port = Get-FreePort
        $sockets = Get-OpenSocketCount
        $result = Invoke-Stoppable { Start-StaticHttpServer $args[0] $args[1]; Start-Sleep 60 } -ArgumentList $site, $port -When { param($output) $output.Count }
        $result.State | Should -Be 'Stopped'
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
        (Invoke-Curl "http://127.0.0.1:$port/").ExitCode | Should -Be 7
    }
}

Describe 'Nothing is left open' -Skip:(-not $IsLinux) {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'after fifty starts and stops, every other over TLS, with a log, with a request or without' {
        $cycle = {
            param($number)
            $switches = @{}
            if ($number % 2) { $switches.Tls = $true }
            if ($number % 3) { $switches.LogPath = "$TestDrive/cycle.log" }
            $server = Start-StaticHttpServer $site @switches
            if ($number % 10 -eq 0) { $null = Invoke-Request $server 'GET /middle.bin' }
            Stop-Job $server
            Remove-Job $server
        }
        0..10 | ForEach-Object { & $cycle $_ }
        $before = Get-DescriptorCount
        1..50 | ForEach-Object { & $cycle $_ }
        Wait-Until { (Get-DescriptorCount) -le $before }
    }

    It 'of the files it held in memory' {
        $held = { @(@(Get-DescriptorTarget) -like '/memfd:PSNetLab*').Count }
        $server = Start-StaticHttpServer (New-Site @{ 'held.bin' = [byte[]]::new(40000) })
        # What changed just now is not held.
        Wait-Until { (Invoke-Request $server 'GET /held.bin').Body.Length -eq 40000 -and (& $held) }
        & $held | Should -Be 1
        Stop-Job $server
        Wait-Until { (& $held) -eq 0 }
    }

    It 'after two thousand connections that ended in every way' {
        $server = Start-StaticHttpServer $site -NoRecord -MaxConnections 300
        $null = Invoke-Request $server 'GET /large.bin'
        Wait-Until { $server.ConnectionCount -eq 0 }
        $before = Get-DescriptorCount
        $peer = Start-Client $server @'
import struct
for round in range(10):
    peers = []
    for number in range(200):
        peers.append(connect((b'', b'GET', get(b'/'), get(b'/middle.bin'), get(b'/large.bin'), b'nonsense\r\n\r\n')[number % 6]))
    for number, peer in enumerate(peers):
        if number % 4 == 0:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        elif number % 4 == 1 and number % 6 > 1:
            peer.recv(1000)
        peer.close()
print('gone')
'@
        try { $peer.ReadLine(60) | Should -Be 'gone' }
        finally { $peer.Stop() }
        Wait-Until { $server.ConnectionCount -eq 0 }
        Wait-Until { (Get-DescriptorCount) -le $before }
        $server.Error | Where-Object FullyQualifiedErrorId -NotLike 'TooManyConnections*' | Should -BeNullOrEmpty
        (Invoke-Request $server 'GET /').Text | Should -Be 'home'
    }
}
