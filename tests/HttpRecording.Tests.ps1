BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    . $PSScriptRoot/examples.ps1
}

Describe 'Recordings of Start-HttpServer' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'records to a <Extension> file when the job stops, and replays it without the upstream' -ForEach @{ Extension = 'json' }, @{ Extension = 'har' } {
        $file = "$TestDrive/api.$Extension"
        $real = Start-HttpServer @{
            'POST /token' = { @{ access_token = "SECRET$($_.Form.code)"; expires_in = 5 } }
            'GET /job'    = 503, 'running', 'done'
        }
        $api = Start-HttpServer -Upstream $real -Mode Record -Recording $file
        Invoke-RestMethod "$($api.Uri)token?api_key=SECRET" -Method Post -Body @{ code = 1; password = 'SECRET' } |
            ForEach-Object access_token | Should -Be SECRET1
        Invoke-RestMethod "$($api.Uri)job" -MaximumRetryCount 2 -RetryIntervalSec 1 -Headers @{ Authorization = 'Bearer SECRET' } | Should -Be running
        Invoke-RestMethod "$($api.Uri)job" | Should -Be done
        Test-Path $file | Should -BeFalse
        Remove-Job $api, $real -Force

        Get-Content $file -Raw | Should -Not -BeLikeExactly '*SECRET*'
        if (-not $IsWindows) { (Get-Item $file).UnixFileMode | Should -Be ([IO.UnixFileMode] 'UserRead, UserWrite') }
        $stub = Start-HttpServer -Recording $file -AtEnd Unmatched
        $token = Invoke-RestMethod "$($stub.Uri)token?api_key=other" -Method Post -Body @{ password = 'other'; code = 1 } -SkipHttpErrorCheck
        if ($token.access_token) { $token.access_token, $token.expires_in | Should -Be '***', 5 }
        1..4 | ForEach-Object { (Invoke-WebRequest "$($stub.Uri)job" -SkipHttpErrorCheck).StatusCode } | Should -Be 503, 200, 200, 404
        (Get-HttpRoute $stub 'GET /job').Hits | Should -Be 3
    }

    It 'spies: answers what is recorded, passes on the rest, and adds it' {
        $file = "$TestDrive/spy.json"
        $real = Start-HttpServer @{ 'GET /a' = 'a'; 'GET /b' = 'b' }
        foreach ($path in 'a', 'b') {
            $spy = Start-HttpServer -Upstream $real -Mode Spy -Recording $file
            Invoke-RestMethod "$($spy.Uri)a" | Should -Be a
            Invoke-RestMethod "$($spy.Uri)$path" | Should -Be $path
            Remove-Job $spy -Force
        }
        (Get-HttpRoute $real 'GET /a').Hits | Should -Be 2
        (Import-HttpRecording $file).Name | Should -Be 'GET /a', 'GET /b'
    }

    It 'takes routes before a recording' {
        '{"entries":[{"request":{"method":"GET","target":"/a"},"response":{"status":200,"body":"recorded"}}]}' | Set-Content $TestDrive/first.json
        $stub = Start-HttpServer @{ 'GET /{x}' = 'route' } -Recording $TestDrive/first.json
        Invoke-RestMethod "$($stub.Uri)a" | Should -Be route
    }

    It 'keeps the latency on demand' {
        '{"entries":[{"milliseconds":300,"request":{"method":"GET","target":"/"},"response":{"status":200}}]}' | Set-Content $TestDrive/slow.json
        $stub = Start-HttpServer -Recording $TestDrive/slow.json -KeepLatency
        (Measure-Command { Invoke-WebRequest $stub.Uri }).TotalMilliseconds | Should -BeGreaterThan 290
    }

    It 'refuses <What>' -ForEach @(
        @{ What = 'Record without an upstream'; Options = @{ Mode = 'Record' }; Id = 'InvalidParameters*' }
        @{ What = 'Replay without a file'; Options = @{ Mode = 'Replay' }; Id = 'InvalidParameters*' }
        @{ What = 'an upstream and a recording without a mode'; Options = @{ Upstream = 'http://localhost'; Recording = 'x.json' }; Id = 'InvalidParameters*' }
        @{ What = 'a recording that is not there'; Options = @{ Recording = 'none.json' }; Id = 'PathNotFound*' }
        @{ What = 'a folder that is not there'; Options = @{ Upstream = 'http://localhost'; Mode = 'Record'; Recording = 'none/x.json' }; Id = 'PathNotFound*' }
    ) {
        { Start-HttpServer @Options -ErrorAction Stop } | Should -Throw -ErrorId $Id
    }

    It 'is written although an upstream that has changed the protocol keeps its half of the connection open' {
        function Exchange($Client, $Upstream, [string] $Fields, [string] $Answer) {
            $Client.GetStream().Write([Text.Encoding]::ASCII.GetBytes("GET / HTTP/1.1`r`nHost: a`r`n$Fields`r`n"))
            $peer = $Upstream.AcceptTcpClient()
            $Client.ReceiveTimeout = $peer.ReceiveTimeout = 20000
            $peer.GetStream().Read([byte[]]::new(4096)) | Should -BeGreaterThan 0
            $peer.GetStream().Write([Text.Encoding]::ASCII.GetBytes("HTTP/1.1 $Answer`r`n`r`n"))
            $Client.GetStream().Read([byte[]]::new(4096)) | Should -BeGreaterThan 0
            $peer
        }
        $file = "$TestDrive/changed.json"
        $upstream = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $upstream.Start()
        $api = Start-HttpServer -Upstream "http://$($upstream.LocalEndpoint)" -Mode Record -Recording $file
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $api.Port)
        $first = Exchange $client $upstream '' "204 No Content`r`nConnection: close"
        $second = Exchange $client $upstream "Connection: Upgrade`r`nUpgrade: chat`r`n" "101 Chat`r`nConnection: Upgrade`r`nUpgrade: chat"
        try {
            Stop-Job $api
            ($api | Wait-Job -Timeout 20).State | Should -Be Stopped
            $file | Should -Exist
        }
        finally { $client, $first, $second, $upstream | ForEach-Object Dispose }
    }

    It 'says when the recording cannot be written' -Skip:$IsWindows {
        $folder = (New-Item $TestDrive/gone -ItemType Directory).FullName
        $real = Start-HttpServer -Reply 200
        $api = Start-HttpServer -Upstream $real -Mode Record -Recording $folder/r.json
        $null = Invoke-WebRequest $api.Uri
        Remove-Item $folder
        Stop-Job $api
        $api.Error.FullyQualifiedErrorId | Should -BeLike 'RecordingFailed*'
    }
}

