BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1

    # What curl prints, and its exit code at the end.
    function Invoke-Curl([string[]] $Arguments) {
        $text = curl -s --max-time 20 @Arguments 2>$null
        [pscustomobject]@{ Text = $text -join "`n"; ExitCode = $LASTEXITCODE }
    }
}

Describe 'Start-HttpServer' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'the short form' {
        It 'gives the answers of -Reply one after the other, and the last one again' {
            $server = Start-HttpServer -Reply 503, 503, 200
            1..4 | ForEach-Object { (Invoke-WebRequest $server.Uri -SkipHttpErrorCheck).StatusCode } | Should -Be 503, 503, 200, 200
        }

        It 'makes a client with retries succeed' {
            $server = Start-HttpServer @{ 'GET /data' = 503, 503, @{ ok = $true } }
            $result = Invoke-RestMethod "$($server.Uri)data" -MaximumRetryCount 3 -RetryIntervalSec 1
            $result.ok | Should -BeTrue
            (Receive-HttpRequest $server -TimeoutSec 0).Status | Should -Be 503, 503, 200
        }

        It 'takes <What>' -ForEach @(
            @{ What = 'a number as a status'; Answer = 204; Status = 204; Body = ''; Type = $null }
            @{ What = 'a status by name'; Answer = [Net.HttpStatusCode]::Gone; Status = 410; Body = ''; Type = $null }
            @{ What = 'a text as a body'; Answer = 'héllo'; Status = 200; Body = 'héllo'; Type = 'text/plain; charset=utf-8' }
            @{ What = 'bytes as bytes'; Answer = [byte[]] (104, 105); Status = 200; Body = 'hi'; Type = 'application/octet-stream' }
            @{ What = 'an object as JSON'; Answer = [pscustomobject]@{ a = 1; b = @('x', $null, $true, 1.5) }; Status = 200; Body = '{"a":1,"b":["x",null,true,1.5]}'; Type = 'application/json' }
            @{ What = 'a table as JSON'; Answer = [ordered]@{ day = [DayOfWeek]::Monday; time = [datetime]::new(2026, 1, 2, 3, 4, 5, [DateTimeKind]::Utc) }; Status = 200; Body = '{"day":"Monday","time":"2026-01-02T03:04:05Z"}'; Type = 'application/json' }
            @{ What = 'nothing as no content'; Answer = $null; Status = 204; Body = ''; Type = $null }
        ) {
            $server = Start-HttpServer @{ '/a' = $Answer }
            $response = Invoke-WebRequest "$($server.Uri)a" -SkipHttpErrorCheck
            $response.StatusCode | Should -Be $Status
            $body = $response.Content
            if ($body -is [byte[]]) { $body = [Text.Encoding]::UTF8.GetString($body) }
            "$body" | Should -BeExactly $Body
            $response.Headers['Content-Type'] | Should -Be $Type
        }

        It 'runs a script block with the request as $_' {
            $server = Start-HttpServer @{ 'GET /users/{id}' = { @{ id = $_.Params.id; page = $_.Query.page } } }
            $user = Invoke-RestMethod "$($server.Uri)users/a%20b?page=2"
            $user.id | Should -Be 'a b'
            $user.page | Should -Be '2'
        }

        It 'says what is not a route' -ForEach @(
            @{ Route = 'text' }
            @{ Route = 8080 }
            @{ Route = @{ Path = '/a' } }
            @{ Route = @{ 'GET a' = 200 } }
            @{ Route = @{ '/{a' = 200 } }
            @{ Route = @{ '/a' = 42 } }
            @{ Route = @{ '/a' = 1000 } }
            @{ Route = @{ '/a' = 101 } }
            @{ Route = @{ 'B@D /a' = 200 } }
            @{ Route = @{ '/a' = @() } }
        ) {
            { Start-HttpServer $Route } | Should -Throw -ErrorId 'InvalidRoute,PSNetLab.Commands.StartHttpServerCommand'
            Get-Job | Should -BeNullOrEmpty
        }
    }

    Context 'script blocks' {
        It 'takes <What> of a script' -ForEach @(
            @{ What = 'a status'; Script = { 418 }; Status = 418; Body = '' }
            @{ What = 'a status and a body'; Script = { 201; @{ id = 7 } }; Status = 201; Body = '{"id":7}' }
            @{ What = 'lines of text'; Script = { 'a'; 'b' }; Status = 200; Body = "a`nb`n" }
            @{ What = 'a list of objects'; Script = { 1..2 | ForEach-Object { @{ n = $_ } } }; Status = 200; Body = '[{"n":1},{"n":2}]' }
            @{ What = 'bytes'; Script = { [byte[]] (104, 105) }; Status = 200; Body = 'hi' }
            @{ What = 'bytes that stay whole'; Script = { , [byte[]] (104, 105) }; Status = 200; Body = 'hi' }
            @{ What = 'bytes, whole and one by one'; Script = { , [byte[]] (104, 105); [byte] 33 }; Status = 200; Body = 'hi!' }
            @{ What = 'a status by name'; Script = { [Net.HttpStatusCode]::Gone }; Status = 410; Body = '' }
            @{ What = 'a status by name and a body'; Script = { [Net.HttpStatusCode]::Created; @{ id = 7 } }; Status = 201; Body = '{"id":7}' }
            @{ What = 'a short status'; Script = { [uint16] 410 }; Status = 410; Body = '' }
            @{ What = 'nothing'; Script = { }; Status = 204; Body = '' }
            @{ What = 'a route'; Script = { New-HttpRoute -Status 202 -Text x -ResponseHeader @{ 'X-Own' = 1 } }; Status = 202; Body = 'x' }
        ) {
            $server = Start-HttpServer $Script
            $response = Invoke-WebRequest $server.Uri -SkipHttpErrorCheck
            $response.StatusCode | Should -Be $Status
            $body = $response.Content
            if ($body -is [byte[]]) { $body = [Text.Encoding]::UTF8.GetString($body) }
            "$body" | Should -BeExactly $Body
        }

        It 'sees the body, the form and the variables of the caller' {
            $factor = 3
            $server = Start-HttpServer @{
                'POST /json' = { @{ n = $_.Json.n * $using:factor } }
                'POST /form' = { "$($_.Form.name) $($_.Form.file.FileName) $($_.Form.file.Length)" }
            }
            (Invoke-RestMethod "$($server.Uri)json" -Method Post -Body '{"n": 14}' -ContentType application/json).n | Should -Be 42
            Set-Content $TestDrive/up.txt 'abc' -NoNewline
            Invoke-RestMethod "$($server.Uri)form" -Method Post -Form @{ name = 'x y'; file = Get-Item $TestDrive/up.txt } | Should -Be 'x y up.txt 3'
        }

        It 'answers 500 when the script fails, and says why in the job' {
            $server = Start-HttpServer @{ '/bad' = { throw 'oh no' }; '/good' = 200 }
            (Invoke-WebRequest "$($server.Uri)bad" -SkipHttpErrorCheck).StatusCode | Should -Be 500
            (Invoke-WebRequest "$($server.Uri)good").StatusCode | Should -Be 200
            Wait-Until { $server.Error.Count -gt 0 }
            $server.Error[0].FullyQualifiedErrorId | Should -Be 'ReplyScriptFailed'
            $server.Error[0].Exception.Message | Should -BeLike '*GET /bad*oh no*'
        }

        It 'ends a script that does not end' {
            $server = Start-HttpServer @{ '/never' = { while ($true) { Start-Sleep 1 } }; '/good' = { 'good' } } -ScriptTimeoutSec 0.5 -ThrottleLimit 1
            (Invoke-WebRequest "$($server.Uri)never" -SkipHttpErrorCheck).StatusCode | Should -Be 500
            # It has half a second, too.
            Wait-Until { (Invoke-WebRequest "$($server.Uri)good" -SkipHttpErrorCheck).Content -eq 'good' }
            Wait-Until { $server.Error.Count -gt 0 }
            $server.Error[0].Exception.Message | Should -BeLike '*did not end within 0.5 s*'
        }

        It 'sends 100 MB of a script' {
            $server = Start-HttpServer { 'x' * 100MB }
            $run = Invoke-Curl '-o', '/dev/null', '-w', '%{size_download}', $server.Uri
            $run.Text | Should -Be 100MB
        }

        It 'does not need much memory for a script that writes 100 MB to the host' {
            $server = Start-HttpServer { foreach ($i in 1..1000) { Write-Host ('y' * 100KB) }; 'done' }
            Invoke-RestMethod $server.Uri | Should -Be 'done'
        }

        It 'opens no runspace for a server that cannot start' {
            $before = (Get-Runspace).Count
            foreach ($number in 1..10) { Start-HttpServer { 'x' } -LogPath $TestDrive/no/such/folder/a.log -ErrorAction SilentlyContinue }
            # Whatever was begun before this one has been opened after it.
            $server = Start-HttpServer { 'x' }
            Invoke-RestMethod $server.Uri | Should -Be 'x'
            Remove-Job $server -Force
            Wait-Until { (Get-Runspace).Count -le $before }
        }

        It 'stops while a script runs' {
            # It has the second of grace.
            $null = Invoke-Within 3000 {
                $server = Start-HttpServer { Write-Warning begun; Start-Sleep 60 }
                $client = Open-TcpConnection 127.0.0.1 $server.Port
                Send-TcpMessage $client "GET / HTTP/1.1`r`nHost: a`r`n`r`n"
                Wait-Until { $server.Warning.Count }
                Measure-Stop $server
                Close-TcpConnection $client
            }
        }
    }

    Context 'what no route answers' {
        It 'gets 404 with the nearest routes, a warning of the job and a record' {
            $server = Start-HttpServer @{ 'GET /users/{id}' = 200; 'POST /pay' = 200 }
            $answer = Invoke-WebRequest "$($server.Uri)user/7" -SkipHttpErrorCheck
            $answer.StatusCode | Should -Be 404
            $answer.Content | Should -BeLike '*Path: expected /users/{id}, got /user/7*'
            Wait-Until { $server.Warning.Count -gt 0 }
            $server.Warning[0].Message | Should -BeLike "No route answers GET /user/7. The nearest is 'GET /users/{id}'*"
            $server.Error | Should -BeNullOrEmpty
            (Receive-HttpRequest $server -TimeoutSec 0).Route | Should -BeNullOrEmpty
        }

        It 'is an error of the job with -Strict' {
            $server = Start-HttpServer @{ '/a' = 200 } -Strict
            $null = Invoke-WebRequest "$($server.Uri)b" -SkipHttpErrorCheck
            Wait-Until { $server.Error.Count -gt 0 }
            $server.Error[0].FullyQualifiedErrorId | Should -Be 'RequestNotMatched'
        }

        It 'is explained as JSON to a client that prefers it' {
            $server = Start-HttpServer @{ '/a' = 200 }
            $answer = Invoke-WebRequest "$($server.Uri)b" -SkipHttpErrorCheck -Headers @{ Accept = 'application/json' }
            ($answer.Content | ConvertFrom-Json).nearest[0].route | Should -Be '/a'
        }

        It 'goes to -Reply if there is one' {
            $server = Start-HttpServer @{ '/a' = 'a' } -Reply 'else'
            Invoke-RestMethod "$($server.Uri)a" | Should -Be 'a'
            Invoke-RestMethod "$($server.Uri)b" | Should -Be 'else'
        }
    }

    Context 'protection' {
        It 'wants the password of -Credential' {
            $credential = New-Login me secret
            $server = Start-HttpServer -Reply 'in' -Credential $credential
            (Invoke-WebRequest $server.Uri -SkipHttpErrorCheck).StatusCode | Should -Be 401
            $header = @{ Authorization = "Basic $([Convert]::ToBase64String([Text.Encoding]::ASCII.GetBytes('me:secret')))" }
            Invoke-RestMethod $server.Uri -Headers $header | Should -Be 'in'
            (Receive-HttpRequest $server -TimeoutSec 0)[-1].Headers.Authorization | Should -Be 'Basic ***'
        }

        It 'lets scripts of other origins in with -Cors' {
            $server = Start-HttpServer @{ 'GET /a' = 'a' } -Cors
            (Invoke-WebRequest "$($server.Uri)a").Headers['Access-Control-Allow-Origin'] | Should -Be '*'
            $preflight = Invoke-WebRequest "$($server.Uri)a" -Method Options -Headers @{ 'Access-Control-Request-Method' = 'PUT' }
            $preflight.StatusCode | Should -Be 204
            $preflight.Headers['Access-Control-Allow-Methods'] | Should -BeLike '*PUT*'
            (Invoke-WebRequest "$($server.Uri)b" -SkipHttpErrorCheck).Headers['Access-Control-Allow-Origin'] | Should -Be '*'
        }

        It 'serves over TLS' {
            $server = Start-HttpServer -Reply 'secret' -Tls
            $server.Uri.Scheme | Should -Be 'https'
            Invoke-RestMethod $server.Uri -SkipCertificateCheck | Should -Be 'secret'
        }

        It 'refuses a body over -MaxBodyBytes' {
            $server = Start-HttpServer -Reply 200 -MaxBodyBytes 10
            (Invoke-WebRequest $server.Uri -Method Post -Body ('x' * 10)).StatusCode | Should -Be 200
            (Invoke-WebRequest $server.Uri -Method Post -Body ('x' * 11) -SkipHttpErrorCheck).StatusCode | Should -Be 413
        }

        It 'does not read two requests where another server might see one: <Name>' -ForEach @(
            @{ Name = 'both lengths'; Head = "Content-Length: 4`r`nTransfer-Encoding: chunked" }
            @{ Name = 'two lengths'; Head = "Content-Length: 4`r`nContent-Length: 5" }
            @{ Name = 'a list of lengths'; Head = 'Content-Length: 4, 5' }
            @{ Name = 'a signed length'; Head = 'Content-Length: +4' }
            @{ Name = 'a space before the colon'; Head = 'Transfer-Encoding : chunked' }
            @{ Name = 'a fold'; Head = "Transfer-Encoding:`r`n chunked" }
            @{ Name = 'another coding last'; Head = 'Transfer-Encoding: chunked, identity' }
            @{ Name = 'an unknown coding'; Head = 'Transfer-Encoding: xchunked' }
        ) {
            $server = Start-HttpServer @{ '*' = 200 }
            $request = "POST / HTTP/1.1`r`nHost: a`r`n$Head`r`n`r`n0`r`n`r`nGET /smuggled HTTP/1.1`r`nHost: a`r`n`r`n"
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            Send-TcpMessage $client $request
            (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Match '^HTTP/1.1 (400|501) '
            Close-TcpConnection $client
            (Receive-HttpRequest $server -TimeoutSec 0).Target | Should -Not -Contain '/smuggled'
        }
    }

    Context 'the server' {
        It 'says what it would do with -WhatIf' {
            Start-HttpServer -Reply 200 -WhatIf | Should -BeNullOrEmpty
            Get-Job | Should -BeNullOrEmpty
        }

        It 'takes routes from the pipeline' {
            $server = (New-HttpRoute /a -Text one), @{ '/b' = 'two' } | Start-HttpServer
            $server | Should -HaveCount 1
            Invoke-RestMethod "$($server.Uri)a" | Should -Be 'one'
            Invoke-RestMethod "$($server.Uri)b" | Should -Be 'two'
        }

        It 'answers everything with 404 when it has no routes' {
            $server = Start-HttpServer
            $answer = Invoke-WebRequest $server.Uri -SkipHttpErrorCheck
            $answer.StatusCode | Should -Be 404
            $answer.Content | Should -BeLike '*no routes*'
        }

        It 'answers python''s http.client, with a body in chunks' {
            $server = Start-HttpServer { "$($_.Method) $($_.Text)" }
            $client = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import sys, http.client
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
for method in 'PUT', 'PATCH', 'DELETE':
    connection.request(method, '/x', iter([b'one', b'two']), encode_chunked=True)
    print(connection.getresponse().read().decode())
'@
            try { $client.ReadToEnd() | Should -Be 'PUT onetwo', 'PATCH onetwo', 'DELETE onetwo' }
            finally { $client.Stop() }
        }

        It 'keeps no more records than -BufferLimit' {
            $server = Start-HttpServer -Reply 200 -BufferLimit 5
            1..8 | ForEach-Object { $null = Invoke-WebRequest $server.Uri }
            (Receive-HttpRequest $server -TimeoutSec 0) | Should -HaveCount 5
            $server.Dropped | Should -Be 3
        }
    }
}
