# Test-HttpEndpoint where several servers have a part: redirects from one to another, proxies, servers that mean harm.
BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    Set-Content $TestDrive/index.html 'ready'
    $folder = (Get-Item $TestDrive).FullName
    $root = New-TestCertificate $folder root -Authority -ToDays 300
    $null = New-TestCertificate $folder soon -Issuer $root -DnsName localhost -ToDays 10.5
    $null = New-TestCertificate $folder late -Issuer $root -DnsName localhost -ToDays 90.5
    $null = New-TestCertificate $folder me -Issuer $root -DnsName me -Usage '1.3.6.1.5.5.7.3.2'
    foreach ($one in 'soon', 'late', 'me') { Get-Content "$folder/$one.pem", "$folder/$one.key" | Set-Content "$folder/$one-bundle.pem" }

    # Prints every head it gets; opens tunnels if told to, and otherwise wants a login.
    $proxyCode = @'
import socket, sys, threading
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass
def serve(c):
    head = b''
    while b'\r\n\r\n' not in head:
        data = c.recv(65536)
        if not data:
            return
        head += data
    print(head.decode().replace('\r\n', '|'), flush=True)
    if head.startswith(b'CONNECT') and sys.argv[1] == 'tunnel':
        host, port = head.split()[1].decode().split(':')
        up = socket.create_connection(('127.0.0.1', int(port)))
        c.sendall(b'HTTP/1.1 200 Open\r\n\r\n')
        threading.Thread(target=pump, args=(c, up), daemon=True).start()
        pump(up, c)
    elif sys.argv[1] == 'tunnel':
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
    else:
        c.sendall(b'HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n')
    c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
'@
}

