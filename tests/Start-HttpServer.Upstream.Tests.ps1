BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    . $PSScriptRoot/tls.ps1
}

Describe 'Start-HttpServer -Upstream' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'passes on what no route answers, and the answer back' {
        $real = Start-HttpServer @{ 'POST /users/{id}' = { @{ id = $_.Params.id; page = $_.Query.page; got = $_.Json.a } } }
        $api = Start-HttpServer @{ 'GET /health' = 'here' } -Upstream $real

        Invoke-RestMethod "$($api.Uri)health" | Should -Be 'here'
        $user = Invoke-RestMethod "$($api.Uri)users/7?page=2" -Method Post -Body '{"a":5}' -ContentType application/json
        $user.id, $user.page, $user.got | Should -Be '7', '2', 5
        (Receive-HttpRequest $real -Count 1 -TimeoutSec 20).Headers['Host'] | Should -Be "127.0.0.1:$($real.Port)"
        (Receive-HttpRequest $api -Count 2 -TimeoutSec 20).Route | Should -Be 'GET /health', $null
    }

    It 'puts the path of the upstream before that of the request' {
        $real = Start-HttpServer @{ 'GET /api/v1/x' = 'deep' }
        $api = Start-HttpServer -Upstream "$($real.Uri)api/v1/"
        Invoke-RestMethod "$($api.Uri)x" | Should -Be 'deep'
    }

    It 'lets curl read large answers, parts of them, heads, and send uploads' {
        $site = New-Site @{ 'big.bin' = Get-RandomByte 5000000 }
        $real = Start-StaticHttpServer $site
        $api = Start-HttpServer -Upstream $real
        $sum = Get-Sha256 ([IO.File]::ReadAllBytes("$site/big.bin"))

        Get-Sha256 (Invoke-Curl "$($api.Uri)big.bin").Body | Should -Be $sum
        $part = Invoke-Curl -r 10-19 "$($api.Uri)big.bin"
        $part.Status, $part.Body.Length, $part.Fields['Content-Range'] | Should -Be 206, 10, 'bytes 10-19/5000000'
        $head = Invoke-Curl -I "$($api.Uri)big.bin"
        $head.Status, $head.Fields['Content-Length'] | Should -Be 200, '5000000'

        $echo = Start-HttpServer @{ 'PUT /up' = { $_.Body } } -MaxBodyBytes 10000000
        $api = Start-HttpServer -Upstream $echo
        Get-Sha256 (Invoke-Curl -T "$site/big.bin" "$($api.Uri)up").Body | Should -Be $sum
        Get-Sha256 (Invoke-Curl -T "$site/big.bin" -H 'Transfer-Encoding: chunked' "$($api.Uri)up").Body | Should -Be $sum
    }

    It 'shows curl the same broken answer as the upstream: <Fault>' -ForEach @(
        @{ Fault = 'Truncate'; Code = 18 }
        @{ Fault = 'ChunkError'; Code = 18 }
    ) {
        $real = Start-HttpServer (New-HttpRoute /cut -Text ('x' * 1000) -Fault $Fault)
        $api = Start-HttpServer -Upstream $real
        (Invoke-Curl "$($api.Uri)cut").ExitCode | Should -Be $Code
    }

    It 'says with 502 why there is no answer' {
        $port = Get-FreePort
        $api = Start-HttpServer -Upstream "http://127.0.0.1:$port"
        $response = Invoke-WebRequest $api.Uri -SkipHttpErrorCheck
        $response.StatusCode | Should -Be 502
        $response.Content | Should -BeLike "*Cannot connect to 127.0.0.1:$port*refused*"
        Wait-Until { $api.Error.Count }
        $api.Error[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused*'
    }

    It 'says with 504 that the upstream is too slow, and a client with retries gets through' {
        $real = Start-HttpServer (New-HttpRoute /slow -Sequence (New-HttpRoute -Text late -DelayMs 60000), 'ok')
        $api = Start-HttpServer -Upstream $real -UpstreamTimeoutSec 0.3
        # Once more for a machine that stands still: the second answer has no more time than the first.
        Invoke-RestMethod "$($api.Uri)slow" -MaximumRetryCount 5 -RetryIntervalSec 1 | Should -Be 'ok'
        (Receive-HttpRequest $api -TimeoutSec 0).Status[0, -1] | Should -Be 504, 200
    }

    It 'speaks TLS to the upstream and checks its certificate' {
        $real = Start-HttpServer -Reply 'secret' -Tls
        $strict = Start-HttpServer -Upstream "https://localhost:$($real.Port)"
        $response = Invoke-WebRequest $strict.Uri -SkipHttpErrorCheck
        $response.StatusCode | Should -Be 502
        $response.Content | Should -BeLike '*certificate*'

        $lax = Start-HttpServer -Upstream "https://localhost:$($real.Port)" -SkipCertificateCheck
        Invoke-RestMethod $lax.Uri | Should -Be 'secret'

        $certificate = New-TestCertificate $TestDrive upstream -DnsName upstream.example
        $files = "$TestDrive/upstream.pem", "$TestDrive/upstream.key"
        $real = Start-HttpServer -Reply 'known' -Certificate $files
        $options = @{ Upstream = "https://127.0.0.1:$($real.Port)"; UpstreamTrustedCertificate = $files[0] }
        $known = Start-HttpServer @options -TargetHost upstream.example
        Invoke-RestMethod $known.Uri | Should -Be 'known'
        $wrong = Start-HttpServer @options
        (Invoke-WebRequest $wrong.Uri -SkipHttpErrorCheck).StatusCode | Should -Be 502
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'a query'; Upstream = 'http://localhost/?a=1'; Id = 'InvalidParameters*' }
        @{ What = 'another scheme'; Upstream = 'ftp://localhost/'; Id = 'ParameterArgumentTransformationError*' }
    ) {
        { Start-HttpServer -Upstream $Upstream -ErrorAction Stop } | Should -Throw -ErrorId $Id
        Get-Job | Should -BeNullOrEmpty
    }

    It 'frees everything when it stops, also with an upstream that never answers' {
        $real = Start-HttpServer (New-HttpRoute * -Text x -Fault Stall)
        $before = Get-OpenSocketCount
        $api = Start-HttpServer -Upstream $real
        $waiting = Start-ThreadJob { Invoke-WebRequest ($using:api).Uri -SkipHttpErrorCheck }
        Wait-Until { $real.ConnectionCount }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Remove-Job $api -Force
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        Wait-Job $waiting -Timeout 20 | Should -Not -BeNullOrEmpty
        Remove-Job $real -Force
        if ($null -ne $before) { Wait-Until { (Get-OpenSocketCount) -le $before } }
    }
}
