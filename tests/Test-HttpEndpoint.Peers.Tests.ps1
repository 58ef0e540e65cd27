# Test-HttpEndpoint and Send-HttpRequest with the servers of others.

BeforeDiscovery {
    $hasNginx = [bool] (Get-Command nginx -CommandType Application -ErrorAction Ignore)
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    Set-Content $TestDrive/page.html '<h1>hello</h1>' -NoNewline
    [IO.File]::WriteAllBytes("$TestDrive/large.bin", [byte[]]::new(3MB))
}

Describe 'With http.server of Python' {
    BeforeAll {
        $python = Start-PythonPeer @'
import http.server, os, sys
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
print('PORT', server.server_address[1], flush=True)
server.serve_forever()
'@ "$TestDrive"
        $base = "http://127.0.0.1:$($python.Port)"
    }

    AfterAll { $python.Stop() }

    It 'reads an HTTP/1.0 response to the end of the connection' {
        $exchange = Send-HttpRequest "$base/page.html"
        $exchange.Response.Version | Should -Be 'HTTP/1.0'
        $exchange.Response.BodyText | Should -BeExactly '<h1>hello</h1>'
        $exchange.Complete | Should -BeTrue
        $exchange.Remarks | Should -BeNullOrEmpty
    }

    It 'counts a large body' {
        (Test-HttpEndpoint "$base/large.bin").Bytes | Should -Be 3MB
    }

    It 'follows the redirect to a folder' {
        $null = New-Item "$TestDrive/folder" -ItemType Directory -Force
        $result = Test-HttpEndpoint "$base/folder" -Match 'Directory listing'
        $result.Passed | Should -BeTrue
        $result.FinalUri | Should -Be "$base/folder/"
        $result.Hops.Reused | Should -Be $false, $false
    }

    It 'has its answer to a malformed request' {
        (Send-HttpRequest $base -Raw "NONSENSE`r`n`r`n" -ErrorAction SilentlyContinue).Response.Text | Should -Match '400'
    }
}

