# TLS, passwords and the access log.

BeforeDiscovery {
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $large = Get-RandomByte 3000000
    $site = New-Site @{ 'index.html' = 'home'; 'large.bin' = $large; 'page.txt' = 'some text ' * 1000 }
}

AfterAll { Stop-HttpClient }

Describe 'The web server over TLS' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'with a certificate made for the occasion' {
        BeforeEach { $server = Start-StaticHttpServer $site -Tls }

        It 'serves curl small and large files, parts and compressed ones' {
            "$($server.Uri)" | Should -Be "https://127.0.0.1:$($server.Port)/"
            (Invoke-Curl -k $server.Uri).Text | Should -Be 'home'
            Get-Sha256 (Invoke-Curl -k "$($server.Uri)large.bin").Body | Should -Be (Get-Sha256 $large)
            Get-Sha256 (Invoke-Curl -k -r 100000-2000000 "$($server.Uri)large.bin").Body | Should -Be (Get-Sha256 $large[100000..2000000])
            (Invoke-Curl -k --compressed "$($server.Uri)page.txt").Text | Should -Be ('some text ' * 1000)
            (Invoke-Curl -k -I "$($server.Uri)large.bin").Fields['Content-Length'] | Should -Be 3000000
            (Invoke-Curl -k -X POST --data x $server.Uri).Status | Should -Be 405
            (Receive-Job $server).Status | Should -Be 200, 200, 206, 200, 200, 405
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.Error | Should -BeNullOrEmpty
        }

        It 'keeps a connection for many requests, many on it at once' {
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port @'
import http.client, socket, ssl, sys
context = ssl._create_unverified_context()
port = int(sys.argv[1])
client = http.client.HTTPSConnection('127.0.0.1', port, timeout=20, context=context)
sizes = set()
for number in range(20):
    client.request('GET', '/large.bin' if number % 5 == 0 else '/')
    sizes.add(len(client.getresponse().read()))
print(sorted(sizes), client.sock.version())
with context.wrap_socket(socket.create_connection(('127.0.0.1', port), 20)) as peer:
    peer.sendall(b'GET / HTTP/1.1\r\nHost: x\r\n\r\n' * 20 + b'GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    got = b''
    # The end is announced (close_notify); a cut would raise an error.
    while data := peer.recv(65536):
        got += data
print(got.count(b'HTTP/1.1 200 OK'), got.count(b'HTTP/1.1 404 '))
'@
            try {
                $peer.ReadLine(30) | Should -BeLike '`[4, 3000000`] TLSv1.*'
                $peer.ReadLine(30) | Should -Be '20 1'
            }
            finally { $peer.Stop() }
        }

        It 'tells a client that speaks plain HTTP, and keeps running' {
            $null = Send-Raw $server "GET / HTTP/1.1`r`nHost: x`r`n`r`n"
            Wait-Until { $server.Error.Count }
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TlsHandshakeFailed*'
            (Invoke-Curl -k $server.Uri).Status | Should -Be 200
        }

        It 'serves openssl s_client' -Skip:(-not $hasOpenSsl) {
            $got = "GET /page.txt HTTP/1.1`r`nHost: x`r`nConnection: close`r`n`r`n" | openssl s_client -connect "127.0.0.1:$($server.Port)" -quiet -ign_eof 2>$null
            $got | Should -Contain 'HTTP/1.1 200 OK'
            $got[-1] | Should -BeLike 'some text *'
        }
    }

    It 'is trusted by curl with -Certificate, which implies -Tls' -Skip:(-not $hasOpenSsl) {
        $null = openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=localhost' `
            -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$TestDrive/key.pem" -out "$TestDrive/cert.pem" 2>&1
        Get-Content "$TestDrive/key.pem", "$TestDrive/cert.pem" | Set-Content "$TestDrive/both.pem"
        $server = Start-StaticHttpServer $site -Certificate "$TestDrive/both.pem"
        (Invoke-Curl --cacert "$TestDrive/cert.pem" $server.Uri).Text | Should -Be 'home'
    }

    It 'is pointed out to a client of a server without it' {
        $server = Start-StaticHttpServer $site
        (Invoke-Curl -k "https://127.0.0.1:$($server.Port)/").ExitCode | Should -Be 35
        (Receive-Job $server).Status | Should -Be 400
    }
}

