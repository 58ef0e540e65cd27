BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1

    function Send-Request($Server, [string[]] $Targets, [string] $Method = 'Get', $Body) {
        foreach ($target in $Targets) {
            $null = Invoke-WebRequest "$($Server.Uri)$target" -Method $Method -Body $Body -SkipHttpErrorCheck
        }
    }
}

Describe 'Assert-HttpRequest' {
    BeforeEach { $api = Start-HttpServer @{ 'POST /pay' = 201; 'GET /users/{id}' = 200 } -Name api }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'passes without output when there was such a request' {
        Send-Request $api users/7
        Assert-HttpRequest $api 'GET /users/{id}' | Should -BeNullOrEmpty
        $api | Assert-HttpRequest -Path /users/7 -Method GET
        Assert-HttpRequest api
    }

    It 'fails with the nearest requests when there was none' {
        Send-Request $api user/7, users/7
        { Assert-HttpRequest $api 'POST /users/{id}' } | Should -Throw -ErrorId 'RequestNotReceived,PSNetLab.Commands.AssertHttpRequestCommand' `
            -ExpectedMessage "Expected at least 1 request POST /users/{id}, but none was received. The nearest requests:*GET /users/7*Method: expected POST, got GET*"
    }

    It 'counts with -Exactly, -AtLeast and -Never' {
        Send-Request $api pay, pay -Method Post
        Assert-HttpRequest $api /pay -Exactly 2
        Assert-HttpRequest $api /pay -AtLeast 2
        Assert-HttpRequest $api /refund -Never
        { Assert-HttpRequest $api /pay -Exactly 1 } | Should -Throw '*exactly 1 request /pay, but 2 were received. They are:*'
        { Assert-HttpRequest $api /pay -Exactly 3 } | Should -Throw '*exactly 3 requests /pay, but 2 were received*'
        { Assert-HttpRequest $api /pay -AtLeast 3 } | Should -Throw '*at least 3 requests*'
        { Assert-HttpRequest $api /pay -Never } | Should -Throw '*no request /pay, but 2 were received*'
    }

    It 'compares query, header and body' {
        $null = Invoke-WebRequest "$($api.Uri)pay?x=1" -Method Post -Body '{"amount": 5, "to": "ann"}' -Headers @{ Authorization = 'Bearer t0ken' } -SkipHttpErrorCheck
        Assert-HttpRequest $api /pay -Query @{ x = 1 } -Body @{ amount = 5 } -Header @{ Authorization = 'Bearer t0ken' }
        { Assert-HttpRequest $api /pay -Body @{ amount = 6 } } | Should -Throw '*$.amount: expected 6, got 5*'
        { Assert-HttpRequest $api /pay -Header @{ Authorization = 'Bearer other' } } | Should -Throw '*Header Authorization*'
        try { Assert-HttpRequest $api /pay -Header @{ Authorization = 'Bearer other' } }
        catch { "$_" | Should -Not -Match 't0ken|other' }
    }

    It 'knows the order' {
        Send-Request $api users/1
        Send-Request $api pay -Method Post
        Assert-HttpRequest $api 'GET /users/{id}', 'POST /pay' -InOrder
        { Assert-HttpRequest $api 'POST /pay', 'GET /users/{id}' -InOrder } | Should -Throw "*after 'POST /pay' there was no 'GET /users/{id}'*"
        Assert-HttpRequest $api 'POST /pay', 'GET /users/{id}'
    }

    It 'waits for a request that comes later' {
        $slow = Start-HttpServer (New-HttpRoute '*' -Text x -DelayMs 300)
        $client = Start-ThreadJob -ArgumentList $slow.Uri, "$($api.Uri)users/9" { $args | ForEach-Object { Invoke-WebRequest $_ } }
        Assert-HttpRequest $api /users/9 -TimeoutSec 20
        $null = $client | Wait-Job
    }

    It 'gives up after -TimeoutSec' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        { Assert-HttpRequest $api /users/9 -TimeoutSec 0.3 } | Should -Throw '*within 0.3 s*no request at all*'
        $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.29
        Assert-HttpRequest $api /users/9 -Never -TimeoutSec 0.2
    }

    It 'takes nothing from those who receive, and minds nobody who has' {
        Send-Request $api users/1, users/2
        Assert-HttpRequest $api /users/1
        $api.Waiting | Should -Be 2
        Receive-HttpRequest $api -TimeoutSec 0 | Should -HaveCount 2
        Assert-HttpRequest $api '/users/{id}' -Exactly 2
    }

    It 'returns the records with -PassThru, matched or not' {
        Send-Request $api users/1, other
        $found = Assert-HttpRequest $api -Method GET -PassThru
        $found.Path | Should -Be '/users/1', '/other'
        $found[0].Route | Should -Be 'GET /users/{id}'
        $found[1].Route | Should -BeNullOrEmpty
        $found[1].GapMilliseconds | Should -BeGreaterThan 0
    }

    It 'counts what was refused for want of a login' {
        $login = New-Login me secret
        $safe = Start-HttpServer -Reply 200 -Credential $login
        Send-Request $safe secret
        Assert-HttpRequest $safe 'GET /secret' -Exactly 1
        { Assert-HttpRequest $safe /secret -Never } | Should -Throw '*no request /secret, but 1 was received*GET /secret -> refused with 401'
        $header = @{ Authorization = "Basic $([Convert]::ToBase64String([Text.Encoding]::ASCII.GetBytes('me:secret')))" }
        $null = Invoke-WebRequest "$($safe.Uri)secret" -Headers $header
        Assert-HttpRequest $safe /secret -Exactly 2
        Assert-HttpRequest $safe /secret -Header @{ Authorization = $true } -Exactly 1
    }

    It 'tells no secrets' {
        $named = Start-HttpServer -Reply 200 -RedactName shoe
        $null = Invoke-WebRequest "$($named.Uri)a?access_token=s3cret1&shoe=s3cret2" -Headers @{ 'X-Api-Key' = 's3cret3' }
        $wanted = @{ Query = @{ access_token = 's3cret4'; shoe = 's3cret5' }; Header = @{ 'X-Api-Key' = 's3cret6' } }
        { Assert-HttpRequest $named /a @wanted } | Should -Throw '*GET /a[?]access_token=[*][*][*]&shoe=[*][*][*] ->*'
        foreach ($more in $wanted, @{ Never = $true }) {
            try { Assert-HttpRequest $named /a @more }
            catch { "$_" | Should -Not -Match 's3cret' }
        }
    }

    It 'says that a server with -NoRecord knows nothing' {
        $silent = Start-HttpServer -Reply 200 -NoRecord
        { Assert-HttpRequest $silent } | Should -Throw -ErrorId 'InvalidParameters,*'
    }

    It 'ends at Ctrl+C' {
        $shell = [powershell]::Create().AddScript({ param($api, $module) Import-Module $module; Assert-HttpRequest $api /never -TimeoutSec 60 })
        $run = $shell.AddParameters(@{ api = $api; module = "$modulePath/PSNetLab.psd1" }).BeginInvoke()
        Wait-Until { $shell.Streams.Progress.Count -gt 0 }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $shell.Stop()
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
    }
}
