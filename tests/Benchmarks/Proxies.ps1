# The figures of proxies, all in front of the same servers in C. The peers forward with one thread, as their manuals advise for speed.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Proxies: the peers are compared with each other already.' }
if (-not (Test-Compiler $Bench)) { return }

$streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so'

function Start-OurProxy([int] $Upstream, [string] $Fault) {
    Start-OurScript $Bench Proxy.ps1 (@('-Upstream', $Upstream) + $(if ($Fault) { '-Fault', $Fault }))
}

# The proxies to compare with, those that are installed.
function Get-PeerStart {
    $starts = [ordered]@{}
    if (Test-Peer $Bench socat socat { socat -V }) {
        $starts.socat = {
            Start-Tool socat { param($port) "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=1024", "TCP:127.0.0.1:$behind,nodelay" }
        }
    }
    if (Test-Peer $Bench haproxy haproxy { haproxy -v }) {
        $starts.haproxy = {
            Start-Tool haproxy {
                param($port)
                $file = Join-Path $Bench.Peers "haproxy-$port.cfg"
                Set-Content $file @"
global
  maxconn 4000
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:$port
  server one 127.0.0.1:$behind
"@
                '-db', '-f', $file
            }
        }
    }
    if ((Test-Path $streamModule) -and (Test-Peer $Bench nginx 'nginx-light libnginx-mod-stream' { nginx -v })) {
        $starts.nginx = {
            Start-Tool nginx {
                param($port)
                $folder = Join-Path $Bench.Peers "nginx-$port"
                $null = New-Item $folder -ItemType Directory -Force
                Set-Content "$folder/nginx.conf" @"
load_module $streamModule;
daemon off;
worker_processes 1;
pid $folder/pid;
error_log /dev/null;
events { worker_connections 15000; }
stream { server { listen 127.0.0.1:$port; proxy_pass 127.0.0.1:$behind; } }
"@
                '-p', $folder, '-c', "$folder/nginx.conf"
            }
        }
    }
    $starts
}

# One figure for each peer.
function Measure-Proxy([string] $Name, [string] $Unit, [string[]] $Options, [scriptblock] $Load, [string[]] $Peers, [hashtable] $Targets) {
    $server = Start-Server (Join-Path $Bench.Peers tcp_echo_epoll) $Options
    # For all scripts here: the server behind the proxies.
    $script:behind = $server.Port
    try {
        $starts = [ordered]@{ Ours = { Start-OurProxy $behind } }
        $others = Get-PeerStart
        foreach ($peer in $Peers | Where-Object { $others.Contains($_) }) { $starts[$peer] = $others[$peer] }
        $sides = Measure-Server $Bench $starts $Load
    }
    finally { $null = Stop-Server $server }
    foreach ($peer in @($starts.Keys) -ne 'Ours') {
        $target = $Targets[$peer] ?? @{}
        ConvertTo-Figure $Name $Unit $sides.Ours $sides.$peer -Against $peer @target
    }
}

$bulk = {
    param($Server)
    $result = Invoke-Peer "$($Bench.Peers)/tcp_bulk" 127.0.0.1, $Server.Port, $Bench.Seconds
    @{ Rate = $result.per_second / 1MB; Count = $result.bytes / 1MB; Errors = $result.errors; Raw = $result }
}

$many = {
    param($Server)
    $result = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, 1000, 64, $Bench.Seconds
    @{ Rate = $result.per_second; Count = $result.messages; Errors = $result.errors; Raw = $result }
}

# The median of a round trip through the proxy, less that without one, both measured one after the other.
$added = {
    param($Server)
    $straight, $through = foreach ($port in $behind, $Server.Port) {
        Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $port, 1, 64, ([Math]::Max(1, $Bench.Seconds / 2))
    }
    @{ Rate = $through.p50_us - $straight.p50_us; Count = $through.messages; Errors = $through.errors; Raw = $through }
}

