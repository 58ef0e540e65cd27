# Whom and how much the web server lets in, and clients that take their time.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $site = New-Site @{ 'index.html' = 'home'; 'large.bin' = [byte[]]::new(10MB) }
    $get = "GET / HTTP/1.1`r`nHost: x`r`n`r`n"

    # Runs a Python client on the server; it prints lines. connect() gives a socket, get(target) the status and size of an answer.
    function Start-Client($Server, [string] $Code) {
        Start-PythonPeer -NoPort -ArgumentList $Server.Port @"
import http.client, re, select, socket, sys, threading, time
port = int(sys.argv[1])
def connect(sent=b'', buffer=None):
    peer = socket.socket()
    if buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    peer.settimeout(20)
    peer.connect(('127.0.0.1', port))
    peer.sendall(sent)
    return peer
def get(target):
    client = http.client.HTTPConnection('127.0.0.1', port, timeout=20)
    client.request('GET', target)
    answer = client.getresponse()
    return answer.status, len(answer.read())
def rest(peer):
    got = b''
    try:
        while data := peer.recv(65536):
            got += data
    except ConnectionResetError:
        got += b' RESET'
    return got
$Code
"@
    }

    function Invoke-Client($Server, [string] $Code) {
        $peer = Start-Client $Server $Code
        try { $peer.ReadToEnd() }
        finally { $peer.Stop() }
    }
}

AfterAll { Stop-HttpClient }

