BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-Answer($Server, [string] $Path = '', [hashtable] $Options = @{}) {
        Invoke-WebRequest "$($Server.Uri)$Path" -SkipHttpErrorCheck @Options
    }

    # curl's exit code says what a client sees: 18 partial, 28 time-out, 52 no answer, 56 failure in receiving.
    function Get-CurlExit($Server, [string[]] $Arguments = @()) {
        $null = curl -s -o /dev/null @Arguments $Server.Uri 2>$null
        $LASTEXITCODE
    }
}

Describe 'New-HttpRoute, trailers' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'sends fields after the body, in chunks, to clients of HTTP/1.1' {
        $server = Start-HttpServer (New-HttpRoute /a -Text 'hello' -ResponseTrailer @{ 'X-Sum' = 7 })
        $exchange = Send-HttpRequest "$($server.Uri)a"
        $exchange.Response.BodyText | Should -Be 'hello'
        $exchange.Response.Trailers['X-Sum'] | Should -Be 7
        $exchange.Response.Headers['Transfer-Encoding'] | Should -Be 'chunked'
        $old = Send-HttpRequest "127.0.0.1:$($server.Port)" -Raw "GET /a HTTP/1.0`r`n`r`n"
        $old.Response.BodyText | Should -Be 'hello'
        { New-HttpRoute /a -WebSocket Echo -ResponseTrailer @{ a = 1 } } | Should -Throw -ErrorId 'InvalidParameters,*'
        { New-HttpRoute /a -ResponseTrailer @{ 'Content-Length' = 1 } } | Should -Throw -ErrorId 'InvalidParameters,*'
    }
}

