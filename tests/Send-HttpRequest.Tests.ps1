BeforeAll {
    . $PSScriptRoot/common.ps1
    $peer = Start-PythonPeer (Get-Content $PSScriptRoot/httppeer.py -Raw)
    $base = "http://127.0.0.1:$($peer.Port)"
    $escape = [char] 27
}

AfterAll {
    if ($peer) { $peer.Stop() }
}

Describe 'Send-HttpRequest' {
    Context 'what goes over the wire' {
        It 'sends a request line, Host, and nothing else' {
            $exchange = Send-HttpRequest "$base/echo"
            $exchange.StatusCode | Should -Be 200
            $exchange.Request.Text | Should -BeExactly "GET /echo HTTP/1.1`r`nHost: 127.0.0.1:$($peer.Port)`r`n`r`n"
            $exchange.Response.BodyText | Should -BeExactly $exchange.Request.Text
            $exchange.Remarks | Should -BeNullOrEmpty
        }

        It 'keeps the order and the case of fields, and a list as a field for each element' {
            $exchange = Send-HttpRequest "$base/echo" -Header ([ordered] @{ 'x-b' = 1; 'X-A' = 'two', 'three'; Accept = '*/*' })
            $sent = $exchange.Response.BodyText -split "`r`n"
            $sent[2..5] | Should -BeExactly 'x-b: 1', 'X-A: two', 'X-A: three', 'Accept: */*'
            $exchange.Request.Headers['x-a'] | Should -BeExactly 'two, three'
            $exchange.Request.Headers[1].Name | Should -BeExactly 'x-b'
        }

        It 'takes fields as lines, and those of another message' {
            (Send-HttpRequest "$base/echo" -Headers 'X-A: b', 'X-C:d').Response.BodyText | Should -BeLike "*`r`nX-A: b`r`nX-C: d`r`n*"
            $first = Send-HttpRequest "$base/echo" -Header @{ 'X-A' = 'b' }
            (Send-HttpRequest "$base/echo" -Header $first.Request.Headers).Request.Text | Should -BeExactly $first.Request.Text
        }

        It 'lets a Host of the caller go before its own' {
            $exchange = Send-HttpRequest "$base/echo" -Header @{ Host = 'elsewhere' }
            $exchange.Request.Headers.Where{ $_.Name -eq 'Host' }.Value | Should -BeExactly 'elsewhere'
        }

        It 'sends the path as it is written' {
            Send-HttpRequest "$base/a/../b/./%7e?q=%41" | ForEach-Object { $_.Request.Target } | Should -BeExactly '/a/../b/./%7e?q=%41'
            Send-HttpRequest "$base/a b#c" | ForEach-Object { $_.Request.Target } | Should -BeExactly '/a%20b'
        }

        It 'sends a body with its length' {
            $exchange = Send-HttpRequest "$base/echo" -Body '确认'
            $exchange.Request.Method | Should -BeExactly 'POST'
            $exchange.Request.Headers['Content-Length'] | Should -Be 6
            $exchange.Response.BodyText | Should -BeLike '*确认'
            (Send-HttpRequest "$base/echo" -Method PUT -Body ([byte[]] (65, 66))).Response.BodyText | Should -BeLike "PUT *`r`n`r`nAB"
            (Send-HttpRequest "$base/echo" -Body '确认' -Encoding GB18030).Request.Content | Should -Be ([Text.Encoding]::GetEncoding('GB18030').GetBytes('确认'))
        }

        It 'sends chunks and trailers' {
            # It answers once, however many pieces the request comes in.
            $server = Start-HttpServer -Reply 204
            $exchange = Send-HttpRequest $server.Uri -Body one, three -Trailer @{ 'X-Sum' = 8 }
            Remove-Job $server -Force
            [Text.Encoding]::ASCII.GetString($exchange.Request.Content) | Should -BeExactly "3`r`none`r`n5`r`nthree`r`n0`r`nX-Sum: 8`r`n`r`n"
            $exchange.Request.Headers['Transfer-Encoding'] | Should -BeExactly 'chunked'
            $exchange.Remarks | Should -BeNullOrEmpty
        }

        It 'adds nothing with -NoAutoHeader, and remarks on what is missing' {
            $exchange = Send-HttpRequest "$base/echo" -NoAutoHeader
            $exchange.Request.Text | Should -BeExactly "GET /echo HTTP/1.1`r`n`r`n"
            $exchange.Remarks | Should -BeLike 'Request: *Host*'
        }

        It 'sends -Raw byte by byte as it is' {
            $exchange = Send-HttpRequest $base -Raw "GET /echo HTTP/1.1`nHost : x`r`n`r`n"
            $exchange.Request.Text | Should -BeExactly "GET /echo HTTP/1.1`nHost : x`r`n`r`n"
            "$($exchange.Request)" | Should -BeExactly 'GET /echo HTTP/1.1'
            $exchange.Remarks | Should -BeLike 'Request: *CRLF*'
        }

        It 'ends its side with -HalfClose' {
            $server = Start-TcpServer -Echo
            $exchange = Send-HttpRequest "127.0.0.1:$($server.Port)" -Raw "HTTP/1.1 200 OK`r`n`r`nbody" -HalfClose
            Remove-Job $server -Force
            $exchange.Response.BodyText | Should -BeExactly 'body'
            $exchange.Complete | Should -BeTrue
        }
    }

    Context 'what comes back' {
        It 'has trailers apart from the body' {
            $exchange = Send-HttpRequest "$base/trailers"
            $exchange.Response.BodyText | Should -BeExactly 'hello'
            $exchange.Response.Trailers['X-Sum'] | Should -Be 5
            $exchange.Response.Text | Should -BeLike "*3`r`nhel`r`n2`r`nlo`r`n0`r`nX-Sum: 5`r`n`r`n"
        }

        It 'has interim responses apart from the final one' {
            $exchange = Send-HttpRequest "$base/early"
            $exchange.Informational.StatusCode | Should -Be 103
            $exchange.Informational[0].Headers['Link'] | Should -Be '</a>'
            $exchange.StatusCode | Should -Be 200
            $exchange.Response.Text | Should -BeLike 'HTTP/1.1 200 OK*'
        }

        It 'follows no redirect, and decodes nothing' {
            (Send-HttpRequest "$base/loop").StatusCode | Should -Be 302
        }

        It 'waits for 100 (Continue)' {
            $exchange = Send-HttpRequest "$base/echo" -Body ('x' * 1000) -Header @{ Expect = '100-continue' }
            $exchange.Informational.StatusCode | Should -Be 100
            $exchange.Response.Body.Length | Should -BeGreaterThan 1000
        }

        It 'has the times of the phases, which add up' {
            $exchange = Send-HttpRequest "$base/ok"
            $exchange.ResolveMilliseconds | Should -BeNullOrEmpty
            $exchange.TlsMilliseconds | Should -BeNullOrEmpty
            $sum = $exchange.ConnectMilliseconds + $exchange.SendMilliseconds + $exchange.WaitMilliseconds + $exchange.ReceiveMilliseconds
            [Math]::Abs($sum - $exchange.TotalMilliseconds) | Should -BeLessThan 0.01
        }

        It 'reads a malformed response, and remarks on it' {
            $exchange = Send-HttpRequest "$base/barelf"
            $exchange.Response.BodyText | Should -BeExactly 'ok'
            $exchange.Remarks | Should -BeLike 'Response: *LF alone*'
        }

        It 'says <Id> of <Path>, after what there is' -ForEach @(
            @{ Path = 'truncated'; Id = 'ResponseTruncated'; Body = 'half' }
            @{ Path = 'slowbody'; Id = 'ReceiveTimeout'; Body = 'half' }
            @{ Path = 'chunkerror'; Id = 'ResponseMalformed'; Body = 'ok' }
            @{ Path = 'nothing'; Id = 'NoResponse' }
            @{ Path = 'reset'; Id = 'ConnectionReset' }
            @{ Path = 'slow'; Id = 'ReceiveTimeout' }
            @{ Path = 'garbage'; Id = 'ResponseMalformed' }
        ) {
            # What there is comes too late when the machine stands still for so long: then once more.
            foreach ($try in 1..3) {
                $limit = $Id -eq 'ReceiveTimeout' ? 1 : 20
                $exchange = Send-HttpRequest "$base/$Path" -TimeoutSec $limit -ErrorVariable faults -ErrorAction SilentlyContinue
                if ("$($exchange.Response.BodyText)" -ceq "$Body") { break }
            }
            $faults.Count | Should -Be 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $faults[0].TargetObject | Should -Be "$base/$Path"
            $exchange.Complete | Should -BeFalse
            $exchange.Reason | Should -Be "$($faults[0])"
            "$($exchange.Response.BodyText)" | Should -BeExactly "$Body"
            if ($Path -eq 'garbage') { $exchange.Response.Text | Should -BeLike '220 mail*' }
        }

        It 'ends an endless body at -MaxBodyBytes' {
            $exchange = Send-HttpRequest "$base/endless" -MaxBodyBytes 100000 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
            $exchange.Response.Body.Length | Should -Be 100000
        }

        It 'is an error alone without a connection' {
            $exchange = Send-HttpRequest "http://127.0.0.1:$(Get-FreePort)/" -ErrorVariable faults -ErrorAction SilentlyContinue
            $exchange | Should -BeNullOrEmpty
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused,*'
        }
    }

    Context 'an open connection' {
        It 'serves several requests, and stays open' {
            $connection = Open-TcpConnection 127.0.0.1 $peer.Port
            (Send-HttpRequest /ok -Connection $connection).Response.BodyText | Should -BeExactly 'ok'
            ($connection | Send-HttpRequest /early).StatusCode | Should -Be 200
            $connection.State | Should -Be 'Established'
            $connection.BytesSent | Should -BeGreaterThan 50
            Close-TcpConnection $connection
        }

        It 'keeps what was sent too much for the next response' {
            $connection = Open-TcpConnection 127.0.0.1 $peer.Port
            $two = 1..2 | ForEach-Object { "GET /ok HTTP/1.1`r`nHost: x`r`n`r`n" }
            $first = Send-HttpRequest -Connection $connection -Raw (-join $two)
            $second = Send-HttpRequest -Connection $connection -Raw '' -TimeoutSec 1 -ErrorAction SilentlyContinue
            Close-TcpConnection $connection
            $first.StatusCode | Should -Be 200
            $first.Remarks | Should -BeLike 'Request: *bytes follow*'
            # The peer reads only one request at a time, and takes the rest of what it got for a body.
            $second.Request.Bytes.Length | Should -Be 0
        }

        It 'that is closed is an error' {
            $connection = Open-TcpConnection 127.0.0.1 $peer.Port
            Close-TcpConnection $connection
            Send-HttpRequest -Connection $connection -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        }

        It 'of a server is busy' {
            $server = Start-TcpServer
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            Wait-Until { Get-TcpConnection -Job $server }
            Send-HttpRequest -Connection (Get-TcpConnection -Job $server) -ErrorVariable faults -ErrorAction SilentlyContinue
            Close-TcpConnection $client
            Remove-Job $server -Force
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionBusy,*'
        }
    }

    Context 'parameters' {
        It 'refuses <Why>' -ForEach @(
            @{ Why = 'a field with a line break'; Code = { Send-HttpRequest x -Header @{ A = "b`r`nC: d" } } }
            @{ Why = 'a name that is none'; Code = { Send-HttpRequest x -Header @{ 'A B' = 'c' } } }
            @{ Why = 'a method of two words'; Code = { Send-HttpRequest x -Method 'GET /' } }
            @{ Why = '-Raw with more'; Code = { Send-HttpRequest x -Raw y -Method GET } }
            @{ Why = 'an object as a body'; Code = { Send-HttpRequest x -Body @{ a = 1 } } }
        ) {
            $ErrorActionPreference = 'Stop'
            $Code | Should -Throw -ErrorId 'InvalidParameters,*'
        }

        It 'refuses a URI that is none, and says why' {
            { Send-HttpRequest ftp://x/ } | Should -Throw '*its scheme is ftp*'
            { Send-HttpRequest http://a:b@x/ } | Should -Throw '*Authorization*'
            { Send-HttpRequest http:// } | Should -Throw '*names no host*'
        }

        It 'takes text, URIs, web servers and rows by pipeline' {
            Set-Content $TestDrive/a.txt hello -NoNewline
            Set-Content $TestDrive/index.html hello
            $web = Start-StaticHttpServer $TestDrive
            $rows = "ComputerName,Port`n127.0.0.1,$($web.Port)" | ConvertFrom-Csv
            $all = "$($web.Uri)a.txt", [uri] "$($web.Uri)a.txt", $web, $rows | Send-HttpRequest
            Remove-Job $web -Force
            $all.StatusCode | Should -Be 200, 200, 200, 200
        }

        It 'completes methods and the URIs of web servers' {
            $web = Start-StaticHttpServer $TestDrive
            $methods = (TabExpansion2 'Send-HttpRequest x -Method P').CompletionMatches.CompletionText
            $uris = (TabExpansion2 'Send-HttpRequest ').CompletionMatches.CompletionText
            Remove-Job $web -Force
            $methods | Should -Be POST, PUT, PATCH
            $uris | Should -Contain "$($web.Uri)"
        }
    }

    Context 'TLS' {
        It 'checks the certificate, and says who answered' {
            Set-Content $TestDrive/index.html hello
            $web = Start-StaticHttpServer $TestDrive -Tls
            Send-HttpRequest $web -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'CertificateRejected,*'
            $exchange = Send-HttpRequest $web -SkipCertificateCheck
            Remove-Job $web -Force
            $exchange.StatusCode | Should -Be 200
            $exchange.Tls.Alpn | Should -Be 'http/1.1'
            $exchange.TlsMilliseconds | Should -BeGreaterThan 0
        }
    }

    Context 'the object' {
        It 'shows both texts, the times and the remarks' {
            $text = Send-HttpRequest "$base/barelf" | Out-String
            $text | Should -BeLike '*> GET /barelf HTTP/1.1*> Host: *< HTTP/1.1 200 OK*ok*total * ms*! Response: *'
        }

        It 'has colors only where they are wanted' {
            $code = "Import-Module '$modulePath/PSNetLab.psd1'; `$PSStyle.OutputRendering = '{0}'; Send-HttpRequest $base/ok | Out-String"
            $before = $env:NO_COLOR
            try {
                $env:NO_COLOR = $null
                Invoke-PowerShell -Command ($code -f 'Ansi') | Out-String | Should -Match "$escape\[32mHTTP/1.1 200 OK"
                Invoke-PowerShell -Command ($code -f 'PlainText') | Out-String | Should -Not -Match $escape
                $env:NO_COLOR = 1
                Invoke-PowerShell -Command ($code -f 'Ansi') | Out-String | Should -Not -Match $escape
            }
            finally { $env:NO_COLOR = $before }
        }

        It 'lets no peer write to the screen' {
            $server = Start-TcpServer -Reply "HTTP/1.1 200 OK`r`nX-$([char]27)[31m: a`r`nContent-Length: 5`r`n`r`n$([char]27)[2Jx"
            $text = Send-HttpRequest "127.0.0.1:$($server.Port)" | Out-String
            Remove-Job $server -Force
            $text | Should -Not -Match "$escape\[2J"
            $text | Should -Not -Match "$escape\[31m:"
        }

        It 'becomes JSON with texts, and a copy that shows the same' {
            $exchange = Send-HttpRequest "$base/early"
            $json = $exchange | ConvertTo-Json -Depth 4 | ConvertFrom-Json
            $json.Request.Headers | Should -Be "Host: 127.0.0.1:$($peer.Port)"
            $json.Response.StatusCode | Should -Be 200
            $json.RemoteEndPoint | Should -Be "127.0.0.1:$($peer.Port)"
            $flat = $exchange | ConvertTo-Json | ConvertFrom-Json
            $flat.Response.Text | Should -BeLike 'HTTP/1.1 200 OK*'
            $flat.Request.Headers | Should -Be "Host: 127.0.0.1:$($peer.Port)"
            $row = $exchange | ConvertTo-Csv | ConvertFrom-Csv
            $row.Response, $row.Informational | Should -Be 'HTTP/1.1 200 OK', 'HTTP/1.1 103 Early Hints'
            $exchange | Export-Clixml $TestDrive/x.xml
            $copy = Import-Clixml $TestDrive/x.xml
            $copy | Out-String | Should -BeExactly ($exchange | Out-String)
            $copy.StatusCode | Should -Be 200
        }
    }

    Context 'ending' {
        It 'ends at Ctrl+C while it waits for <_>' -ForEach 'slow', 'slowbody', 'endless' {
            $run = Invoke-Stoppable { param($uri) Send-HttpRequest $uri -TimeoutSec 60 -MaxBodyBytes 1000000000 } "$base/$_"
            $run.EndedBefore | Should -BeFalse
            $run.StopMs | Should -BeLessThan 10000
        }

        It 'leaves no socket open' -Skip:(-not $IsLinux) {
            $null = Send-HttpRequest "$base/ok"
            $before = Get-OpenSocketCount
            1..50 | ForEach-Object { "$base/ok", "$base/truncated", "$base/chunkerror" | Send-HttpRequest -ErrorAction SilentlyContinue | Select-Object -First 1 } | Out-Null
            Wait-Until { (Get-OpenSocketCount) -le $before }
        }
    }
}
