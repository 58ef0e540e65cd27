BeforeAll {
    . $PSScriptRoot/common.ps1
    $code = Get-Content $PSScriptRoot/httppeer.py -Raw
    $peer = Start-PythonPeer $code
    $other = Start-PythonPeer $code
    $base = "http://127.0.0.1:$($peer.Port)"
    $elsewhere = "http://127.0.0.1:$($other.Port)"
}

AfterAll {
    foreach ($one in $peer, $other) { if ($one) { $one.Stop() } }
}

Describe 'Test-HttpEndpoint' {
    Context 'what passes' {
        It 'passes a page that is there' {
            $result = Test-HttpEndpoint "$base/ok"
            $result.Passed | Should -BeTrue
            $result.Status | Should -Be 'Passed'
            $result.Reason | Should -BeNullOrEmpty
            $result.StatusCode | Should -Be 200
            $result.Version | Should -Be 'HTTP/1.1'
            $result.Address | Should -Be '127.0.0.1'
            $result.Bytes | Should -Be 2
            $result.Uri | Should -Be "$base/ok"
            $result.FinalUri | Should -Be "$base/ok"
            $result.Headers['content-length'] | Should -Be 2
            $result.Hops.Count | Should -Be 1
            $result.Certificate | Should -BeNullOrEmpty
            $result.DaysLeft | Should -BeNullOrEmpty
        }

        It 'has phases that add up, and none that did not happen' {
            $result = Test-HttpEndpoint "http://localhost:$($peer.Port)/ok"
            $result.ResolveMilliseconds | Should -BeGreaterThan 0
            $result.TlsMilliseconds | Should -BeNullOrEmpty
            $parts = $result.ResolveMilliseconds + $result.ConnectMilliseconds + $result.SendMilliseconds + $result.WaitMilliseconds + $result.ReceiveMilliseconds
            [Math]::Abs($parts - $result.TotalMilliseconds) | Should -BeLessThan 0.01
            (Test-HttpEndpoint "$base/ok").ResolveMilliseconds | Should -BeNullOrEmpty
        }

        It 'judges the status by -StatusCode' {
            $result = Test-HttpEndpoint "$base/gone"
            $result.Passed | Should -BeFalse
            $result.Status | Should -Be 'StatusUnexpected'
            $result.Reason | Should -Be 'The status is 404 Not Found, and -StatusCode expects 200-399.'
            (Test-HttpEndpoint "$base/gone" -StatusCode 404).Passed | Should -BeTrue
            (Test-HttpEndpoint "$base/gone" -StatusCode 200, '400-499').Passed | Should -BeTrue
            (Test-HttpEndpoint "$base/ok" -StatusCode '400-499,503').Reason | Should -BeLike '*expects 400-499, 503.'
        }

        It 'judges the body by -Match' {
            (Test-HttpEndpoint "$base/ok" -Match '^ok$').Passed | Should -BeTrue
            $result = Test-HttpEndpoint "$base/ok" -Match 'up'
            $result.Status | Should -Be 'ContentMismatch'
            $result.Reason | Should -BeLike "*does not match 'up'*"
        }

        It 'sends the method, the fields and the body' {
            (Test-HttpEndpoint "$base/echo" -Method PUT -Headers @{ 'X-A' = 'b' } -Body '确认' -Match "(?s)^PUT /echo.*\nX-A: b\r.*\nContent-Length: 6\r.*确认$").Passed | Should -BeTrue
            (Test-HttpEndpoint "$base/echo" -Body x -Match '^POST').Passed | Should -BeTrue
            (Test-HttpEndpoint "$base/echo" -Headers @{ 'User-Agent' = 'me' } -Match "(?s)\nUser-Agent: me\r.*\nAccept: ").Passed | Should -BeTrue
        }

        It 'needs no body for HEAD' {
            $result = Test-HttpEndpoint "$base/ok" -Method HEAD -TimeoutSec 20
            # The peer sends one all the same, which is remarked on.
            $result.StatusCode | Should -Be 200
            $result.Bytes | Should -Be 0
        }
    }

    Context 'what does not' {
        It 'says <Status> of <Path>' -ForEach @(
            @{ Path = 'truncated'; Status = 'Truncated' }
            @{ Path = 'slowbody'; Status = 'TimedOut' }
            @{ Path = 'slow'; Status = 'TimedOut' }
            @{ Path = 'chunkerror'; Status = 'Malformed' }
            @{ Path = 'garbage'; Status = 'Malformed' }
            @{ Path = 'nothing'; Status = 'NoResponse' }
            @{ Path = 'reset'; Status = 'NoResponse' }
        ) {
            $result = Test-HttpEndpoint "$base/$Path" -TimeoutSec ($Status -eq 'TimedOut' ? 1 : 20) -ErrorVariable faults
            $result.Status | Should -Be $Status
            $result.Passed | Should -BeFalse
            $result.Reason | Should -Not -BeNullOrEmpty
            $faults | Should -BeNullOrEmpty
        }

        It 'says Refused, NameNotFound and Unreachable with no times of what did not happen' {
            $refused = Test-HttpEndpoint "127.0.0.1:$(Get-FreePort)"
            $refused.Status | Should -Be 'Refused'
            $refused.StatusCode | Should -BeNullOrEmpty
            $refused.WaitMilliseconds | Should -BeNullOrEmpty
            $refused.Bytes | Should -BeNullOrEmpty
            (Test-HttpEndpoint http://nosuch.invalid/).Status | Should -Be 'NameNotFound'
        }

        It 'remarks on a malformed head, and passes' {
            $result = Test-HttpEndpoint "$base/barelf"
            $result.Passed | Should -BeTrue
            $result.Remarks | Should -BeLike '*LF alone*'
        }
    }

    Context 'redirects' {
        It 'follows them, and has each hop' {
            $result = Test-HttpEndpoint "$base/to/302/ok"
            $result.Passed | Should -BeTrue
            $result.StatusCode | Should -Be 200
            $result.FinalUri | Should -Be "$base/ok"
            $result.Hops.StatusCode | Should -Be 302, 200
            $result.Hops[0].Location | Should -Be '/ok'
            $result.Hops.Reused | Should -Be $false, $true
            $result.Hops[1].ConnectMilliseconds | Should -BeNullOrEmpty
            $result.TotalMilliseconds | Should -Be ($result.Hops | Measure-Object TotalMilliseconds -Sum).Sum
        }

        It 'opens a new connection after Connection: close, and to another server' {
            (Test-HttpEndpoint "$base/to/302/$elsewhere/ok").Hops.Reused | Should -Be $false, $false
        }

        It 'turns <From> into <To> after <Code>' -ForEach @(
            @{ Code = 301; From = 'POST'; To = 'GET' }
            @{ Code = 302; From = 'POST'; To = 'GET' }
            @{ Code = 303; From = 'PUT'; To = 'GET' }
            @{ Code = 303; From = 'HEAD'; To = 'HEAD' }
            @{ Code = 301; From = 'PUT'; To = 'PUT' }
            @{ Code = 307; From = 'POST'; To = 'POST' }
            @{ Code = 308; From = 'POST'; To = 'POST' }
        ) {
            $body = $From -eq 'HEAD' ? $null : 'text'
            $result = Test-HttpEndpoint "$base/to/$Code/echo" -Method $From -Body $body -Headers @{ 'Content-Type' = 'text/x' } -Match '(?s).*'
            $result.Hops.Method | Should -Be $From, $To
            $keeps = $From -eq $To -and $From -ne 'HEAD'
            (Test-HttpEndpoint "$base/to/$Code/echo" -Method $From -Body $body -Headers @{ 'Content-Type' = 'text/x' } -Match 'Content-Type: text/x').Passed | Should -Be $keeps
        }

        It 'keeps credentials for their origin' {
            $secret = @{ Authorization = 'Basic abc'; Cookie = 'a=b' }
            (Test-HttpEndpoint "$base/to/302/echo" -Headers $secret -Match 'Basic abc').Passed | Should -BeTrue
            $result = Test-HttpEndpoint "$base/to/302/$elsewhere/echo" -Headers $secret -Match '^(?!.*(Basic abc|a=b))'
            $result.Passed | Should -BeTrue
            $result.Hops.Count | Should -Be 2
            $result.Remarks -join ' ' | Should -BeLike '*Authorization*not sent to*'
            (Test-HttpEndpoint "$base/to/302/$elsewhere/echo" -Headers $secret -Match 'Basic abc').Passed | Should -BeFalse
        }

        It 'ends at -MaximumRedirection' {
            $result = Test-HttpEndpoint "$base/deeper?n=1"
            $result.Status | Should -Be 'RedirectFailed'
            $result.Reason | Should -BeLike 'There are more than 5 redirects*'
            $result.Hops.Count | Should -Be 6
            (Test-HttpEndpoint "$base/deeper?n=1" -MaximumRedirection 2).Hops.Count | Should -Be 3
        }

        It 'takes a redirect for a response with -MaximumRedirection 0' {
            $result = Test-HttpEndpoint "$base/loop" -MaximumRedirection 0
            $result.StatusCode | Should -Be 302
            $result.Passed | Should -BeTrue
        }

        It 'sees a circle' {
            $result = Test-HttpEndpoint "$base/loop" -MaximumRedirection 50
            $result.Status | Should -Be 'RedirectFailed'
            $result.Reason | Should -BeLike '*in a circle*'
            $result.Hops.Count | Should -Be 2
        }

        It 'says where a redirect leads to what is no page' {
            (Test-HttpEndpoint "$base/nowhere").Reason | Should -BeLike "*redirects to 'mailto:a@b'*"
        }
    }

    Context 'where it connects to' {
        It 'uses the addresses of -Resolve' {
            $result = Test-HttpEndpoint "http://shop.invalid:$($peer.Port)/echo" -Resolve "shop.invalid:$($peer.Port):127.0.0.1" -Match "\nHost: shop.invalid:$($peer.Port)\r"
            $result.Passed | Should -BeTrue
            $result.Address | Should -Be '127.0.0.1'
            { Test-HttpEndpoint http://shop.invalid/ -Resolve shop.invalid:80:127.0.0.1 -Proxy "http://127.0.0.1:$($peer.Port)" } |
                Should -Throw '*shop.invalid:80*the proxy looks up*'
            { Test-HttpEndpoint x -Resolve a:1 } | Should -Throw '*host:port:address*'
        }

        It 'goes through a -Proxy, and through none otherwise' {
            (Test-HttpEndpoint http://shop.invalid/ok -Proxy $base -Match 'by the proxy').Passed | Should -BeTrue
            $env:http_proxy = $base
            try { (Test-HttpEndpoint "$elsewhere/ok" -Match '^ok$').Passed | Should -BeTrue }
            finally { $env:http_proxy = $null }
        }

        It 'opens a tunnel for https, or says why not' {
            $result = Test-HttpEndpoint https://shop.invalid/ -Proxy $base
            $result.Status | Should -Be 'Failed'
            $result.Reason | Should -BeLike '*opened no tunnel to shop.invalid:443: it answered 404*'
        }
    }

    Context 'TLS' {
        BeforeAll {
            Set-Content $TestDrive/index.html hello
            $web = Start-StaticHttpServer $TestDrive -Tls
        }

        AfterAll { Remove-Job $web -Force }

        It 'has the certificate, also one that was not accepted' {
            $result = Test-HttpEndpoint $web
            $result.Status | Should -Be 'CertificateRejected'
            $result.DaysLeft | Should -BeGreaterThan 0
            $result.Certificate.Subject | Should -Not -BeNullOrEmpty
            $result.Problems | Should -Not -BeNullOrEmpty
            $null = $result | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeNullOrEmpty
        }

        It 'accepts any with -SkipCertificateCheck, and the trusted one' {
            $result = Test-HttpEndpoint $web -SkipCertificateCheck
            $result.Passed | Should -BeTrue
            $result.TlsMilliseconds | Should -BeGreaterThan 0
            (Test-HttpEndpoint $web -TrustedCertificate $result.Certificate).Passed | Should -BeTrue
        }

        It 'does not pass one that expires within -WarningDays' {
            $days = (Test-HttpEndpoint $web -SkipCertificateCheck).DaysLeft
            (Test-HttpEndpoint $web -SkipCertificateCheck -WarningDays ($days - 1)).Passed | Should -BeTrue
            $result = Test-HttpEndpoint $web -SkipCertificateCheck -WarningDays ($days + 2)
            $result.Status | Should -Be 'CertificateExpiring'
        }

        It 'says that a redirect leads from https to http' {
            $server = Start-TcpServer -Tls -Reply "HTTP/1.1 302 Found`r`nLocation: $base/ok`r`nContent-Length: 0`r`n`r`n"
            $result = Test-HttpEndpoint "https://localhost:$($server.Port)/" -SkipCertificateCheck
            Remove-Job $server -Force
            $result.Passed | Should -BeTrue
            $result.Remarks | Should -BeLike '*from https to http*'
        }

        It 'says TlsFailed of a server without TLS' {
            (Test-HttpEndpoint "https://127.0.0.1:$($peer.Port)/" -TimeoutSec 5).Status | Should -BeIn 'TlsFailed', 'TimedOut'
        }
    }

    Context 'many' {
        It 'takes text, URIs, servers and rows by pipeline' {
            Set-Content $TestDrive/index.html hello
            $web = Start-StaticHttpServer $TestDrive
            $rows = "ComputerName,Port`n127.0.0.1,$($web.Port)" | ConvertFrom-Csv
            $uris = "Uri`n$base/ok" | ConvertFrom-Csv
            $results = "$base/ok", [uri] "$base/ok", $web, $rows, $uris | Test-HttpEndpoint
            Remove-Job $web -Force
            $results.Count | Should -Be 5
            $results.Passed | Should -Not -Contain $false
        }

        It 'tests side by side' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $results = 1..20 | ForEach-Object { "$base/slow" } | Test-HttpEndpoint -TimeoutSec 1
            $results.Count | Should -Be 20
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 18
        }

        It 'repeats with -Count' {
            $results = Test-HttpEndpoint "$base/ok" -Count 3 -IntervalMs 10
            $results.Attempt | Should -Be 1, 2, 3
        }

        It 'answers -Quiet with one Boolean' {
            Test-HttpEndpoint "$base/ok", "$base/ok" -Quiet | Should -BeExactly $true
            Test-HttpEndpoint "$base/ok", "$base/gone" -Quiet | Should -BeExactly $false
            # It need not wait for the others.
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Test-HttpEndpoint "$base/gone", "$base/slow" -Quiet -TimeoutSec 25 | Should -BeExactly $false
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        }

        It 'ends at Ctrl+C' {
            $run = Invoke-Stoppable { param($uri) Test-HttpEndpoint $uri -TimeoutSec 60 } "$base/slow"
            $run.EndedBefore | Should -BeFalse
            $run.StopMs | Should -BeLessThan 10000
        }

        It 'leaves no socket open' -Skip:(-not $IsLinux) {
            $null = Test-HttpEndpoint "$base/ok"
            $before = Get-OpenSocketCount
            1..50 | ForEach-Object { Test-HttpEndpoint "$base/ok", "$base/truncated", "$base/loop" | Select-Object -First 1 } | Out-Null
            Wait-Until { (Get-OpenSocketCount) -le $before }
        }
    }

    Context 'the object' {
        It 'shows the phases as a bar' {
            $text = Test-HttpEndpoint "$base/ok" | Out-String -Width 120
            $text | Should -Match 'Status\s+Code\s+ms\s+Phases\s+Uri'
            [regex]::Match($text, '\b[rcswb]{16}\b').Success | Should -BeTrue
        }

        It 'suits JSON, CSV and Clixml' {
            $result = Test-HttpEndpoint "$base/to/302/ok"
            $json = $result | ConvertTo-Json | ConvertFrom-Json
            $json.Status | Should -Be 'Passed'
            $json.Hops[1].StatusCode | Should -Be 200
            $json.Headers | Should -Contain 'Content-Length: 2'
            $row = $result | ConvertTo-Csv | ConvertFrom-Csv
            $row.Passed | Should -Be 'True'
            $row.Hops | Should -BeLike 'GET *302; GET * 200'
            $result | Export-Clixml $TestDrive/x.xml
            $copy = Import-Clixml $TestDrive/x.xml
            $copy.Status | Should -Be 'Passed'
            $copy | Out-String | Should -BeExactly ($result | Out-String)
        }
    }

    Context 'parameters' {
        It 'refuses <_>' -ForEach 'ftp://x/', 'http://', 'http://a:b@x/' {
            { Test-HttpEndpoint $_ } | Should -Throw -ErrorId 'InvalidParameters,*'
        }

        It 'refuses what cannot be sent' {
            { Test-HttpEndpoint x -Headers @{ A = "b`n" + 'c: d' } } | Should -Throw -ErrorId 'InvalidParameters,*'
            { Test-HttpEndpoint x -Body @{ a = 1 } } | Should -Throw -ErrorId 'InvalidParameters,*'
            { Test-HttpEndpoint x -StatusCode 1000 } | Should -Throw '*100 to 999*'
        }
    }
}