# A client and a server of this process at both ends of our proxy; the script gets the streams of both.
function Measure-Pair([string] $Fault, [scriptblock] $Script) {
    $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $listener.Start()
    $proxy = Start-OurProxy $listener.LocalEndpoint.Port $Fault
    try {
        $client = [Net.Sockets.TcpClient]::new('127.0.0.1', $proxy.Port)
        $server = $listener.AcceptTcpClient()
        $client.NoDelay = $server.NoDelay = $true
        & $Script $client.GetStream() $server.GetStream()
    }
    finally {
        if ($client) { $client.Dispose() }
        if ($server) { $server.Dispose() }
        $listener.Stop()
        $null = Stop-Server $proxy
    }
}

# By how many percent the bytes that arrive in some seconds differ from those that should.
function Measure-Bandwidth([string] $Name, [int] $BytesPerSecond) {
    $turns = foreach ($round in 1..([Math]::Min(3, $Bench.Rounds))) {
        Measure-Pair "{ `"BytesPerSecond`": $BytesPerSecond }" {
            param($client, $server)
            $seconds = $Bench.Quick ? 2 : 5
            $buffer = [byte[]]::new(64KB)
            $sending = $client.WriteAsync([byte[]]::new($BytesPerSecond * ($seconds + 2)), 0, $BytesPerSecond * ($seconds + 2))
            # From a first piece on, so that the start of the connection is not measured.
            $null = $server.Read($buffer, 0, 64KB)
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $bytes = 0
            while ($clock.Elapsed.TotalSeconds -lt $seconds) { $bytes += $server.Read($buffer, 0, 64KB) }
            $null = $sending
            $off = 100 * [Math]::Abs($bytes / $clock.Elapsed.TotalSeconds / $BytesPerSecond - 1)
            New-Turn $off $null 0 @{ Bytes = $bytes; Seconds = $clock.Elapsed.TotalSeconds }
        }
    }
    ConvertTo-Figure $Name '% off' @($turns) @() -Most 1
}

# By how much a message that should be delayed comes too late, at the 99th percentile. The time in this process is included.
function Measure-Latency([string] $Name, [double] $LatencyMs) {
    $turns = foreach ($round in 1..([Math]::Min(3, $Bench.Rounds))) {
        Measure-Pair "{ `"LatencyMs`": $LatencyMs, `"Direction`": `"ToServer`" }" {
            param($client, $server)
            $one = [byte[]]::new(1)
            $late = foreach ($message in 1..($Bench.Quick ? 60 : 150)) {
                $start = [Diagnostics.Stopwatch]::GetTimestamp()
                $client.Write($one, 0, 1)
                $null = $server.Read($one, 0, 1)
                [Diagnostics.Stopwatch]::GetElapsedTime($start).TotalMilliseconds - $LatencyMs
            }
            # The first ones compile this script, and the proxy.
            $sorted = @($late | Select-Object -Skip 40 | Sort-Object)
            New-Turn $sorted[[int] [Math]::Ceiling($sorted.Count * 0.99) - 1] $null @($sorted -lt 0).Count @{ Late = $sorted }
        }
    }
    ConvertTo-Figure $Name 'ms late' @($turns) @() -Most 1
}

Measure-Figure $Bench 'one stream' {
    Measure-Proxy 'one stream' MiB/s '--sink' $bulk socat, haproxy, nginx @{ socat = @{ LeastRatio = 1 }; haproxy = @{ LeastRatio = 0.9 } }
}
Measure-Figure $Bench 'added round trip' {
    Measure-Proxy 'added round trip' us @() $added socat, haproxy, nginx @{ socat = @{ Most = 50 }; haproxy = @{ Most = 50 }; nginx = @{ Most = 50 } }
}
Measure-Figure $Bench '1000 x 64 B' {
    Measure-Proxy '1000 x 64 B' messages/s @() $many haproxy, nginx @{ haproxy = @{ LeastRatio = 0.8 } }
}
Measure-Figure $Bench 'bandwidth 10 MB/s' { Measure-Bandwidth 'bandwidth 10 MB/s' 10000000 }
Measure-Figure $Bench 'latency 50 ms, p99' { Measure-Latency 'latency 50 ms, p99' 50 }
