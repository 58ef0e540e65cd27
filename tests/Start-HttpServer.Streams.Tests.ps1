BeforeAll {
    . $PSScriptRoot/common.ps1

    $none = [Threading.CancellationToken]::None

    # It is asked on a thread without a runspace, where no script block can answer.
    $anyCertificate = & {
        $parameters = [object], [Security.Cryptography.X509Certificates.X509Certificate], [Security.Cryptography.X509Certificates.X509Chain],
        [Net.Security.SslPolicyErrors] | ForEach-Object { [Linq.Expressions.Expression]::Parameter($_) }
        [Linq.Expressions.Expression]::Lambda([Net.Security.RemoteCertificateValidationCallback], [Linq.Expressions.Expression]::Constant($true),
            [Linq.Expressions.ParameterExpression[]] $parameters).Compile()
    }

    # The client of .NET, which somebody else wrote.
    function Open-WebSocket($Server, [string] $Path, [string[]] $Protocol = @()) {
        $client = [Net.WebSockets.ClientWebSocket]::new()
        foreach ($name in $Protocol) { $client.Options.AddSubProtocol($name) }
        $scheme = $Server.Uri.Scheme -eq 'https' ? 'wss' : 'ws'
        $client.Options.RemoteCertificateValidationCallback = $anyCertificate
        if (-not $client.ConnectAsync("${scheme}://localhost:$($Server.Port)$Path", $none).Wait(20000)) { throw 'No connection.' }
        $client
    }
    function Send-WebSocket($Client, $Data) {
        $type, $bytes = $Data -is [string] ? ('Text', [Text.Encoding]::UTF8.GetBytes($Data)) : ('Binary', $Data)
        $null = $Client.SendAsync([ArraySegment[byte]] $bytes, $type, $true, $none).Wait(20000)
    }
    # 'Text hello', 'Binary 1 2', 'Close 1000 reason'
    function Receive-WebSocket($Client) {
        $buffer = [byte[]]::new(65536)
        $task = $Client.ReceiveAsync([ArraySegment[byte]] $buffer, $none)
        if (-not $task.Wait(20000)) { throw 'Nothing came.' }
        switch ($task.Result.MessageType) {
            Text { 'Text ' + [Text.Encoding]::UTF8.GetString($buffer, 0, $task.Result.Count) }
            Binary { "Binary $($buffer[0..($task.Result.Count - 1)])" }
            Close { "Close $([int] $Client.CloseStatus) $($Client.CloseStatusDescription)" }
        }
    }
}