Describe 'Export-HttpRecording' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'writes what a running server has recorded' {
        $real = Start-HttpServer -Reply 'x'
        $api = Start-HttpServer -Upstream $real -Mode Record -RedactName mine
        $null = Invoke-WebRequest "$($api.Uri)?mine=SECRET"
        (Export-HttpRecording $TestDrive/now.json $api -PassThru).Name | Should -Be now.json
        Get-Content $TestDrive/now.json -Raw | Should -Not -BeLikeExactly '*SECRET*'
        $api | Export-HttpRecording $TestDrive/now.har
        (Get-Content $TestDrive/now.har -Raw | ConvertFrom-Json).log.entries.request.queryString.value | Should -Be '***'
        { Export-HttpRecording $TestDrive/now.har $api -ErrorAction Stop } | Should -Throw -ErrorId 'FileExists*'
        $null = Invoke-WebRequest $api.Uri
        $api | Export-HttpRecording $TestDrive/now.har -Force
        @((Get-Content $TestDrive/now.har -Raw | ConvertFrom-Json).log.entries) | Should -HaveCount 2
        { Export-HttpRecording $TestDrive/none/now.har $api -ErrorAction Stop } | Should -Throw -ErrorId 'FileUnwritable*'
        Export-HttpRecording $TestDrive/what.json $api -WhatIf
        Test-Path $TestDrive/what.json | Should -BeFalse
    }

    It 'writes exchanges of Send-HttpRequest' {
        $api = Start-HttpServer @{ 'POST /a' = { $_.Text } }
        Send-HttpRequest "$($api.Uri)a" -Body 'one', 'two' -Chunked | Export-HttpRecording $TestDrive/sent.json
        $entry = (Get-Content $TestDrive/sent.json -Raw | ConvertFrom-Json).entries
        $entry.request.body, $entry.response.body | Should -Be 'onetwo', 'onetwo'
    }

    It 'writes what was asked for, also where that is not what the URI says' {
        $api = Start-HttpServer @{ 'GET /b' = 'raw' }
        Send-HttpRequest $api.Uri -Raw "GET /b?c=d HTTP/1.1`r`nHost: a`r`n`r`n" | Export-HttpRecording $TestDrive/raw.json
        $entry = (Get-Content $TestDrive/raw.json -Raw | ConvertFrom-Json).entries
        $entry.request.target, $entry.response.body | Should -Be '/b?c=d', 'raw'
    }

    It 'says that a server records nothing' {
        $api = Start-HttpServer -Reply 200
        { Export-HttpRecording $TestDrive/none.json $api -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameters*'
        Test-Path $TestDrive/none.json | Should -BeFalse
    }
}