Describe 'Test-HttpEndpoint with several servers' {
    BeforeAll {
        $last = Start-StaticHttpServer $TestDrive -Tls -Certificate "$folder/late-bundle.pem" -ClientCertificate Allow -TrustedCertificate "$folder/root.pem"
        $first = Start-HttpServer (New-HttpRoute / -Status 302 -ResponseHeader @{ Location = "https://localhost:$($last.Port)/" }) -Tls -Certificate "$folder/soon-bundle.pem" -ClientCertificate Allow -TrustedCertificate "$folder/root.pem"
        $from = "https://localhost:$($first.Port)/"
        $trust = @{ TrustedCertificate = "$folder/root.pem" }
    }

    AfterAll { Remove-Job $first, $last -Force }

    It 'looks at the certificates of all of them with -WarningDays' {
        (Test-HttpEndpoint $from @trust).Status | Should -Be 'Passed'
        $result = Test-HttpEndpoint $from @trust -WarningDays 30
        $result.Status | Should -Be 'CertificateExpiring'
        $result.Hops.Count | Should -Be 2
        $result.Reason | Should -BeLike "The certificate of https://localhost:$($first.Port): *in 10 days*"
        (Test-HttpEndpoint $from @trust -WarningDays 9).Status | Should -Be 'Passed'
    }

    It 'shows the certificate of this side to the server that was named only' {
        $null = Receive-Job $last, $first
        $result = Test-HttpEndpoint $from @trust -ClientCertificate "$folder/me-bundle.pem"
        $result.Status | Should -Be 'Passed'
        (Receive-HttpRequest $first -Count 1 -TimeoutSec 20).Tls.PeerSubject | Should -Be 'CN=me'
        (Receive-HttpRequest $last -Count 1 -TimeoutSec 20).Tls.PeerSubject | Should -BeNullOrEmpty
        $result.Remarks | Should -BeLike "-ClientCertificate was not offered to https://localhost:$($last.Port)*"
    }

    It 'gives a login for the proxy to the proxy, and not to the server behind it' {
        $proxy = Start-PythonPeer $proxyCode tunnel
        try {
            $null = Receive-Job $last
            $with = @{ Proxy = "http://127.0.0.1:$($proxy.Port)"; Headers = @{ 'Proxy-Authorization' = 'Basic eDp5'; 'X-Own' = '1' } }
            (Test-HttpEndpoint "https://localhost:$($last.Port)/" @trust @with).Status | Should -Be 'Passed'
            $proxy.ReadLine() | Should -BeLike 'CONNECT *|Proxy-Authorization: Basic eDp5|*'
            $got = Receive-HttpRequest $last -Count 1 -TimeoutSec 20
            $got.Headers['X-Own'] | Should -Be 1
            $got.Headers['Proxy-Authorization'] | Should -BeNullOrEmpty
            (Test-HttpEndpoint 'http://web1.invalid/' @with).Status | Should -Be 'Passed'
            $proxy.ReadLine() | Should -BeLike 'GET http://web1.invalid/ *|Proxy-Authorization: Basic eDp5|*'
        }
        finally { $proxy.Stop() }
        { Test-HttpEndpoint $from -Headers @{ 'Proxy-Authorization' = 'Basic eDp5' } } | Should -Throw -ErrorId 'InvalidParameters,*'
    }

    It 'says that a proxy wants a login' {
        $proxy = Start-PythonPeer $proxyCode refuse
        try { $result = Test-HttpEndpoint 'https://web1.invalid/' -Proxy "http://127.0.0.1:$($proxy.Port)" }
        finally { $proxy.Stop() }
        $result.Reason | Should -BeLike '*407 Login*Proxy-Authorization*'
    }

    It 'finds -Resolve for <Name> at <Uri>' -ForEach @(
        @{ Name = 'bücher.example'; Uri = 'http://xn--bcher-kva.example' }
        @{ Name = 'xn--bcher-kva.example'; Uri = 'http://bücher.example' }
        @{ Name = 'WEB1.example.'; Uri = 'http://web1.example' }
        @{ Name = 'web1.example'; Uri = 'http://web1.example.' }
    ) {
        $web = Start-StaticHttpServer $TestDrive
        $result = Test-HttpEndpoint "${Uri}:$($web.Port)/" -Resolve "${Name}:$($web.Port):127.0.0.1"
        Remove-Job $web -Force
        $result.Status | Should -Be 'Passed'
    }

    It 'leaves no socket open behind its result, also of servers that do not close' -Skip:(-not $IsLinux) {
        $server = Start-PythonPeer @'
import socket, sys, threading
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
held = []
while True:
    c = s.accept()[0]
    held.append(c)
    c.recv(65536)
    c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
'@
        try {
            $null = Test-HttpEndpoint "http://127.0.0.1:$($server.Port)/"
            $before = Get-OpenSocketCount
            $results = 1..5 | ForEach-Object { "http://127.0.0.1:$($server.Port)/" } | Test-HttpEndpoint
            Wait-Until { (Get-OpenSocketCount) -le $before }
        }
        finally { $server.Stop() }
        $results.Passed | Should -Be (, $true * 5)
    }

    It 'shows nothing of a server that commands the terminal, and keeps few of its faults' {
        $server = Start-PythonPeer @'
import socket, sys, threading
s = socket.create_server(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
answers = {
    b'/reason': b'HTTP/1.1 404 \x1b[2Jgone\r\nContent-Length: 0\r\n\r\n',
    b'/location': b'HTTP/1.1 302 Found\r\nLocation: ftp://\x1b[31mred/\r\nContent-Length: 0\r\n\r\n',
    b'/goto': b'HTTP/1.1 302 Found\r\nLocation: /\x1b[31mred\xc2\x9b31m\r\nContent-Length: 0\r\n\r\n',
    b'/coding': b'HTTP/1.1 200 OK\r\nContent-Encoding: \x1b]0;title\x07\r\nContent-Length: 1\r\n\r\nx',
    b'/name': b'HTTP/1.1 200 OK\r\nX-\x1b[31m: \x1b[31m\r\nContent-Length: 1\r\n\r\nx',
    b'/garbage': b'\x1b[2J\x1b[31mhello\r\n\r\n',
    b'/many': b'HTTP/1.1 200 OK\r\n' + b''.join(b'bad%d line\r\n' % i for i in range(60)) + b'Content-Length: 1\r\n\r\nx',
}
def serve(c):
    try:
        while True:
            path = c.recv(65536).split(b' ')[1]
            c.sendall(answers.get(path, b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'))
    except (OSError, IndexError):
        c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
'@
        try {
            foreach ($path in 'reason', 'location', 'goto', 'coding', 'name', 'garbage') {
                $result = Test-HttpEndpoint "http://127.0.0.1:$($server.Port)/$path" -Match nowhere -TimeoutSec 20
                $shown = ($result | Out-String) + ($result | Format-List * | Out-String) + ($result.Hops | Out-String) + ($result.Hops | Format-List * | Out-String)
                # The colors of this side are for headings only.
                ($shown -replace '\e\[[\d;]*m(?=[A-Z-]| *$)', '' -replace '\e\[0m', '') | Should -Not -Match '\e|\x07|\x9b' -Because $path
            }
            $many = Test-HttpEndpoint "http://127.0.0.1:$($server.Port)/many" -TimeoutSec 20
            $many.Remarks.Count | Should -BeLessOrEqual 21
        }
        finally { $server.Stop() }
    }
}