Describe 'Start-HttpServer, WebSockets' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'pings a client that says nothing' {
        $server = Start-HttpServer (New-HttpRoute /q -WebSocket Echo -HeartbeatSec 0.05)
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $server.Port)
        try {
            $stream = $client.GetStream()
            $stream.ReadTimeout = 20000
            $stream.Write([Text.Encoding]::ASCII.GetBytes(("GET /q HTTP/1.1`nHost: a`nConnection: Upgrade`nUpgrade: websocket`n" +
                        "Sec-WebSocket-Version: 13`nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`n`n").Replace("`n", "`r`n")))
            $got = ''
            while (-not $got.EndsWith("`r`n`r`n")) { $got += [char] $stream.ReadByte() }
            $frame = foreach ($i in 1..4) { $stream.ReadByte() }
            $frame | Should -Be 0x89, 0, 0x89, 0
        } finally {
            $client.Dispose()
        }
    }

    It 'echoes, and records what came' {
        $server = Start-HttpServer @{ 'WS /echo' = 'Echo' }
        $client = Open-WebSocket $server '/echo?a=1'
        Send-WebSocket $client 'héllo'
        Receive-WebSocket $client | Should -Be 'Text héllo'
        Send-WebSocket $client ([byte[]] (1, 2))
        Receive-WebSocket $client | Should -Be 'Binary 1 2'
        $client.CloseAsync('NormalClosure', 'done', $none).Wait()

        $records = Receive-HttpRequest $server -Count 4 -TimeoutSec 20
        $records.Method | Should -Be GET, WS, WS, WS
        $records.Status | Should -Be 101, 0, 0, 1000
        $records.MessageType | Should -Be $null, Text, Binary, Close
        $records[1].Text | Should -Be 'héllo'
        $records[1].Query.a | Should -Be 1
        $records[2].Text | Should -BeNullOrEmpty
        $records[2].Body | Should -Be 1, 2
        $records[3].Text | Should -Be 'done'
        "$($records[1])" | Should -Be 'héllo'
        ($records[1] | ConvertTo-Json -Depth 2 -WarningAction Ignore | ConvertFrom-Json).MessageType | Should -Be 'Text'
        Assert-HttpRequest $server 'WS /echo' -Body 'héllo' -Exactly 1
        Assert-HttpRequest $server '/echo' -Exactly 1
    }

    It 'answers with a script that has the path, the connection and a state' {
        $server = Start-HttpServer @{
            'WS /rooms/{room}' = { $State.n++; "$($_.Params.room): $_"; , [byte[]] (7, 8); @{ n = $State.n }; if ("$_" -eq 'bye') { $Connection.Close(4000, 'so long') } }
        } -Tls
        $one, $two = 1..2 | ForEach-Object { Open-WebSocket $server "/rooms/$_" }
        Send-WebSocket $one 'a'
        1..3 | ForEach-Object { Receive-WebSocket $one } | Should -Be 'Text 1: a', 'Binary 7 8', 'Text {"n":1}'
        Send-WebSocket $two 'b'
        1..3 | ForEach-Object { Receive-WebSocket $two } | Should -Be 'Text 2: b', 'Binary 7 8', 'Text {"n":1}'
        Send-WebSocket $one 'bye'
        1..4 | ForEach-Object { Receive-WebSocket $one } | Should -Be 'Text 1: bye', 'Binary 7 8', 'Text {"n":2}', 'Close 4000 so long'
        $two.Dispose()
    }

    It 'has a connection that the scripts of other routes do not see' {
        $server = Start-HttpServer @{ 'WS /talk' = { "$($Connection.Target)" }; '/plain' = { "[$Connection][$State]" } } -ThrottleLimit 1
        $client = Open-WebSocket $server /talk
        Send-WebSocket $client 'a'
        Receive-WebSocket $client | Should -Be 'Text /talk'
        Invoke-RestMethod "$($server.Uri)plain" | Should -Be '[][]'
        $client.Dispose()
    }

    It 'leaves nothing of a client to the scripts of others when it is stopped' {
        $server = Start-HttpServer (New-HttpRoute /talk -WebSocket Echo -OnOpen { $State.secret = 'mine'; 'on'; while ($true) { Start-Sleep 60 } }),
        (New-HttpRoute /events -EventStream { "[$Connection][$($State.secret)]" })
        foreach ($try in 1..5) {
            $client = Open-WebSocket $server /talk
            Receive-WebSocket $client | Should -Be 'Text on'
            # Its script ends only when it is stopped, soon after the client has left.
            $client.Dispose()
            foreach ($look in 1..10) {
                $answer = (Invoke-WebRequest "$($server.Uri)events").Content
                ($answer -is [string] ? $answer : [Text.Encoding]::UTF8.GetString($answer)).Trim() | Should -Be 'data: [][]'
            }
        }
    }

    It 'speaks first, agrees on a subprotocol, and pushes from the prompt' {
        $server = Start-HttpServer (New-HttpRoute /push -WebSocket { $_ } -OnOpen { "welcome to $($Connection.Target)" } -Subprotocol v2, v1)
        $client = Open-WebSocket $server /push v3, v1, v2
        $client.SubProtocol | Should -Be v1
        Receive-WebSocket $client | Should -Be 'Text welcome to /push'
        Send-WebSocket $client ([byte[]] 9)
        Receive-WebSocket $client | Should -Be 'Binary 9'
        $server.WebSockets.Send('news')
        Receive-WebSocket $client | Should -Be 'Text news'
        $server.WebSockets | Should -HaveCount 1
        $server.WebSockets[0].Protocol | Should -Be v1
        $server.WebSockets[0].Close()
        Receive-WebSocket $client | Should -Be 'Close 1000 '
        $client.CloseOutputAsync('NormalClosure', '', $none).Wait()
        Wait-Until { -not $server.WebSockets }
    }

    It 'ends -OnOpen with its client, and goes on when a message fails' {
        $mark = "$TestDrive/left"
        $server = Start-HttpServer (New-HttpRoute /x -WebSocket { throw "no $_" } -OnOpen { try { 'on'; while ($true) { Start-Sleep 60 } } finally { New-Item $using:mark } })
        $client = Open-WebSocket $server /x
        Receive-WebSocket $client | Should -Be 'Text on'
        Send-WebSocket $client 'a'
        Wait-Until { $server.Error.Count -gt 0 }
        $server.Error[0].FullyQualifiedErrorId | Should -Be ReplyScriptFailed
        $server.Error[0].Exception.Message | Should -BeLike '*WS /x*no a*'
        $client.State | Should -Be Open
        $client.Dispose()
        Wait-Until { Test-Path $mark }
    }

    It 'says what is not a route for a WebSocket or for events' -ForEach @(
        @{ Make = { Start-HttpServer @{ 'WS /a' = 'hello' } } }
        @{ Make = { Start-HttpServer @{ 'SSE /a' = 'hello' } } }
        @{ Make = { New-HttpRoute 'POST /a' -WebSocket Echo } }
        @{ Make = { New-HttpRoute 'WS /a' -Text x } }
        @{ Make = { New-HttpRoute 'SSE /a' -Status 200 } }
        @{ Make = { New-HttpRoute /a -WebSocket 7 } }
    ) {
        $Make | Should -Throw -ErrorId 'InvalidRoute,*'
    }

    It 'has no faults of a body' {
        { New-HttpRoute /a -WebSocket Echo -Fault Reset } | Should -Throw -ErrorId 'InvalidParameters,*'
        { New-HttpRoute /a -EventStream { } -BytesPerSecond 5 } | Should -Throw -ErrorId 'InvalidParameters,*'
    }

    It 'speaks with the ws of node' -Skip:(-not (Test-Path "$env:PSNETLAB_NODE_MODULES/ws")) {
        $server = Start-HttpServer @{ 'WS /echo' = 'Echo' }
        $script = "const W = require('$env:PSNETLAB_NODE_MODULES/ws'); const w = new W('ws://127.0.0.1:$($server.Port)/echo');" +
            "w.on('open', () => w.ping('p')); w.on('pong', d => w.send('after ' + d)); w.on('message', m => { console.log('' + m); w.close(3001, 'x') });" +
            "w.on('close', (c, r) => console.log(c + ' ' + r))"
        node -e $script | Should -Be 'after p', '3001 '
    }
}