Describe 'New-HttpRoute' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'describes itself' {
        $route = New-HttpRoute 'GET /a/{id}?x=1' -Sequence 503, @{ ok = 1 }, { 'x' } -DelayMs 10-20 -Priority 2 -Times 9
        $route | Should -BeOfType PSNetLab.HttpRoute
        $route.Name | Should -Be 'GET /a/{id}'
        $route.Method, $route.Path, $route.Priority, $route.Times, $route.CriteriaCount | Should -Be 'GET', '/a/{id}', 2, 9, 1
        $route.Answer | Should -Be '503 after 10-20 ms, 200 JSON after 10-20 ms, script after 10-20 ms'
        $route.Hits | Should -Be 0
    }

    It 'matches by <What>' -ForEach @(
        @{ What = 'query'; Route = { New-HttpRoute /a -Query @{ page = 2 } -Text yes }; Yes = 'a?page=2'; No = 'a?page=3' }
        @{ What = 'query in the path'; Route = { New-HttpRoute '/a?page=2' -Text yes }; Yes = 'a?x=1&page=2'; No = 'a' }
        @{ What = 'query by regex'; Route = { New-HttpRoute /a -Query @{ page = [regex] '^\d+$' } -Text yes }; Yes = 'a?page=22'; No = 'a?page=x' }
        @{ What = 'presence'; Route = { New-HttpRoute /a -Query @{ page = $true } -Text yes }; Yes = 'a?page'; No = 'a?pages=1' }
        @{ What = 'absence'; Route = { New-HttpRoute /a -Query @{ page = $null } -Text yes }; Yes = 'a'; No = 'a?page=1' }
        @{ What = 'a script'; Route = { New-HttpRoute /a -When { $_.Query.n -gt 5 } -Text yes }; Yes = 'a?n=6'; No = 'a?n=5' }
    ) {
        $server = Start-HttpServer (& $Route) -Reply 'no'
        (Get-Answer $server $Yes).Content | Should -Be 'yes'
        (Get-Answer $server $No).Content | Should -Be 'no'
    }

    It 'matches by header and body' {
        $server = Start-HttpServer -Reply 'no' @(
            New-HttpRoute 'POST /' -Header @{ 'X-Key' = 'k1' } -Text header
            New-HttpRoute 'POST /' -Body 'exact' -Text exact
            New-HttpRoute 'POST /' -Body ([regex] 'b+c$') -Text regex
            New-HttpRoute 'POST /' -Body @{ user = @{ name = 'ann' }; n = 1 } -Text json
        )
        (Get-Answer $server '' @{ Method = 'Post'; Headers = @{ 'x-key' = 'k1' } }).Content | Should -Be 'header'
        (Get-Answer $server '' @{ Method = 'Post'; Body = 'exact' }).Content | Should -Be 'exact'
        (Get-Answer $server '' @{ Method = 'Post'; Body = 'abbc' }).Content | Should -Be 'regex'
        (Get-Answer $server '' @{ Method = 'Post'; Body = '{"n": 1.0, "user": {"name": "ann", "age": 3}}' }).Content | Should -Be 'json'
        (Get-Answer $server '' @{ Method = 'Post'; Body = '{"n": 2, "user": {"name": "ann"}}' }).Content | Should -Be 'no'
        (Get-Answer $server '' @{ Method = 'Post'; Body = '{' }).Content | Should -Be 'no'
    }

    It 'asks the most specific route first, then the newest' {
        $server = Start-HttpServer @(
            New-HttpRoute '/a/{id}' -Text param
            New-HttpRoute /a/me -Text literal
            New-HttpRoute '/a/{rest*}' -Text rest
            New-HttpRoute '*' -Text all
            New-HttpRoute '/a/{x}' -Text newer
            New-HttpRoute /first -Text first
            New-HttpRoute '*' -Header @{ 'X-All' = $true } -Priority 1 -Text forced
        )
        (Get-Answer $server a/me).Content | Should -Be 'literal'
        (Get-Answer $server a/you).Content | Should -Be 'newer'
        (Get-Answer $server a/you/x).Content | Should -Be 'rest'
        (Get-Answer $server b).Content | Should -Be 'all'
        (Get-Answer $server first @{ Headers = @{ 'X-All' = '1' } }).Content | Should -Be 'forced'
    }

    It 'ends a sequence by -AtEnd <AtEnd>' -ForEach @(
        @{ AtEnd = 'Last'; Expected = 500, 200, 200, 200 }
        @{ AtEnd = 'Repeat'; Expected = 500, 200, 500, 200 }
        @{ AtEnd = 'Unmatched'; Expected = 500, 200, 404, 404 }
    ) {
        $server = Start-HttpServer (New-HttpRoute /a -Sequence 500, 200 -AtEnd $AtEnd)
        1..4 | ForEach-Object { (Get-Answer $server a).StatusCode } | Should -Be $Expected
    }

    It 'is over after -Times' {
        $server = Start-HttpServer (New-HttpRoute /a -Text x -Times 2) -Reply 429
        1..3 | ForEach-Object { (Get-Answer $server a).StatusCode } | Should -Be 200, 200, 429
    }

    It 'sends status, header fields, type and file' {
        Set-Content $TestDrive/page.html '<p>x</p>' -NoNewline
        $server = Start-HttpServer @(
            New-HttpRoute /json -Status 201 -Json @(1) -ContentType application/problem+json -ResponseHeader @{ 'Set-Cookie' = 'a=1', 'b=2'; ETag = '"1"'; Location = '/x' }
            New-HttpRoute /file -File $TestDrive/page.html
        )
        $json = Get-Answer $server json
        $json.StatusCode | Should -Be 201
        [Text.Encoding]::UTF8.GetString($json.RawContentStream.ToArray()) | Should -Be '[1]'
        $json.Headers['Content-Type'] | Should -Be 'application/problem+json'
        $json.Headers['Set-Cookie'] | Should -Be 'a=1', 'b=2'
        $json.Headers['ETag'] | Should -Be '"1"'
        $file = Get-Answer $server file
        $file.Content | Should -Be '<p>x</p>'
        $file.Headers['Content-Type'] | Should -BeLike 'text/html*'
        Set-Content $TestDrive/page.html 'new' -NoNewline
        (Get-Answer $server file).Content | Should -Be 'new'
    }

    It 'takes no pipe for a file' -Skip:$IsWindows {
        $pipe = "$((Get-Item $TestDrive).FullName)/pipe"
        $null = mkfifo $pipe
        { New-HttpRoute /file -File $pipe } | Should -Throw '*is not a file*' -ErrorId 'PathNotFound*'
        [IO.FileStream]::new($pipe, 'Open', 'Write').Dispose()
    }

    It 'waits for -DelayMs' {
        $server = Start-HttpServer (New-HttpRoute /a -Text x -DelayMs 300)
        $clock = [Diagnostics.Stopwatch]::StartNew()
        (Get-Answer $server a).Content | Should -Be 'x'
        $clock.Elapsed.TotalMilliseconds | Should -BeGreaterThan 290
        (Receive-HttpRequest $server -TimeoutSec 0).Milliseconds | Should -BeGreaterThan 290
    }

    It 'fails for curl as it should: <Fault>' -Skip:(-not (Get-Command curl -CommandType Application -ErrorAction Ignore)) -ForEach @(
        @{ Fault = 'Reset'; Options = @{}; Exit = 56 }
        @{ Fault = 'Reset'; Options = @{ AfterBytes = 10 }; Exit = 18, 56 }
        @{ Fault = 'Empty'; Options = @{}; Exit = 52 }
        @{ Fault = 'Truncate'; Options = @{}; Exit = 18 }
        @{ Fault = 'ChunkError'; Options = @{}; Exit = 56 }
        @{ Fault = 'Garbage'; Options = @{}; Exit = 1 }
        @{ Fault = 'Stall'; Options = @{}; Exit = 28 }
        @{ Fault = 'SlowBody'; Options = @{}; Exit = 28 }
        @{ Fault = 'BadStatusLine'; Options = @{}; Exit = 1, 8 }
    ) {
        $server = Start-HttpServer (New-HttpRoute '*' -Text ('x' * 100) -Fault $Fault @Options)
        Get-CurlExit $server '--max-time', ($Exit -eq 28 ? 2 : 20) | Should -BeIn $Exit
        Wait-Until { $server.Waiting -eq 1 }
        (Receive-HttpRequest $server -TimeoutSec 0).Completed | Should -BeFalse
        $server.Error | Should -BeNullOrEmpty
    }

    It 'announces less than it sends: WrongLength' {
        $server = Start-HttpServer (New-HttpRoute '*' -Text ('x' * 100) -Fault WrongLength)
        curl -s --max-time 20 $server.Uri | Should -Be ('x' * 50)
    }

    It 'lets a cut download be told from a complete one' {
        $server = Start-HttpServer (New-HttpRoute /f -Bytes ([byte[]]::new(1000)) -Fault Truncate -AfterBytes 300 -Times 1), (New-HttpRoute /f -Bytes ([byte[]]::new(1000)) -Priority -1)
        { Invoke-WebRequest "$($server.Uri)f" -OutFile $TestDrive/f } | Should -Throw
        Invoke-WebRequest "$($server.Uri)f" -OutFile $TestDrive/f
        (Get-Item $TestDrive/f).Length | Should -Be 1000
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'a path without a slash'; Arguments = @{ Path = 'a' }; Id = 'InvalidRoute' }
        @{ What = 'a method twice'; Arguments = @{ Path = 'GET /a'; Method = 'POST' }; Id = 'InvalidRoute' }
        @{ What = 'a status of four digits'; Arguments = @{ Status = 1234 }; Id = 'InvalidRoute' }
        @{ What = 'a delay that is none'; Arguments = @{ DelayMs = '9-1' }; Id = 'InvalidRoute' }
        @{ What = 'a field that the server sets'; Arguments = @{ ResponseHeader = @{ 'Content-Length' = 1 } }; Id = 'InvalidParameters' }
        @{ What = 'a field with a line break'; Arguments = @{ ResponseHeader = @{ 'X' = "a`r`nb" } }; Id = 'InvalidParameters' }
        @{ What = 'a file that is not there'; Arguments = @{ File = 'none.txt' }; Id = 'PathNotFound' }
        @{ What = '-AfterBytes without a fault'; Arguments = @{ AfterBytes = 1 }; Id = 'InvalidParameters' }
    ) {
        { New-HttpRoute @Arguments } | Should -Throw -ErrorId "$Id,PSNetLab.Commands.NewHttpRouteCommand"
    }
}

