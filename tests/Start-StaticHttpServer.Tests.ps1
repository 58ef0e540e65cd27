# Where the web server listens, what its job tells, and what it refuses to do.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $site = New-Site @{ 'index.html' = '<h1>Hello</h1>'; 'a.txt' = 'a'; 'sub/b.txt' = 'bb'; 'large.bin' = [byte[]]::new(100000) }
}

AfterAll { Stop-HttpClient }

Describe 'Start-StaticHttpServer' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'endpoint' {
        It 'takes a free port on loopback and says which' {
            $server = Start-StaticHttpServer $site
            $server.Port | Should -BeGreaterThan 1023
            $server.Uri | Should -BeOfType ([uri])
            "$($server.Uri)" | Should -Be "http://127.0.0.1:$($server.Port)/"
            "$($server.LocalEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            $server.State | Should -Be 'Running'
            (Invoke-Curl $server.Uri).Text | Should -Be '<h1>Hello</h1>'
            (Invoke-WebRequest $server.Uri).Content | Should -Be '<h1>Hello</h1>'
        }

        It 'takes the port it is given' {
            $port = Get-FreePort
            (Start-StaticHttpServer $site $port).Port | Should -Be $port
        }

        It 'is reached on -Address <Address> under <Uri>' -ForEach @(
            @{ Address = 'localhost'; Uri = 'http://127.0.0.1:*/' }
            @{ Address = '127.0.0.3'; Uri = 'http://127.0.0.3:*/'; Only = $IsLinux }
            @{ Address = 'IPv6Loopback'; Uri = 'http://`[::1`]:*/'; IPv6 = $true }
            @{ Address = 'Any'; Uri = 'http://localhost:*/' }
            @{ Address = '0.0.0.0'; Uri = 'http://localhost:*/' }
            @{ Address = '::'; Uri = 'http://localhost:*/'; IPv6 = $true }
        ) {
            if ($Only -eq $false) { Set-ItResult -Skipped -Because 'only Linux has all of 127.0.0.0/8 on loopback' }
            if ($IPv6 -and -not [Net.Sockets.Socket]::OSSupportsIPv6) { Set-ItResult -Skipped -Because 'this machine has no IPv6' }
            $server = Start-StaticHttpServer $site -Address $Address -AllowAddress 127.0.0.0/8, ::1
            "$($server.Uri)" | Should -BeLike $Uri
            (Invoke-Curl "$($server.Uri)a.txt").Text | Should -Be 'a'
        }

        It 'serves the current folder without -Path, and another by <How>' -ForEach @(
            @{ How = 'a relative path'; Start = { Start-StaticHttpServer sub } }
            @{ How = 'a path with a slash at its end'; Start = { Start-StaticHttpServer "$site/sub/" } }
            @{ How = 'a folder from the pipeline'; Start = { Get-Item sub | Start-StaticHttpServer } }
            @{ How = 'a path of a PowerShell drive'; Start = { Start-StaticHttpServer TestDrive:\$(Split-Path $site -Leaf)\sub } }
        ) {
            Push-Location $site
            try { $servers = (Start-StaticHttpServer), (& $Start) }
            finally { Pop-Location }
            (Invoke-Request $servers[0] 'GET /a.txt').Text | Should -Be 'a'
            (Invoke-Request $servers[1] 'GET /b.txt').Text | Should -Be 'bb'
            $servers[0].Path | Should -Be $site
        }

        It 'serves a folder whose name has wildcards and spaces, and one that is a link' {
            $odd = New-Site @{ 'a [x]*/f.txt' = 'odd' }
            (Invoke-Request (Start-StaticHttpServer "$odd/a [x]*") 'GET /f.txt').Text | Should -Be 'odd'
            if ($IsWindows) { return }
            $null = New-Item -ItemType SymbolicLink "$odd/link" -Value $site
            (Invoke-Request (Start-StaticHttpServer "$odd/link") 'GET /sub/b.txt').Text | Should -Be 'bb'
        }

        It 'starts a server for each folder of a pipeline' {
            $sites = New-Site @{ 'one/n' = '1'; 'two/n' = '2' }
            $servers = Get-ChildItem $sites -Directory | Sort-Object Name | Start-StaticHttpServer
            $servers | ForEach-Object { (Invoke-Request $_ 'GET /n').Text } | Should -Be '1', '2'
        }
    }

    Context 'the job' {
        It 'has the name, the kind and the command line' {
            $server = Start-StaticHttpServer $site -Name site
            $server.Name | Should -Be 'site'
            $server.PSJobTypeName | Should -Be 'HttpServer'
            $server.Location | Should -Be "127.0.0.1:$($server.Port)"
            $server.Command | Should -Be '$server = Start-StaticHttpServer $site -Name site'
            Get-Job -Name site | Should -Be $server
        }

        It 'counts connections, requests and bytes' {
            $server = Start-StaticHttpServer $site
            $request = "GET /sub/b.txt HTTP/1.1`r`nHost: x`r`n`r`n"
            (Send-Raw $server ($request * 3) -Count 3).Answers | Should -HaveCount 3
            $null = Invoke-Request $server 'HEAD /large.bin'
            $null = Invoke-Request $server 'GET /large.bin'
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.MessageCount | Should -Be 5
            $server.BytesSent | Should -Be (3 * 2 + 100000)
            $server.BytesReceived | Should -BeGreaterThan (3 * $request.Length)
            $server.StatusMessage | Should -Be '0 open, 5 requests, 100006 bytes out'
        }

        It 'records each request; it is there when the client has the answer' {
            $server = Start-StaticHttpServer $site
            $null = Invoke-Curl "$($server.Uri)sub/b.txt?q=1" -A tester/1.0 -e http://from.example/
            $record = Receive-Job $server
            $record | Should -HaveCount 1
            $record | Should -BeOfType ([PSNetLab.HttpRequestRecord])
            $record.Time | Should -BeGreaterThan ([datetime]::Now.AddMinutes(-1))
            "$($record.RemoteEndPoint)" | Should -BeLike '127.0.0.1:*'
            $record.Method | Should -Be 'GET'
            $record.Target | Should -Be '/sub/b.txt?q=1'
            $record.Version | Should -Be 'HTTP/1.1'
            $record.Status | Should -Be 200
            $record.BytesSent | Should -Be 2
            $record.Duration | Should -BeGreaterThan ([timespan]::Zero)
            $record.UserAgent | Should -Be 'tester/1.0'
            $record.Referer | Should -Be 'http://from.example/'
            $record.File | Should -Be (Join-Path $site sub b.txt)
            $record.Completed | Should -BeTrue
            "$record" | Should -Be 'GET /sub/b.txt?q=1 200'
        }

        It 'records the header fields, to be asked for by name in any case' {
            $server = Start-StaticHttpServer $site
            $null = Invoke-Request $server 'GET /a.txt' 'X-Lab: one', 'x-lab:  two ', 'Empty:', "Latin: gr$([char] 0xfc)n"
            $null = Send-Raw $server "nonsense`r`n`r`n"
            $record, $unread = Receive-Job $server
            $record.Headers.'X-LAB' | Should -Be 'one, two'
            $record.Headers['latin'] | Should -Be 'grün'
            $record.Headers.Keys | Should -Be 'Host', 'Connection', 'X-Lab', 'Empty', 'Latin'
            $record.Headers.Empty | Should -BeExactly ''
            $record.Headers.Missing | Should -BeNullOrEmpty
            ($record | ConvertTo-Json | ConvertFrom-Json).Headers.Host | Should -Be 'localhost'
            $unread.Headers.Count | Should -Be 0
        }

        It 'records refused and malformed requests' {
            $server = Start-StaticHttpServer $site
            $null = Invoke-Request $server 'GET /nothing HTTP/1.0'
            $null = Invoke-Request $server 'DELETE /a.txt'
            $null = Send-Raw $server "nonsense`r`n`r`n"
            $records = Receive-Job $server
            $records.Status | Should -Be 404, 405, 400
            $records.Method | Should -Be 'GET', 'DELETE', ''
            $records[0].Version | Should -Be 'HTTP/1.0'
            $records[1].Version | Should -Be 'HTTP/1.1'
            $records[0].File | Should -BeNullOrEmpty
        }

        It 'tells requests of one connection by its id' {
            $server = Start-StaticHttpServer $site
            $null = Send-Raw $server ("GET /a.txt HTTP/1.1`r`nHost: x`r`n`r`n" * 2) -Count 2
            $null = Invoke-Request $server 'GET /a.txt'
            $first, $second, $other = (Receive-Job $server).ConnectionId
            $second | Should -Be $first
            $other | Should -Not -Be $first
        }

        It 'keeps -BufferLimit records, counts further ones, warns once and goes on' {
            $server = Start-StaticHttpServer $site -BufferLimit 10
            $null = Send-Raw $server ("GET /a.txt HTTP/1.1`r`nHost: x`r`n`r`n" * 30) -Count 30
            $server.MessageCount | Should -Be 30
            $server.Waiting | Should -Be 10
            $server.Dropped | Should -Be 20
            Wait-Until { $server.Warning.Count }
            "$($server.Warning)" | Should -BeLike "$($server.Name): 10 messages are waiting*-NoRecord*"
            Receive-Job $server -WarningAction SilentlyContinue | Should -HaveCount 10
            $null = Invoke-Request $server 'GET /a.txt'
            Receive-Job $server | Should -HaveCount 1
            $server.StatusMessage | Should -BeLike '*, 20 dropped'
        }

        It 'keeps none with -NoRecord, only counts' {
            $server = Start-StaticHttpServer $site -NoRecord
            $null = Invoke-Request $server 'GET /a.txt'
            $server.MessageCount | Should -Be 1
            $server.Waiting | Should -Be 0
            Receive-Job $server | Should -BeNullOrEmpty
        }

        It 'fits its table and that of its records into 100 columns' {
            $server = Start-StaticHttpServer $site
            $null = Invoke-Request $server "GET /$('long' * 50)"
            $lines = ($server, (Receive-Job $server) | ForEach-Object { $_ | Format-Table | Out-String -Width 100 }) -split '\r?\n' -ne ''
            $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 100 }
            $lines | Should -HaveCount 6
            $lines[2] | Should -BeLike "*Http*Running*127.0.0.1:$($server.Port)*1*"
            $lines[3] | Should -Match '^Time +Client +Status +Bytes +ms +Request$'
            $lines[5] | Should -Match '^\d\d:\d\d:\d\d\.\d{3} 127\.0\.0\.1:\d+ +404 +\d+ +\d+\.\d\d GET /longlong.*…$'
        }

        It 'does nothing with -WhatIf' {
            Start-StaticHttpServer $site -Port (Get-FreePort) -LogPath $TestDrive/none.log -WhatIf | Should -BeNullOrEmpty
            Get-Job | Should -BeNullOrEmpty
            "$TestDrive/none.log" | Should -Not -Exist
        }
    }

    Context 'errors' {
        It 'names the process that holds the port' {
            $server = Start-StaticHttpServer $site
            $fault = { Start-StaticHttpServer $site $server.Port -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
            $fault.CategoryInfo.Category | Should -Be 'ResourceExists'
            "$($fault.TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
            "$fault" | Should -BeLike "Port $($server.Port) on 127.0.0.1 is in use*Choose another with -Port, or 0*"
            Get-Job | Should -HaveCount 1
        }

        It 'says <Id> for <Bad>' -ForEach @(
            @{ Id = 'PathNotFound'; Bad = "'/no such'"; Category = 'ObjectNotFound'; Target = '*no such'; Text = "'*no such' is not there. Set -Path to a folder." }
            @{ Id = 'PathNotFound'; Bad = '$site/a.txt'; Category = 'ObjectNotFound'; Target = '*a.txt'; Text = "'*a.txt' is a file. Set -Path to*" }
            @{ Id = 'PathNotFound'; Bad = 'Env:'; Category = 'ObjectNotFound'; Target = 'Env:'; Text = "'Env:' is not in the file system. Set -Path to*" }
            @{ Id = 'PathNotFound'; Bad = '$site/sub -NotFoundPage ../a.txt'; Category = 'ObjectNotFound'; Target = '../a.txt'; Text = "-NotFoundPage '../a.txt' is not a file in*" }
            @{ Id = 'PathNotFound'; Bad = '$site -SpaFallback none.html'; Category = 'ObjectNotFound'; Target = 'none.html'; Text = "-SpaFallback 'none.html' is not a file in*" }
            @{ Id = 'PathNotFound'; Bad = '$site -NotFoundPage sub'; Category = 'ObjectNotFound'; Target = 'sub'; Text = "-NotFoundPage 'sub' is not a file*" }
            @{ Id = 'InvalidParameters'; Bad = "`$site -Headers @{ 'a b' = 1 }"; Category = 'InvalidArgument'; Target = 'a b'; Text = "-Headers: 'a b' is not the name*" }
            @{ Id = 'InvalidParameters'; Bad = "`$site -Headers @{ 'Content-Length' = 1 }"; Category = 'InvalidArgument'; Target = 'Content-Length'; Text = '*set by the server itself*' }
            @{ Id = 'InvalidParameters'; Bad = "`$site -Headers @{ 'content-type' = 'a/b' }"; Category = 'InvalidArgument'; Target = 'content-type'; Text = '*differs from file to file*-MimeType*' }
            @{ Id = 'InvalidParameters'; Bad = '$site -Headers @{ X = "a`r`nY: b" }'; Category = 'InvalidArgument'; Target = '*'; Text = '*line break*' }
            @{ Id = 'InvalidParameters'; Bad = '$site -CacheControl "a`nb"'; Category = 'InvalidArgument'; Target = '*'; Text = '-CacheControl: *line break*' }
            @{ Id = 'InvalidParameters'; Bad = "`$site -MimeType @{ txt = 'text' }"; Category = 'InvalidArgument'; Target = 'text'; Text = "'text' is not a media type*" }
            @{ Id = 'InvalidParameters'; Bad = "`$site -MimeType @{ 'a.b' = 'text/plain' }"; Category = 'InvalidArgument'; Target = 'a.b'; Text = "'a.b' is not a file name extension*" }
            @{ Id = 'InvalidParameters'; Bad = "`$site -Credential (New-Login 'a:b' 'x')"; Category = 'InvalidArgument'; Target = '*'; Text = "*'a:b' contains a colon*" }
            @{ Id = 'AddressNotLocal'; Bad = '$site -Address 192.0.2.1'; Category = 'InvalidArgument'; Target = '192.0.2.1:0'; Text = '192.0.2.1 is not an address of this machine*' }
            @{ Id = 'InvalidAddress'; Bad = '$site -DenyAddress 10.0.0.0/33'; Category = 'InvalidArgument'; Target = '10.0.0.0/33'; Text = '*neither an IP address nor a CIDR range*' }
            @{ Id = 'AccessLogFailed'; Bad = '$site -LogPath $site/none/x.log'; Category = 'WriteError'; Target = '*x.log'; Text = 'The access log cannot be opened: *Choose another file*' }
        ) {
            $start = [scriptblock]::Create("Start-StaticHttpServer $Bad -ErrorAction Stop")
            $fault = { . $start } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $fault.CategoryInfo.Category | Should -Be $Category
            "$($fault.TargetObject)" | Should -BeLike $Target
            "$fault" | Should -BeLike $Text
            Get-Job | Should -BeNullOrEmpty
        }

        It 'refuses <_> while binding parameters' -ForEach @(
            '-Port 65536', '-Address nowhere', '-MaxConnections 0', '-RequestTimeoutSec 0', '-KeepAliveTimeoutSec -1'
            '-MaxRequestLineBytes 10', '-MaxHeaderBytes 10', '-MaxHeaderCount 0', '-LogFormat Short'
        ) {
            $start = [scriptblock]::Create("Start-StaticHttpServer `$site $_")
            $fault = { . $start } | Should -Throw -PassThru
            $fault.CategoryInfo.Category | Should -BeIn 'InvalidData', 'InvalidArgument'
            $fault.FullyQualifiedErrorId | Should -Match '^(Parameter|CannotConvert).*,PSNetLab\.'
            Get-Job | Should -BeNullOrEmpty
        }

        It 'warns of a password in plain text on the network' {
            $anyone = New-Login 'u' 'p'
            $null = Start-StaticHttpServer $site -Address Any -AllowAddress 127.0.0.1 -Credential $anyone -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeLike 'Without -Tls, the password*'
            $null = Start-StaticHttpServer $site -Credential $anyone -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeNullOrEmpty
        }
    }
}