Describe 'Import-HttpRecording' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'gives routes for Start-HttpServer and Add-HttpRoute, from paths and files' {
        '{"request":{"method":"GET","urlPathTemplate":"/w/{id}"},"response":{"body":"wiremock"}}' | Set-Content $TestDrive/w.json
        '{"entries":[{"request":{"method":"GET","target":"/own"},"response":{"status":200,"body":"own"}}]}' | Set-Content $TestDrive/o.json
        $api = Get-Item $TestDrive/w.json, $TestDrive/o.json | Import-HttpRecording | Start-HttpServer
        Invoke-RestMethod "$($api.Uri)w/1" | Should -Be wiremock
        Invoke-RestMethod "$($api.Uri)own" | Should -Be own
        $empty = Start-HttpServer
        Add-HttpRoute $empty (Import-HttpRecording $TestDrive/o.json)
        Invoke-RestMethod "$($empty.Uri)own" | Should -Be own
    }

    It 'names the entry that is wrong, and goes on with other files' {
        '{"entries":[{"request":{"method":"GET","target":"/own"},"response":{"status":"x"}}]}' | Set-Content $TestDrive/bad.json
        '{"entries":[]}' | Set-Content $TestDrive/good.json
        Import-HttpRecording $TestDrive/bad.json, $TestDrive/none.json, $TestDrive/good.json -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'InvalidRecording,PSNetLab.Commands.ImportHttpRecordingCommand', 'PathNotFound,PSNetLab.Commands.ImportHttpRecordingCommand'
        "$($faults[0])" | Should -BeLike 'bad.json, entry 1 ($.entries`[0`].response.status)*'
    }
}

Describe 'api-stub.ps1' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'records the API behind it, and stands in for it afterwards' {
        $file = "$TestDrive/stub.json"
        $real = Start-HttpServer @{ 'GET /users/7' = @{ name = 'Ann' } }
        $first = Start-ExampleServer api-stub @{ Path = $file; Upstream = "$($real.Uri)" }
        try {
            (Invoke-RestMethod "http://127.0.0.1:$($first.Port)/users/7").name | Should -Be Ann
            Wait-Until { $first.Output.Count -eq 2 }
            $first.Output[1] | Should -Be 'GET /users/7 200 (passed on)'
        }
        finally { Stop-Example $first }
        Remove-Job $real -Force
        Wait-Until { Test-Path $file }

        $stub = Start-ExampleServer api-stub @{ Path = $file }
        try {
            (Invoke-RestMethod "http://127.0.0.1:$($stub.Port)/users/7").name | Should -Be Ann
            (Invoke-WebRequest "http://127.0.0.1:$($stub.Port)/users/8" -SkipHttpErrorCheck).StatusCode | Should -Be 404
            Wait-Until { $stub.Output.Count -eq 3 }
            $stub.Output[1..2] | Should -Be 'GET /users/7 200 (recorded)', 'GET /users/8 404 (not recorded)'
        }
        finally { Stop-Example $stub }
    }
}