Describe 'Add-, Get- and Remove-HttpRoute' {
    BeforeEach { $server = Start-HttpServer @{ '/a' = 'a'; '/b' = 'b' } -Name lab }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'change a running server' {
        Add-HttpRoute $server @{ 'GET /c' = 'c' }
        Invoke-RestMethod "$($server.Uri)c" | Should -Be 'c'
        New-HttpRoute /a -Text newer | Add-HttpRoute lab
        Invoke-RestMethod "$($server.Uri)a" | Should -Be 'newer'
        Remove-HttpRoute $server /a
        (Invoke-WebRequest "$($server.Uri)a" -SkipHttpErrorCheck).StatusCode | Should -Be 404
        (Get-HttpRoute $server).Name | Sort-Object | Should -Be '/b', 'GET /c'
    }

    It 'count what each route answered' {
        $added = Add-HttpRoute $server @{ '/c' = 'c' } -PassThru
        1..3 | ForEach-Object { $null = Invoke-RestMethod "$($server.Uri)c" }
        $added.Hits | Should -Be 3
        (Get-HttpRoute $server /c).Hits | Should -Be 3
        (Get-HttpRoute lab '/*').Hits | Measure-Object -Sum | ForEach-Object Sum | Should -Be 3
    }

    It 'take a route from the pipeline' {
        Get-HttpRoute $server /a | Remove-HttpRoute $server
        (Get-HttpRoute $server).Name | Should -Be '/b'
        Remove-HttpRoute $server * -WhatIf
        Get-HttpRoute $server | Should -HaveCount 1
        Remove-HttpRoute $server *
        Get-HttpRoute $server | Should -BeNullOrEmpty
    }

    It 'say when there is no such route' {
        Get-HttpRoute $server /none -ErrorVariable problem -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $problem[0].FullyQualifiedErrorId | Should -Be 'RouteNotFound,PSNetLab.Commands.GetHttpRouteCommand'
        Remove-HttpRoute $server /none -ErrorVariable problem -ErrorAction SilentlyContinue
        $problem[0].Exception.Message | Should -BeLike "*'/none'*'/a'*"
    }

    It 'say that a server of files has no routes' {
        $files = Start-StaticHttpServer $TestDrive
        { Get-HttpRoute $files -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameters,*'
        { Assert-HttpRequest $files } | Should -Throw -ErrorId 'InvalidParameters,*'
    }

    It 'show a table that fits' {
        (Get-HttpRoute $server | Out-String -Width 80) -split "`n" | Where-Object { $_.TrimEnd().Length -gt 80 } | Should -BeNullOrEmpty
        Get-HttpRoute $server | Out-String | Should -Match '(?m)^/a +0 +0 200 text'
    }

    It 'complete the names of routes' {
        $line = "Get-HttpRoute -Job lab -Name /"
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Sort-Object | Should -Be '/a', '/b'
    }
}