Describe 'The web server with -Credential' {
    BeforeAll {
        $server = Start-StaticHttpServer $site -Cors -Credential (New-Login 'Ünal' 'pass:wörd 密')
        $login = New-Login 'user' 'secret'
        $plain = Start-StaticHttpServer $site -Credential $login
    }

    AfterAll { Get-Job | Remove-Job -Force }

    It 'admits a client with the right user and password, also beyond ASCII' {
        # The arguments of curl are not UTF-8 on Windows.
        if (-not $IsWindows) { (Invoke-Curl -u 'Ünal:pass:wörd 密' $server.Uri).Text | Should -Be 'home' }
        $coded = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes('Ünal:pass:wörd 密'))
        (Invoke-Request $server 'GET /' "Authorization: Basic $coded").Text | Should -Be 'home'
        (Invoke-Curl -u 'user:secret' $plain.Uri).Text | Should -Be 'home'
        $loopback = @{ Uri = $plain.Uri; Credential = $login; AllowUnencryptedAuthentication = $true }
        (Invoke-WebRequest @loopback).Content | Should -Be 'home'
    }

    It 'turns away <_>' -ForEach 'user:wrong', 'User:secret', 'user:', ':secret', 'user:secret ', 'user:secre', 'user:secrets' {
        $answer = Invoke-Curl -u $_ $plain.Uri
        $answer.Status | Should -Be 401
        $answer.Fields['WWW-Authenticate'] | Should -Be 'Basic realm="files", charset="UTF-8"'
        $answer.Text | Should -Not -BeLike '*home*'
    }

    It 'turns away invalid credentials: <_>' -ForEach @(
        '', 'Basic', 'Basic ', 'Basic ====', 'Basic dXNlcjpzZWNyZXQ', 'Bearer dXNlcjpzZWNyZXQ=', 'dXNlcjpzZWNyZXQ=', 'Basic dXNlcjpzZWNyZXQ=, Basic eDp5'
    ) {
        foreach ($target in '/', '/nothing', '/large.bin') { (Invoke-Request $plain "GET $target" "Authorization: $_").Status | Should -Be 401 }
    }

    It 'takes the scheme in any case, and reveals nothing to clients without a login' {
        (Invoke-Request $plain 'GET /' 'Authorization: bAsIc dXNlcjpzZWNyZXQ=').Status | Should -Be 200
        foreach ($line in 'GET /', 'HEAD /large.bin', 'GET /nothing', 'OPTIONS *', 'DELETE /') { (Invoke-Request $plain $line).Status | Should -Be 401 }
    }

    It 'answers the preflight of a browser, which brings no password' {
        (Invoke-Request $server 'OPTIONS /' 'Origin: http://x.example', 'Access-Control-Request-Method: GET').Status | Should -Be 204
    }

    It 'shows no password in the job, its table or that of its records' {
        $null = Invoke-Curl -u 'user:secret' $plain.Uri
        foreach ($text in ($plain | Format-List * -Force | Out-String), ($plain | Out-String), (Receive-Job $plain | Out-String)) {
            $text | Should -Not -BeNullOrEmpty
            $text | Should -Not -Match 'secret|dXNlcjpzZWNyZXQ'
        }
    }
}

Describe 'The access log' {
    BeforeEach { $log = "$TestDrive/$([guid]::NewGuid()).log" }

    AfterEach { Get-Job | Remove-Job -Force }

    It 'has a line for each request in the Combined form' {
        $server = Start-StaticHttpServer $site -LogPath $log -Credential (New-Login 'user' 'secret')
        $null = Invoke-Curl -u user:secret -A 'tester "1"' -e 'http://from/' "$($server.Uri)page.txt?a=b"
        $null = Invoke-Request $server "GET /caf$([char] 0xe9)`"\ HTTP/1.0" 'User-Agent: a	b'
        $null = Send-Raw $server "nonsense`r`n`r`n"
        Stop-Job $server
        $stamp = '\[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]'
        $lines = Get-Content $log
        $lines | Should -HaveCount 3
        $lines[0] | Should -Match ('^127\.0\.0\.1 - user ' + $stamp + ' "GET /page\.txt\?a=b HTTP/1\.1" 200 10000 "http://from/" "tester \\x221\\x22"$')
        $lines[1] | Should -Match ('^127\.0\.0\.1 - \S+ ' + $stamp + ' "GET /caf\S*\\x22\\x5C HTTP/1\.0" 40\d \d+ "-" "a\\x09b"$')
        $lines[2] | Should -Match ('^127\.0\.0\.1 - \S+ ' + $stamp + ' "-" 400 \d+ "-" "-"$')
    }

    It 'has the Common form with -LogFormat Common, also with -NoRecord' {
        $server = Start-StaticHttpServer $site -LogPath $log -LogFormat Common -NoRecord
        $null = Invoke-Curl -A agent $server.Uri
        Stop-Job $server
        Get-Content $log | Should -Match '^127\.0\.0\.1 - - \[[^]]+\] "GET / HTTP/1\.1" 200 4$'
    }

    It 'is appended to, and made where it is relative to the current location' {
        Set-Content $log 'what was there'
        Push-Location $TestDrive
        try { $server = Start-StaticHttpServer $site -LogPath (Split-Path $log -Leaf) }
        finally { Pop-Location }
        $null = Invoke-Request $server 'GET /'
        Wait-Until { (Get-Content $log).Count -eq 2 }
        (Get-Content $log)[0] | Should -Be 'what was there'
    }

    It 'is no pipe, which may have no reader' -Skip:(-not (Get-Command mkfifo -ErrorAction Ignore)) {
        $null = mkfifo "$TestDrive/pipe"
        $fault = { Start-StaticHttpServer $site -LogPath $TestDrive/pipe } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'AccessLogFailed,*'
        "$fault" | Should -BeLike '*pipe* is not a regular file. Choose another file*'
    }

    It 'goes on in a new file when it is renamed, without losing a line' {
        $server = Start-StaticHttpServer $site -LogPath $log
        $requests = @{ Count = 0 }
        # Until the new file is there: the name is looked at once a second.
        Rename-Item $log "$log.1"
        Wait-Until {
            $null = Invoke-Request $server "GET /?$($requests.Count++; $requests.Count)"
            Test-Path $log
        }
        Stop-Job $server
        Get-Content "$log.1", $log | ForEach-Object { (-split $_)[6] } | Should -Be (1..$requests.Count | ForEach-Object { "/?$_" })
    }

    It 'is whole when the server is stopped at once after many requests' {
        $server = Start-StaticHttpServer $site -LogPath $log -NoRecord
        $request = "GET / HTTP/1.1`r`nHost: x`r`n`r`n"
        $null = Send-Raw $server ($request * 1000) -Count 1000
        Stop-Job $server
        (Get-Content $log).Count | Should -Be 1000
    }
}