Describe 'With nginx' -Skip:(-not $hasNginx) {
    BeforeAll {
        $port = Get-FreePort
        $closing = Get-FreePort
        Set-Content $TestDrive/nginx.conf @"
daemon off;
pid $TestDrive/nginx.pid;
error_log stderr emerg;
events {}
http {
    access_log off;
    client_body_temp_path $TestDrive/b; proxy_temp_path $TestDrive/p; fastcgi_temp_path $TestDrive/f; uwsgi_temp_path $TestDrive/u; scgi_temp_path $TestDrive/s;
    gzip on; gzip_types *; gzip_min_length 1;
    server {
        listen 127.0.0.1:$port;
        root $TestDrive;
        location /moved { return 301 /page.html; }
        location /seen { add_header X-Method `$request_method; return 200 "`$request_method `$host `$http_user_agent"; }
        location /busy { return 503; }
    }
}
"@
        $nginx = Start-Process nginx "-e stderr -c $TestDrive/nginx.conf" -PassThru
        $base = "http://127.0.0.1:$port"
        Wait-TcpPort 127.0.0.1 $port -TimeoutSec 30
    }

    AfterAll {
        if ($nginx) {
            kill -TERM $nginx.Id
            $nginx.WaitForExit(20000) | Should -BeTrue
        }
    }

    It 'passes a page, over one connection with its redirect' {
        $result = Test-HttpEndpoint "$base/moved" -Match 'hello'
        $result.Passed | Should -BeTrue
        $result.Hops.StatusCode | Should -Be 301, 200
        $result.Hops.Reused | Should -Be $false, $true
    }

    It 'does not pass a busy server, and says so' {
        (Test-HttpEndpoint "$base/busy").Reason | Should -BeLike 'The status is 503 Service Temporarily Unavailable*'
    }

    It 'sends the methods <_>' -ForEach 'GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS' {
        $exchange = Send-HttpRequest "$base/seen" $_
        $exchange.Response.Headers['x-method'] | Should -BeExactly $_
        $exchange.Response.BodyText | Should -BeLike "$_ 127.0.0.1*"
    }

    It 'takes chunks as they come' {
        $exchange = Send-HttpRequest "$base/page.html" -Header @{ 'Accept-Encoding' = 'gzip' }
        $exchange.Response.Headers['Transfer-Encoding'] | Should -Be 'chunked'
        $exchange.Response.Headers['Content-Encoding'] | Should -Be 'gzip'
        # Not decoded: the magic number of gzip.
        $exchange.Response.Body[0..1] | Should -Be 0x1f, 0x8b
    }

    It 'sends several requests over one connection' {
        $connection = Open-TcpConnection 127.0.0.1 $port
        $codes = '/page.html', '/moved', '/none', '/busy' | ForEach-Object { (Send-HttpRequest $connection $_).StatusCode }
        $head = Send-HttpRequest $connection /large.bin HEAD
        $large = Send-HttpRequest $connection /large.bin
        Close-TcpConnection $connection
        $codes | Should -Be 200, 301, 404, 503
        $head.Response.Body.Length | Should -Be 0
        $head.Response.Headers['Content-Length'] | Should -Be 3MB
        $large.Response.Body.Length | Should -Be 3MB
    }

    It 'reads pipelined responses one after the other' {
        $connection = Open-TcpConnection 127.0.0.1 $port
        $one = "GET /page.html HTTP/1.1`r`nHost: x`r`n`r`n"
        $first = Send-HttpRequest $connection -Raw ($one + $one)
        $second = Send-HttpRequest $connection -Raw ''
        Close-TcpConnection $connection
        $first.Response.BodyText, $second.Response.BodyText | Should -Be '<h1>hello</h1>', '<h1>hello</h1>'
        $first.Remarks -join ' ' | Should -BeLike '*bytes follow, which a strict server reads as the next request*'
    }

    It 'sees what nginx refuses: <Why>' -ForEach @(
        @{ Why = 'a blank before a colon'; Raw = "GET / HTTP/1.1`r`nHost : x`r`n`r`n" }
        @{ Why = 'no Host'; Raw = "GET / HTTP/1.1`r`n`r`n" }
        @{ Why = 'two lengths'; Raw = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 1`r`nContent-Length: 2`r`n`r`nab" }
    ) {
        $exchange = Send-HttpRequest $base -Raw $Raw
        $exchange.StatusCode | Should -Be 400
        $exchange.Remarks | Should -BeLike 'Request: *'
    }
}

Describe 'With a server that wants a certificate' -Skip:(-not $hasOpenSsl) {
    BeforeAll {
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=alice -addext extendedKeyUsage=clientAuth -keyout $TestDrive/alice.key -out $TestDrive/alice.crt 2> $null
        $web = Start-StaticHttpServer $TestDrive -Tls -ClientCertificate Require -TrustedCertificate $TestDrive/alice.crt
        $uri = "$($web.Uri)page.html"
    }

    AfterAll { Remove-Job $web -Force }

    It 'says that it wants one' {
        $result = Test-HttpEndpoint $uri -SkipCertificateCheck
        $result.Status | Should -BeIn 'TlsFailed', 'NoResponse'
        Send-HttpRequest $uri -SkipCertificateCheck -ErrorVariable faults -ErrorAction SilentlyContinue | Out-Null
        $faults.Count | Should -Be 1
    }

    It 'gets the page with one' {
        $alice = @{ SkipCertificateCheck = $true; ClientCertificate = "$TestDrive/alice.crt", "$TestDrive/alice.key" }
        (Test-HttpEndpoint $uri @alice -Match hello).Passed | Should -BeTrue
        (Send-HttpRequest $uri @alice).Response.BodyText | Should -BeLike '*hello*'
    }
}