Describe 'Limits of the web server' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'size' {
        It 'of the request line is -MaxRequestLineBytes: then 414' {
            $server = Start-StaticHttpServer $site -MaxRequestLineBytes 100
            # "GET /", "?", "HTTP/1.1" and the end of the line.
            $room = 100 - "GET /? HTTP/1.1`r`n".Length
            (Invoke-Request $server "GET /?$('x' * $room)").Status | Should -Be 200
            foreach ($target in "/?$('x' * ($room + 1))", "/?$('x' * 5000)") {
                $result = Send-Raw $server "GET $target HTTP/1.1`r`nHost: x`r`n`r`n$get"
                $result.Answers.Status | Should -Be 414
                $result.End | Should -Be 'closed'
            }
            (Invoke-Request (Start-StaticHttpServer $site) "GET /?$('x' * 8000)").Status | Should -Be 200
            (Invoke-Request (Start-StaticHttpServer $site) "GET /?$('x' * 9000)").Status | Should -Be 414
        }

        It 'of all fields is -MaxHeaderBytes, their number -MaxHeaderCount: then 431' {
            $small, $few, $usual = (Start-StaticHttpServer $site -MaxHeaderBytes 200), (Start-StaticHttpServer $site -MaxHeaderCount 5), (Start-StaticHttpServer $site)
            (Invoke-Request $small 'GET /' "X: $('x' * 100)").Status | Should -Be 200
            (Invoke-Request $small 'GET /' "X: $('x' * 300)").Status | Should -Be 431
            # Host and Connection are there already.
            (Invoke-Request $few 'GET /' (1..3 | ForEach-Object { "X: $_" })).Status | Should -Be 200
            (Invoke-Request $few 'GET /' (1..4 | ForEach-Object { "X: $_" })).Status | Should -Be 431
            (Invoke-Request $usual 'GET /' (1..98 | ForEach-Object { "X-$($_): $('x' * 300)" })).Status | Should -Be 200
            (Invoke-Request $usual 'GET /' (1..99 | ForEach-Object { "X: $_" })).Status | Should -Be 431
            (Invoke-Request $usual 'GET /' "X: $('x' * 33000)").Status | Should -Be 431
        }
    }

    Context 'time' {
        It 'for a request is -RequestTimeoutSec, whatever comes of it: then 408, unless it has its answer' {
            $server = Start-StaticHttpServer $site -RequestTimeoutSec 0.5
            Invoke-Client $server @'
idle = [connect(), connect(b'G'), connect(b'GET / HTTP/1.1\r\nHost: x\r\n'), connect(b'GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /'), connect(b'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody')]
slow = connect()
def trickle():
    try:
        for byte in b'GET / HTTP/1.1\r\nX: ' + b'x' * 1000:
            slow.sendall(bytes([byte]))
            time.sleep(0.02)
    except ConnectionError:
        pass
threading.Thread(target=trickle, daemon=True).start()
start = time.monotonic()
for peer in idle + [slow]:
    got = rest(peer)
    print([status.decode() for status in re.findall(rb'HTTP/1\.1 (\d+) ', got)], end=' ')
print(time.monotonic() - start < 15)
'@ | Should -Be "[] ['408'] ['408'] ['200', '408'] ['405'] ['408'] True"
            (Receive-Job $server).Status | Should -Contain 408
            $server.Error | Should -BeNullOrEmpty
        }

        It 'between requests is -KeepAliveTimeoutSec: then the connection is closed' {
            $server = Start-StaticHttpServer $site -KeepAliveTimeoutSec 0.3
            $result = Send-Raw $server $get
            $result.Answers.Status | Should -Be 200
            $result.End | Should -Be 'closed'
            Wait-Until { $server.ConnectionCount -eq 0 }
            # Quiet for less than that, a connection stays.
            Invoke-Client (Start-StaticHttpServer $site -RequestTimeoutSec 0.3 -KeepAliveTimeoutSec 60) @'
peer = connect(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
first = peer.recv(65536)
print(select.select([peer], [], [], 1)[0])
peer.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
print(rest(peer)[:15])
'@ | Should -Be '[]', "b'HTTP/1.1 200 OK'"
        }

        It 'for a client that does not read ends; for one that reads slowly it does not' {
            $server = Start-StaticHttpServer $site -RequestTimeoutSec 1
            $peer = Start-Client $server @'
deaf = connect(b'GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n', 4096)
slow = connect(b'GET /large.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
start, count = time.monotonic(), 0
while time.monotonic() - start < 3:
    count += len(slow.recv(20000))
    time.sleep(0.05)
print(count + len(rest(slow)) > 10 << 20)
input()
print(len(rest(deaf)) < 10 << 20)
'@
            try {
                $peer.ReadLine() | Should -Be 'True'
                Wait-Until { $server.Waiting -eq 2 }
                Receive-Job $server | Sort-Object BytesSent | ForEach-Object Completed | Should -Be $false, $true
                $peer.WriteLine('read')
                $peer.ReadLine() | Should -Be 'True'
            }
            finally { $peer.Stop() }
        }
    }

    Context 'crowds' {
        It 'of connections is -MaxConnections: then 503, counted, said once' {
            $server = Start-StaticHttpServer $site -MaxConnections 2
            $peer = Start-Client $server @'
kept = [connect(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n') for _ in range(2)]
[peer.recv(65536) for peer in kept]
for number in range(20):
    got = rest(connect(b'GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n'))
    if number == 0:
        print(got.decode())
        print('END')
    assert got.startswith(b'HTTP/1.1 503 '), got
kept[0].sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
print(kept[0].recv(65536)[:15])
kept.pop().close()
print('left')
input()
'@
            try {
                $answer = while (($line = $peer.ReadLine(30)) -ne 'END') { $line }
                $answer | Should -Contain 'Retry-After: 1'
                $answer | Should -Contain 'Connection: close'
                $peer.ReadLine() | Should -Be "b'HTTP/1.1 200 OK'"
                $peer.ReadLine() | Should -Be 'left'
                Wait-Until { $server.ConnectionCount -eq 1 }
                (Invoke-Request $server 'GET /').Status | Should -Be 200
            }
            finally { $peer.Stop() }
            $server.Refused | Should -Be 20
            $server.StatusMessage | Should -BeLike '*, 20 refused'
            Wait-Until { $server.Error.Count }
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TooManyConnections*'
            "$($server.Error[0])" | Should -BeLike '*2 connections*Raise -MaxConnections*'
        }

        It 'of a hundred slow requests and a hundred slow readers keeps nobody else waiting' {
            $server = Start-StaticHttpServer $site -NoRecord
            Invoke-Client $server @'
talkers = [connect(b'GET / HTTP/1.1\r\nX: ') for _ in range(100)]
readers = [connect(b'GET /large.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 8192) for _ in range(100)]
[reader.recv(1000) for reader in readers]
start = time.monotonic()
answers = set()
for round in range(10):
    for peer in talkers:
        peer.sendall(b'x')
    for peer in readers:
        peer.recv(2000)
    for _ in range(5):
        answers.add(get('/'))
answers.add(get('/large.bin'))
print(answers == {(200, 4), (200, 10 << 20)}, time.monotonic() - start < 60)
for peer in talkers:
    peer.sendall(b'\r\nHost: x\r\nConnection: close\r\n\r\n')
print({rest(peer)[:15] for peer in talkers})
readers[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
print(len(rest(readers[0])) > 9 << 20)
print('done')
'@ | Should -Be 'True True', "{b'HTTP/1.1 200 OK'}", 'True', 'done'
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.Error | Should -BeNullOrEmpty
        }

        It 'with -AllowAddress <Allow> and -DenyAddress <Deny>: from <From>, welcome <Welcome>' -Skip:(-not $IsLinux) -ForEach @(
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.1'; Welcome = $true }
            @{ Allow = '127.0.0.0/31'; Deny = $null; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = '127.0.0.0/8'; Deny = '127.0.0.3', '127.0.0.4/31'; From = '127.0.0.5'; Welcome = $false }
            @{ Allow = '127.0.0.0/8'; Deny = '127.0.0.3', '127.0.0.4/31'; From = '127.0.0.2'; Welcome = $true }
        ) {
            $lists = @{}
            if ($Allow) { $lists.AllowAddress = $Allow }
            if ($Deny) { $lists.DenyAddress = $Deny }
            $server = Start-StaticHttpServer $site @lists
            $answer = Invoke-Curl --interface $From $server.Uri
            $answer.Status | Should -Be ($Welcome ? 200 : 0)
            # 52 is an empty reply, 56 a reset.
            if (-not $Welcome) { $answer.ExitCode | Should -BeIn 52, 56 }
            $server.Refused | Should -Be ($Welcome ? 0 : 1)
        }
    }
}