Describe 'Start-HttpServer, events' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'sends what a script puts out' {
        $server = Start-HttpServer @{
            'SSE /events' = {
                "two`nlines"
                @{ event = 'tick'; id = 7; retry = 1500; data = @{ a = 1 } }
                [pscustomobject] @{ b = "last $($_.Headers['Last-Event-ID'])" }
                @{ comment = 'c' }
                3
            }
        } -Cors
        $answer = Invoke-WebRequest "$($server.Uri)events" -Headers @{ 'Last-Event-ID' = 6 }
        $answer.Headers['Content-Type'] | Should -Be text/event-stream
        $answer.Headers['Access-Control-Allow-Origin'] | Should -Be '*'
        $text = $answer.Content -is [string] ? $answer.Content : [Text.Encoding]::UTF8.GetString($answer.Content)
        $text | Should -BeExactly "data: two`ndata: lines`n`nevent: tick`nid: 7`nretry: 1500`ndata: {`"a`":1}`n`ndata: {`"b`":`"last 6`"}`n`n: c`n`ndata: 3`n`n"
    }

    It 'ends the script when its client leaves, and does not hold other scripts' {
        $mark = "$TestDrive/events-left"
        $server = Start-HttpServer @{
            'SSE /forever' = { try { 'on'; while ($true) { Start-Sleep 60 } } finally { New-Item $using:mark } }
            '/other'       = { 'other' }
        } -ThrottleLimit 1
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $server.Port)
        $stream = $client.GetStream()
        $stream.ReadTimeout = 20000
        $stream.Write([Text.Encoding]::ASCII.GetBytes("GET /forever HTTP/1.1`r`nHost: a`r`n`r`n"))
        $got = ''
        while (-not $got.Contains('data: on')) { $got += [char] $stream.ReadByte() }
        $client.Dispose()
        Invoke-RestMethod "$($server.Uri)other" | Should -Be other
        Wait-Until { Test-Path $mark }
        $server.Error.Count | Should -Be 0
    }

    It 'sends heartbeats, and stops at once' {
        $server = Start-HttpServer (New-HttpRoute /slow -EventStream { Start-Sleep 60 } -HeartbeatSec 0.05)
        Wait-Until { (curl -sN --max-time 1 "$($server.Uri)slow" | Out-String) -like ':*:*:*' }
    }

    It 'says which event cannot be sent' {
        $server = Start-HttpServer @{ 'SSE /bad' = { 'good'; @{ event = "a`nb"; data = 1 }; 'not any more' } }
        curl -sN --max-time 30 "$($server.Uri)bad" | Out-String | Should -BeLike 'data: good*'
        Wait-Until { $server.Error.Count -gt 0 }
        $server.Error[0].FullyQualifiedErrorId | Should -Be ReplyScriptFailed
    }
}

