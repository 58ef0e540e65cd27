# How the web server speaks HTTP/1.1 (RFC 9110, RFC 9112): with curl, with Python's http.client, and byte by byte.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $large = Get-RandomByte 300000
    $site = New-Site @{
        'index.html' = '<h1>Hello</h1>'; 'page.html' = '<p>page</p>' * 300; 'data.bin' = Get-RandomByte 5000; 'large.bin' = $large
        'large.txt' = 'large text ' * 10000; 'empty' = ''; 'sub/index.html' = 'sub'
    }
    # Of a file that is younger, Last-Modified moves on for a second.
    Get-ChildItem $site -File -Recurse | ForEach-Object { $_.LastWriteTime = [DateTime]::Now.AddMinutes(-1) }
    $server = Start-StaticHttpServer $site -Browse
    $end = "`r`n`r`n"
}

AfterAll {
    Get-Job | Remove-Job -Force
    Stop-HttpClient
}

Describe 'A request to the web server' {
    Context 'methods' {
        It 'HEAD <Target> is answered as GET is, in every header, without content' -ForEach @(
            @{ Target = '/' }, @{ Target = '/data.bin' }, @{ Target = '/large.bin' }, @{ Target = '/large.txt' }, @{ Target = '/empty' }
            @{ Target = '/page.html'; Field = 'Accept-Encoding: gzip' }
            @{ Target = '/page.html'; Field = 'Accept-Encoding: br, gzip' }
            @{ Target = '/large.txt'; Field = 'Accept-Encoding: br' }
            @{ Target = '/page.html'; Field = 'If-None-Match: *' }
            @{ Target = '/page.html'; Field = 'If-Match: "none"' }
            @{ Target = '/sub' }, @{ Target = '/nothing' }, @{ Target = '/%zz' }
        ) {
            # The second time, small files come from memory.
            foreach ($time in 1..2) {
                $get = Invoke-Request $server "GET $Target" $Field
                $head = Invoke-Request $server "HEAD $Target" $Field
                $head.Describe() | Should -Be $get.Describe()
                $head.Body.Length | Should -Be 0
                if ($get.Status -ne 304) { $get.Fields['Content-Length'] | Should -Be $get.Body.Length }
            }
        }

        It 'HEAD of curl works' {
            $answer = Invoke-Curl -I "$($server.Uri)large.bin"
            $answer.Status | Should -Be 200
            $answer.Fields['Content-Length'] | Should -Be 300000
            $answer.Fields['Accept-Ranges'] | Should -Be 'bytes'
        }

        It 'OPTIONS <_> says what is allowed' -ForEach '/', '*', '/nothing', 'http://example.org/data.bin' {
            $answer = Invoke-Request $server "OPTIONS $_"
            $answer.Status | Should -Be 204
            $answer.Fields.Allow | Should -Be 'GET, HEAD, OPTIONS'
            $answer.Fields.Contains('Content-Length') | Should -BeFalse
        }

        It '<Line> gets <Status>' -ForEach @(
            @{ Line = 'POST /'; Status = 405 }, @{ Line = 'PUT /new'; Status = 405 }, @{ Line = 'DELETE /'; Status = 405 }
            @{ Line = 'TRACE /'; Status = 405 }, @{ Line = 'CONNECT localhost:80'; Status = 405 }
            @{ Line = 'BREW /pot'; Status = 501 }, @{ Line = 'get /'; Status = 501 }
            @{ Line = 'GET *'; Status = 400 }, @{ Line = 'GET localhost:80'; Status = 400 }, @{ Line = 'GET ftp://localhost/'; Status = 400 }
            @{ Line = 'GET / HTTP/2.0'; Status = 505 }, @{ Line = 'GET / HTTP/1.9'; Status = 200 }
        ) {
            $answer = Invoke-Request $server $Line
            $answer.Status | Should -Be $Status
            if ($Status -eq 405) { $answer.Fields.Allow | Should -Be 'GET, HEAD, OPTIONS' }
            $answer.Head[0] | Should -BeLike 'HTTP/1.1 *'
        }

        It 'takes an absolute target, as a proxy sends it' {
            (Invoke-Curl -x $server.Uri 'http://nowhere.invalid/data.bin').Body | Should -HaveCount 5000
            (Invoke-Request $server 'GET http://nowhere.invalid').Text | Should -Be '<h1>Hello</h1>'
            (Invoke-Request $server 'GET HTTPS://nowhere.invalid?q').Text | Should -Be '<h1>Hello</h1>'
        }
    }

    Context 'bodies' {
        BeforeAll {
            $upload = "$TestDrive/upload"
            [IO.File]::WriteAllBytes($upload, $large)
        }

        It 'answers an upload that waits for 100 (Continue) at once, so that it is never sent' {
            $before = $server.BytesReceived
            $answer = Invoke-Curl -T $upload -H 'Expect: 100-continue' "$($server.Uri)new"
            $answer.Status | Should -Be 405
            $answer.Interim | Should -BeNullOrEmpty
            $answer.Fields.Connection | Should -Be 'close'
            $server.BytesReceived - $before | Should -BeLessThan 2000
        }

        It 'reads past a body <How>, and takes the next request' -ForEach @(
            @{ How = 'with Content-Length'; Field = 'Content-Length: 11'; Body = 'hello world' }
            @{ How = 'in chunks'; Field = 'Transfer-Encoding: chunked'; Body = "6`r`nhello `r`n5;x=y`r`nworld`r`n0`r`nT: v`r`n`r`n" }
        ) {
            $next = "GET /data.bin HTTP/1.1`r`nHost: x$end"
            foreach ($request in @("POST / HTTP/1.1`r`nHost: x`r`n$Field$end"), @("GET / HTTP/1.1`r`nHost: x`r`n$Field$end")) {
                $result = Send-Raw $server ($request + $Body + $next) -Count 2
                $result.Answers.Status | Should -Be ($request.StartsWith('POST') ? 405 : 200), 200
                $result.Answers[1].Body | Should -HaveCount 5000
            }
        }

        It 'takes chunked uploads of curl: <_>' -ForEach 1000, 300000 {
            [IO.File]::WriteAllBytes("$TestDrive/part", $large[1..$_])
            $answer = Invoke-Curl -X POST -H 'Transfer-Encoding: chunked' -H 'Expect:' --data-binary "@$TestDrive/part" $server.Uri
            $answer.Status | Should -Be 405
        }

        It 'answers 400 to malformed chunks, and closes' {
            foreach ($body in "x`r`n", "-1`r`n", "5`r`nhelloX0`r`n`r`n", "fffffffffffffffff`r`n") {
                $result = Send-Raw $server "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: chunked$end$body"
                $result.Answers.Status | Should -Be 400
                $result.End | Should -Be 'closed'
            }
        }

        It 'answers 417 to an expectation it does not support' {
            (Invoke-Request $server 'GET /' 'Expect: the-unexpected').Status | Should -Be 417
        }
    }

    Context 'connections' {
        It 'stay open with HTTP/1.1, close with HTTP/1.0, unless the client asks otherwise' {
            foreach ($case in @(
                    @{ Version = '1.1'; Field = ''; Ends = $false; Says = $null }
                    @{ Version = '1.1'; Field = "Connection: close`r`n"; Ends = $true; Says = 'close' }
                    @{ Version = '1.1'; Field = "Connection: x, CLOSE`r`n"; Ends = $true; Says = 'close' }
                    @{ Version = '1.0'; Field = ''; Ends = $true; Says = 'close' }
                    @{ Version = '1.0'; Field = "Connection: Keep-Alive`r`n"; Ends = $false; Says = 'keep-alive' }
                )) {
                foreach ($target in '/', '/large.bin', '/nothing') {
                    $request = "GET $target HTTP/$($case.Version)`r`nHost: x`r`n$($case.Field)`r`n"
                    $result = Send-Raw $server ($request + $request) -Count 2
                    $result.Answers | Should -HaveCount ($case.Ends ? 1 : 2) -Because "$request is followed by another"
                    $result.Answers[0].Fields.Connection | Should -Be $case.Says
                }
            }
        }

        It 'HTTP/1.0 needs no Host, HTTP/1.1 does' {
            (Send-Raw $server "GET / HTTP/1.0$end").Answers.Status | Should -Be 200
            (Send-Raw $server "GET / HTTP/1.1$end").Answers.Status | Should -Be 400
        }

        It 'are reused by curl' {
            $uris = '', 'large.bin', 'nothing', 'sub', 'empty' | ForEach-Object { '-o', "$TestDrive/reused", "$($server.Uri)$_" }
            curl --silent --write-out '%{http_code} %{num_connects} ' @uris | Should -Be '200 1 200 0 404 0 301 0 200 0 '
        }

        It 'serve a hundred requests of Python''s http.client on one' {
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port @'
import http.client, sys
client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=10)
ports, sizes = set(), set()
for number in range(100):
    client.request(('GET', 'HEAD')[number % 2], '/large.bin')
    ports.add(client.sock.getsockname())
    answer = client.getresponse()
    sizes.add((answer.status, len(answer.read()), answer.getheader('Content-Length')))
print(len(ports), sorted(sizes))
'@
            try { $peer.ReadLine(30) | Should -Be "1 [(200, 0, '300000'), (200, 300000, '300000')]" }
            finally { $peer.Stop() }
        }

        It 'answer twenty requests of one packet in their order' {
            $result = Send-Raw $server ((1..20 | ForEach-Object { "GET /data.bin?$_ HTTP/1.1`r`nHost: x`r`nRange: bytes=$_-$_$end" }) -join '') -Count 20
            $result.Answers.Status | Should -Be (@(206) * 20)
            $result.Answers | ForEach-Object { $_.Fields['Content-Range'] } | Should -Be (1..20 | ForEach-Object { "bytes $_-$_/5000" })
        }

        It 'answer a mix of 200, 304, 404, 206, large files and HEAD in their order' {
            $tag = (Invoke-Request $server 'GET /data.bin').Fields.ETag
            $mix = @(
                @{ Line = 'GET /'; Status = 200; Bytes = 14 }
                @{ Line = 'GET /data.bin'; Field = "If-None-Match: $tag"; Status = 304; Bytes = 0 }
                @{ Line = 'GET /nothing'; Status = 404 }
                @{ Line = 'HEAD /large.bin'; Status = 200; Bytes = 0 }
                @{ Line = 'GET /large.bin'; Status = 200; Bytes = 300000 }
                @{ Line = 'GET /large.bin'; Field = 'Range: bytes=-7'; Status = 206; Bytes = 7 }
                @{ Line = 'OPTIONS *'; Status = 204; Bytes = 0 }
                @{ Line = 'GET /empty'; Status = 200; Bytes = 0 }
                @{ Line = 'GET /%zz'; Status = 400 }
                @{ Line = 'GET /data.bin'; Status = 200; Bytes = 5000 }
            ) * 3
            $send = ($mix | ForEach-Object { "$($_.Line) HTTP/1.1`r`nHost: x`r`n$($_.Field ? "$($_.Field)`r`n" : '')`r`n" }) -join ''
            $result = Send-Raw $server $send ($mix | ForEach-Object { (-split $_.Line)[0] }) -Count $mix.Count
            $result.Answers.Status | Should -Be $mix.Status
            foreach ($number in 0..($mix.Count - 1)) {
                if ($mix[$number].Contains('Bytes')) { $result.Answers[$number].Body.Length | Should -Be $mix[$number].Bytes }
            }
        }

        It 'take a request byte by byte' {
            $request = "GET /data.bin HTTP/1.1`r`nHost: x`r`nRange: bytes=0-9`r`nConnection: close$end"
            $result = Send-Raw $server @($request.ToCharArray() | ForEach-Object { "$_" })
            $result.Answers.Status | Should -Be 206
        }

        It 'take empty lines before a request' {
            (Send-Raw $server "`r`n`r`nGET / HTTP/1.1`r`nHost: x$end`r`nGET / HTTP/1.1`r`nHost: x$end" -Count 2).Answers.Status | Should -Be 200, 200
        }
    }

    Context 'what could be read in two ways, or not at all' {
        It 'is refused, and the connection ended: <Case>' -ForEach @(
            @{ Case = 'two lengths'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 5`r`nContent-Length: 6" }
            @{ Case = 'the same length twice'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 5`r`nContent-Length: 5" }
            @{ Case = 'a list of lengths'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 5, 5" }
            @{ Case = 'a length with a sign'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: +5" }
            @{ Case = 'a negative length'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: -1" }
            @{ Case = 'a length in hexadecimal'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 0x5" }
            @{ Case = 'a length beyond 64 bits'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 99999999999999999999" }
            @{ Case = 'length and chunks'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length: 5`r`nTransfer-Encoding: chunked" }
            @{ Case = 'chunks and length'; Head = "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: chunked`r`nContent-Length: 5" }
            @{ Case = 'chunked twice'; Head = "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: chunked, chunked" }
            @{ Case = 'chunked not last'; Head = "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: chunked, gzip" }
            @{ Case = 'chunked with a quirk'; Head = "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: ,chunked" }
            @{ Case = 'another coding'; Head = "POST / HTTP/1.1`r`nHost: x`r`nTransfer-Encoding: gzip, chunked"; Status = 501 }
            @{ Case = 'chunks in HTTP/1.0'; Head = "POST / HTTP/1.0`r`nHost: x`r`nTransfer-Encoding: chunked" }
            @{ Case = 'a space before the colon'; Head = "POST / HTTP/1.1`r`nHost: x`r`nContent-Length : 5" }
            @{ Case = 'a folded line'; Head = "GET / HTTP/1.1`r`nHost: x`r`nX: a`r`n b" }
            @{ Case = 'a space before the first field'; Head = "GET / HTTP/1.1`r`n Host: x" }
            @{ Case = 'a bare LF'; Head = "GET / HTTP/1.1`nHost: x" }
            @{ Case = 'a bare CR in a value'; Head = "GET / HTTP/1.1`r`nHost: x`r`nX: a`rb" }
            @{ Case = 'a NUL in a value'; Head = "GET / HTTP/1.1`r`nHost: x`r`nX: a`0b" }
            @{ Case = 'two hosts'; Head = "GET / HTTP/1.1`r`nHost: x`r`nHost: y" }
            @{ Case = 'a host that is none'; Head = "GET / HTTP/1.1`r`nHost: a b" }
            @{ Case = 'a line without a colon'; Head = "GET / HTTP/1.1`r`nHost: x`r`nnonsense" }
            @{ Case = 'a field without a name'; Head = "GET / HTTP/1.1`r`nHost: x`r`n: v" }
            @{ Case = 'two spaces'; Head = "GET  / HTTP/1.1`r`nHost: x" }
            @{ Case = 'a space after the version'; Head = "GET / HTTP/1.1 `r`nHost: x" }
            @{ Case = 'a tab'; Head = "GET`t/ HTTP/1.1`r`nHost: x" }
            @{ Case = 'no version'; Head = "GET /`r`nHost: x" }
            @{ Case = 'a bent version'; Head = "GET / HTTP/1,1`r`nHost: x" }
            @{ Case = 'the hello of TLS'; Head = "$([char] 0x16)$([char] 3)$([char] 1)abc" }
        ) {
            # What follows must never be taken for another request.
            $result = Send-Raw $server "$Head$($end)GET /data.bin HTTP/1.1`r`nHost: x$end"
            $result.Answers.Status | Should -Be ($Status ?? 400)
            $result.Answers[0].Fields.Connection | Should -Be 'close'
            $result.End | Should -Be 'closed'
        }
    }
}
