# Proxies in front of the servers of others, with the clients of others.

BeforeDiscovery {
    function Test-Missing([string[]] $Name) {
        $missing = @($Name | Where-Object { -not (Get-Command $_ -CommandType Application -ErrorAction Ignore) })
        if ($missing) { " (skipped: no $($missing -join ', no '))" }
    }
    $noWeb = Test-Missing nginx, ab
    $noWrk = Test-Missing wrk
    $noRedis = Test-Missing redis-server, redis-cli
    $noDns = Test-Missing dnsmasq, dig
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1

    function Start-Peer([string] $Name, [string] $Arguments, [int] $Port) {
        $process = Start-Process $Name $Arguments -PassThru -RedirectStandardOutput "$TestDrive/$Name.out" -RedirectStandardError "$TestDrive/$Name.err"
        if ($Port) { Wait-TcpPort 127.0.0.1 $Port -TimeoutSec 30 }
        $process
    }

    function Stop-Peer($Process) {
        if ($Process -and -not $Process.HasExited) {
            $Process.Kill()
            $Process.WaitForExit(20000) | Should -BeTrue
        }
    }
}

Describe "In front of nginx$noWeb" -Skip:([bool] $noWeb) {
    BeforeAll {
        $port = Get-FreePort
        Set-Content $TestDrive/page.html ('x' * 5000) -NoNewline
        Set-Content $TestDrive/nginx.conf @"
daemon off; master_process off; pid $TestDrive/nginx.pid; error_log stderr emerg;
events { worker_connections 1024; }
http {
    access_log off; keepalive_requests 1000000;
    client_body_temp_path $TestDrive/b; proxy_temp_path $TestDrive/p; fastcgi_temp_path $TestDrive/f; uwsgi_temp_path $TestDrive/u; scgi_temp_path $TestDrive/s;
    server { listen 127.0.0.1:$port backlog=4096; root $TestDrive; }
}
"@
        $nginx = Start-Peer nginx "-e stderr -c $TestDrive/nginx.conf" $port

        function Invoke-Ab([int] $Port, [string[]] $Options) {
            $text = (ab -q -r @Options "http://127.0.0.1:$Port/page.html" 2>&1) -join "`n"
            [pscustomobject]@{
                Complete = [int] [regex]::Match($text, 'Complete requests: +(\d+)').Groups[1].Value
                Failed   = [int] [regex]::Match($text, 'Failed requests: +(\d+)').Groups[1].Value
                Bytes    = [long] [regex]::Match($text, 'HTML transferred: +(\d+)').Groups[1].Value
                Fastest  = [int] [regex]::Match($text, '(?m)^Total: +(\d+)').Groups[1].Value
            }
        }
    }

    AfterAll { Stop-Peer $nginx }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'loses nothing under load: <Name>' -ForEach @(
        @{ Name = 'one connection for each request'; Options = @('-c', 50, '-n', 3000) }
        @{ Name = 'connections that stay'; Options = @('-k', '-c', 50, '-n', 20000) }
        @{ Name = 'connections that stay, in small pieces'; Options = @('-k', '-c', 20, '-n', 200); Fault = @{ SliceBytes = 500 } }
    ) {
        $proxy = Start-TcpProxy "127.0.0.1:$port" -Fault $Fault
        $seen = Invoke-Ab $proxy.Port $Options
        $seen.Complete, $seen.Failed | Should -Be $Options[-1], 0
        $seen.Bytes | Should -BeGreaterOrEqual (5000 * $Options[-1])
        Wait-NoConnection $proxy
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'delays each request by the latency of both ways' {
        $proxy = Start-TcpProxy "127.0.0.1:$port" -Fault @{ LatencyMs = 20 }
        $seen = Invoke-Ab $proxy.Port '-k', '-c', 10, '-n', 200
        $seen.Complete, $seen.Failed | Should -Be 200, 0
        $seen.Fastest | Should -BeGreaterOrEqual 40
    }

    It 'breaks the connections that it should, and no others' {
        $proxy = Start-TcpProxy "127.0.0.1:$port" -Fault @{ Reset = $true; Every = 10; AfterBytes = 100; Direction = 'ToClient' } -Seed 1
        $peer = Start-ProxyPeer # ab waits for ever after a reset
        try { Invoke-ProxyCase $peer fetch $proxy.Port | Should -Be '900 100' }
        finally { $peer.Stop() }
        Wait-NoConnection $proxy
        $proxy.FaultCounts.Reset | Should -Be 100
        $proxy.Error | Should -BeNullOrEmpty
    }

    It "goes on under wrk while faults come and go$noWrk" -Skip:([bool] $noWrk) {
        $proxy = Start-TcpProxy "127.0.0.1:$port"
        # Until it is told to stop, however long the faults take.
        $wrk = Start-Peer wrk "-t1 -c50 -d60s http://127.0.0.1:$($proxy.Port)/page.html"
        Wait-Until { $proxy.BytesToClient -gt 1MB }
        foreach ($fault in @{ LatencyMs = 5; JitterMs = 5 }, @{ SliceBytes = 1000 }, @{ Reset = $true; Every = 5 }, @{ BytesPerSecond = 1MB }) {
            $before = $proxy.BytesToClient
            Add-NetFault $proxy $fault
            Wait-Until { $proxy.BytesToClient -gt $before }
            Remove-NetFault $proxy *
        }
        kill -INT $wrk.Id
        $wrk.WaitForExit(20000) | Should -BeTrue
        Get-Content $TestDrive/wrk.out -Raw | Should -Match 'Requests/sec'
        Wait-NoConnection $proxy
        $proxy.Error | Should -BeNullOrEmpty
        (Invoke-Ab $proxy.Port '-n', 10).Failed | Should -Be 0
    }

    It 'is stopped in the middle of a load' {
        $proxy = Start-TcpProxy "127.0.0.1:$port"
        $load = Start-Peer ab "-q -r -k -c 50 -n 10000000 http://127.0.0.1:$($proxy.Port)/page.html"
        Wait-Until { $proxy.BytesToClient -gt 1MB }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Stop-Job $proxy
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        $proxy.ConnectionCount | Should -Be 0
        Stop-Peer $load
        Test-TcpPort 127.0.0.1 $port -Quiet | Should -BeTrue
    }
}

Describe "In front of redis$noRedis" -Skip:([bool] $noRedis) {
    BeforeAll {
        $port = Get-FreePort
        $redis = Start-Peer redis-server "--port $port --bind 127.0.0.1 --save `"`" --appendonly no --dir $TestDrive" $port
    }

    AfterAll { Stop-Peer $redis }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'keeps what it says, with <Name>' -ForEach @(
        @{ Name = 'no fault'; Fault = @() }
        @{ Name = 'latency'; Fault = @{ LatencyMs = 5; JitterMs = 5 } }
        @{ Name = 'little bandwidth'; Fault = @{ BytesPerSecond = 1MB } }
        @{ Name = 'small pieces'; Fault = @{ SliceBytes = 3000 } }
    ) {
        $proxy = Start-TcpProxy "127.0.0.1:$port" -Fault $Fault
        $value = 'v' * 100000
        $value | redis-cli -p $proxy.Port -x set key | Should -Be OK
        -join (redis-cli -p $proxy.Port get key) | Should -BeExactly $value
        1..500 | ForEach-Object { "incr $($Name -replace ' ')" } | redis-cli -p $proxy.Port | Select-Object -Last 1 | Should -Be 500
    }

    It 'fails for the client where a script block says so' {
        $proxy = Start-TcpProxy "127.0.0.1:$port" -Fault (New-NetFault -Close -Match { $_.Direction -eq 'ToServer' -and $_.Text -match 'FLUSHALL' })
        redis-cli -p $proxy.Port set kept 1 | Should -Be OK
        redis-cli -p $proxy.Port FLUSHALL 2>&1 | Should -BeLike '*closed the connection*'
        redis-cli -p $port get kept | Should -Be 1
    }
}

Describe "In front of dnsmasq$noDns" -Skip:([bool] $noDns) {
    BeforeAll {
        $port = Get-FreePort
        $names = "--no-resolv --no-hosts --no-daemon --user= --group= --address=/db.example/192.0.2.7 --txt-record=big.example,$('t' * 200)"
        $dnsmasq = Start-Peer dnsmasq "$names --port=$port --listen-address=127.0.0.1 --bind-interfaces --pid-file=$TestDrive/dnsmasq.pid" $port

        function Invoke-Dig([int] $Port, [string[]] $Options) { @(dig '@127.0.0.1' -p $Port +short +timeout=10 @Options) -join ' ' }
    }

    AfterAll { Stop-Peer $dnsmasq }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'answers through a proxy for datagrams, and one for connections' {
        $udp = Start-UdpProxy "127.0.0.1:$port"
        $tcp = Start-TcpProxy "127.0.0.1:$port"
        Invoke-Dig $udp.Port 'db.example' | Should -Be 192.0.2.7
        Invoke-Dig $tcp.Port '+tcp', 'db.example' | Should -Be 192.0.2.7
        Invoke-Dig $udp.Port 'big.example', 'TXT' | Should -Be "`"$('t' * 200)`""
    }

    It 'is asked again when the first question is lost' {
        $proxy = Start-UdpProxy "127.0.0.1:$port" -Fault @{ LossPercent = 100; First = 1 } # each question has a socket of its own
        Invoke-Dig $proxy.Port '+timeout=1', '+tries=6', 'db.example' | Should -Match ' 192\.0\.2\.7$'
        $proxy.FaultCounts.Loss | Should -Be 1
        # Resolve-DnsRecord as the client.
        (Resolve-DnsRecord db.example A -Server "127.0.0.1:$($proxy.Port)").Data | Should -Be 192.0.2.7
    }

    It 'has its answers twice, late and changed' {
        $proxy = Start-UdpProxy "127.0.0.1:$port" -Fault @{ DuplicatePercent = 100 }, @{ LatencyMs = 50; JitterMs = 20 }
        Invoke-Dig $proxy.Port 'db.example' | Should -Be 192.0.2.7
        $proxy.FaultCounts.Duplicate | Should -BeGreaterOrEqual 2
        $proxy = Start-UdpProxy "127.0.0.1:$port" -Fault @{ Stall = $true }
        Invoke-Dig $proxy.Port '+timeout=1', '+tries=1', 'db.example' | Should -Match 'timed out|no servers could be reached|communications error'
    }
}