Describe 'Start-HttpServer, tunnels' {
    BeforeAll { . $PSScriptRoot/http.ps1 }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'is a proxy for Invoke-WebRequest' {
        $proxy = Start-HttpServer (New-HttpRoute -Tunnel) -Reply 'the proxy'
        Invoke-RestMethod http://nowhere.invalid/ -Proxy $proxy.Uri | Should -Be 'the proxy'
        { Invoke-RestMethod https://nowhere.invalid/ -Proxy $proxy.Uri } | Should -Throw
        Wait-Until { $proxy.Waiting -eq 2 }
        $records = Receive-HttpRequest $proxy -Count 2 -TimeoutSec 20
        $records.Target | Should -Be 'http://nowhere.invalid/', 'nowhere.invalid:443'
        $records.Status | Should -Be 200, 502
    }

    It 'is a proxy for curl' {
        $site = Start-HttpServer -Reply 'the site' -Tls
        $proxy = Start-HttpServer (New-HttpRoute -Tunnel) -Reply 'the proxy'
        curl -sk --max-time 20 -x $proxy.Uri $site.Uri | Should -Be 'the site'
        curl -sk --max-time 20 -x $proxy.Uri "https://localhost:$($site.Port)/" | Should -Be 'the site'
        curl -s --max-time 20 -x $proxy.Uri http://nowhere.invalid/ | Should -Be 'the proxy'
        Assert-HttpRequest $proxy -Method CONNECT -Exactly 2
        Remove-Job $site -Force
        $records = Receive-HttpRequest $proxy -Count 3 -TimeoutSec 20 | Where-Object Method -EQ CONNECT
        $records.Status | Should -Be 200, 200
        $records.Target | Should -Contain "localhost:$($site.Port)"
        $records | ForEach-Object { $_.BytesReceived | Should -BeGreaterThan 200; $_.BytesSent | Should -BeGreaterThan 500 }
    }

    It 'refuses other targets, and wants its password' {
        $proxy = Start-HttpServer (New-HttpRoute -Tunnel -AllowAddress 192.0.2.0/24) -Credential (New-Login user secret)
        $site = Start-HttpServer -Reply 'the site'
        $target = "http://127.0.0.1:$($site.Port)/"
        curl -s --max-time 20 -p -x $proxy.Uri -o /dev/null -w '%{http_connect}' $target | Should -Be 407
        curl -s --max-time 20 -p -x $proxy.Uri --proxy-user user:wrong -o /dev/null -w '%{http_connect}' $target | Should -Be 407
        curl -s --max-time 20 -p -x $proxy.Uri --proxy-user user:secret -o /dev/null -w '%{http_connect}' $target | Should -Be 403
    }

    It 'has no path and no other method' {
        { New-HttpRoute /a -Tunnel } | Should -Throw -ErrorId 'InvalidRoute,*'
        { New-HttpRoute 'GET *' -Tunnel } | Should -Throw -ErrorId 'InvalidRoute,*'
        { New-HttpRoute -Tunnel -AllowAddress 1.2.3 } | Should -Throw -ErrorId 'InvalidAddress,*'
        (New-HttpRoute -Tunnel).Name | Should -Be 'CONNECT *'
    }
}
