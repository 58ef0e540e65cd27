# The HTTP figures. The load generator is wrk. The peer is nginx with one worker or with one for each core, whichever is
# faster; Caddy and python3 are measured for comparison.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

foreach ($tool in 'wrk', 'curl') {
    if (-not (Test-Peer $Bench $tool $tool { & $tool --version })) { return }
}
. $PSScriptRoot/HttpPeers.ps1

$threads = [Environment]::ProcessorCount
# Half of the cores, so that the server has the other half: otherwise the result would depend on the scheduler.
$loadThreads = [Math]::Max(1, $threads -shr 1)
$hasNginx = Test-Peer $Bench nginx nginx-light { nginx -v }
if ($Bench.Rehearsal -and -not $hasNginx) { throw 'A rehearsal needs nginx.' }

# The features of each kind of nginx. The targets of a figure are for its first peer.
$features = @{
    'nginx'             = ''
    'nginx logging'     = 'Log'
    'nginx gzip'        = 'Gzip'
    'nginx gzip_static' = 'GzipStatic'
    'nginx autoindex'   = 'List'
    'nginx TLS'         = 'Tls'
}

# In a rehearsal, the first peer takes our place.
function Start-OurServer([string] $Options, [string] $Standin, [switch] $Receive) {
    if ($Bench.Rehearsal) { return Start-Nginx $site $threads $features[$Standin] }
    $arguments = @('-Path', "$site/www", '-Options', $Options)
    if ($Receive) { $arguments += '-Receive' }
    Start-OurScript $Bench HttpServer.ps1 $arguments
}

function Add-NginxStart($Starts, [string] $Kind) {
    if (-not $hasNginx) { return }
    foreach ($workers in 1, $threads | Select-Object -Unique) {
        $Starts["$Kind x $workers"] = {
            param($Side)
            $kind, $workers = $Side -split ' x '
            Start-Nginx $site $workers $features[$kind]
        }
    }
}

# The name of the best side of a kind: the one with the highest median or, with -Least, the lowest.
function Select-Best($Sides, [string] $Kind, [switch] $Least) {
    $Sides.psobject.Properties.Name -match "^$Kind x \d+$" |
        Sort-Object { Get-Median $Sides.$_.Value } -Descending:(-not $Least) | Select-Object -First 1
}

# A request has File, Connections and the Expected answer; optionally Headers, Scheme, Unit, Peers, Threads of the load
# generator and Options of our server; Targets for the rate, and LatencyTargets for a second figure.
function Measure-Request([string] $Name, [hashtable] $Request) {
    if (-not $hasNginx) { return }
    $peers = @($Request['Peers'] ?? 'nginx')
    $unit = $Request['Unit'] ?? 'requests/s'
    $starts = [ordered]@{ Ours = { Start-OurServer ($Request['Options'] ?? '') $peers[0] } }
    foreach ($kind in $peers) { Add-NginxStart $starts $kind }
    $sides = Measure-Server $Bench $starts { param($Server) Measure-Wrk $Server $Request }
    foreach ($kind in $peers) {
        $best = Select-Best $sides $kind
        $targets = $kind -eq $peers[0] ? $Request['Targets'] ?? @{} : @{}
        ConvertTo-Figure $Name $unit $sides.Ours $sides.$best -Against $best @targets
    }
    $targets = $Request['LatencyTargets']
    if ($targets) {
        $best = Select-Best $sides $peers[0]
        $p99 = @{}
        foreach ($side in 'Ours', $best) { $p99.$side = @($sides.$side | ForEach-Object { New-Turn $_.Raw.p99_us }) }
        ConvertTo-Figure "$Name, p99" us $p99.Ours $p99.$best -Against $best @targets
    }
}

# All servers with the same file, and ours with its defaults, with its records received, without records, and with a log.
function Measure-All([string] $Name) {
    $all = "$Name, all servers"
    $request = @{ File = '1k.bin'; Connections = 64; Expected = @{ Bytes = 1KB } }
    $answered = @{}
    $load = {
        param($Server)
        $result = Measure-Wrk $Server $request
        $answered[$Server.Port] += $result.Count
        $result
    }
    $starts = [ordered]@{
        Ours     = { Start-OurServer '' nginx }
        Received = {
            $server = Start-OurServer '' nginx -Receive
            $answered.Received = $server.Port
            $server
        }
        NoRecord = { Start-OurServer NoRecord nginx }
        Logging  = { Start-OurServer "LogPath=$site/access.log" 'nginx logging' }
    }
    Add-NginxStart $starts nginx
    Add-NginxStart $starts 'nginx logging'
    if (Test-Peer $Bench caddy caddy { caddy version }) { $starts.Caddy = { Start-Caddy $site } }
    if (Test-Peer $Bench python3 python3 { python3 --version }) { $starts.python3 = { Start-PythonServer $site } }
    $sides = Measure-Server $Bench $starts $load

    $best = Select-Best $sides nginx
    $logging = Select-Best $sides 'nginx logging'
    if ($hasNginx) {
        ConvertTo-Figure $all requests/s $sides.Ours $sides.$best -Against $best
        ConvertTo-Figure $all requests/s $sides.Ours $sides.$logging -Against $logging
        $total = $answered[$answered.Received]
        $received, $dropped = $sides.Printed -match 'COUNT (\d+)\s+DROPPED (\d+)' ? $Matches[1, 2] : '0', '?'
        $lost = [long] $received -lt $total -and -not $Bench.Rehearsal
        $note = $lost ? "received $received of $total, dropped $dropped" : ''
        foreach ($peer in $best, $logging) {
            ConvertTo-Figure "$Name, received" requests/s $sides.Received $sides.$peer -Against $peer -Note $note
        }
        ConvertTo-Figure "$Name, -NoRecord" requests/s $sides.NoRecord $sides.$best -Against $best
        ConvertTo-Figure "$Name, -LogPath" requests/s $sides.Logging $sides.$logging -Against $logging
    }
    foreach ($other in 'Caddy', 'python3') {
        if ($starts.Contains($other)) { ConvertTo-Figure $all requests/s $sides.Ours $sides.$other -Against $other }
    }
}

# The folder changes before every request, so that no server can answer with a cached list.
function Measure-Listing([string] $Name) {
    $load = {
        param($Server)
        $extra = "$site/www/listing/extra.txt"
        $answers = foreach ($i in 1..10) {
            if ($i % 2) { Set-Content $extra $i } else { Remove-Item $extra }
            $answer = Get-Answer "http://127.0.0.1:$($Server.Port)/listing/"
            # A list of so many names cannot be shorter.
            if ($answer.Status -ne 200 -or $answer.Bytes -lt 200KB) {
                throw "The listing was $($answer.Status) with $($answer.Bytes) bytes."
            }
            $answer
        }
        $raw = @{ Ms = $answers.Ms; Bytes = $answer.Bytes }
        @{ Rate = Get-Median $answers.Ms; Count = $answers.Count; Errors = 0; Raw = $raw }
    }
    $starts = [ordered]@{ Ours = { Start-OurServer Browse 'nginx autoindex' } }
    Add-NginxStart $starts 'nginx autoindex'
    if (Test-Peer $Bench caddy caddy { caddy version }) { $starts.Caddy = { Start-Caddy $site -List } }
    if (Test-Peer $Bench python3 python3 { python3 --version }) { $starts.python3 = { Start-PythonServer $site } }
    $sides = Measure-Server $Bench $starts $load
    $targets = @{ Most = 100 }
    foreach ($other in (Select-Best $sides 'nginx autoindex' -Least), 'Caddy', 'python3') {
        if (-not $other -or -not $starts.Contains($other)) { continue }
        ConvertTo-Figure $Name ms $sides.Ours $sides.$other -Against $other @targets
        $targets = @{}
    }
}

$site = New-Site
try {
    # The target is for 64 connections with the two sides in direct succession, so the other servers have a figure of their own.
    foreach ($connections in 64, 1, 10, 100, 1000, 10000 -le ($Bench.Quick ? 1000 : 10000)) {
        $request = @{ File = '1k.bin'; Connections = $connections; Expected = @{ Bytes = 1KB } }
        if ($connections -eq 64) { $request.Targets = @{ LeastRatio = 1.2; MostCpu = 1.0 } }
        if ($connections -eq 1000) { $request.LatencyTargets = @{ MostRatio = 2 } }
        Measure-Figure $Bench "1 KiB x $connections" { Measure-Request "1 KiB x $connections" $request }
    }
    Measure-Figure $Bench '1 KiB x 64, all servers' { Measure-All '1 KiB x 64' }
    $other = [ordered]@{
        '1 KiB x 64, load on every core' = @{ File = '1k.bin'; Expected = @{ Bytes = 1KB }; Threads = $threads }
        '64 KiB x 64'                    = @{
            File = '64k.bin'; Unit = 'MiB/s'; Expected = @{ Bytes = 64KB }; Targets = @{ LeastRatio = 1 }
        }
        '10 MiB x 8'                     = @{
            File = '10m.bin'; Connections = 8; Unit = 'MiB/s'; Expected = @{ Bytes = 10MB }
            Targets = @{ LeastRatio = 1 }
        }
        '304 x 64'                       = @{
            File = '1k.bin'; Expected = @{ Status = 304; Bytes = 0 }
            Headers = { param($Uri) "If-None-Match: $((Get-Answer $Uri).ETag)" }
        }
        'range of 1 KiB x 64'            = @{
            File = '64k.bin'; Expected = @{ Status = 206; Bytes = 1KB }; Headers = { 'Range: bytes=10000-11023' }
        }
        'gzip of 64 KiB x 64'            = @{
            File = 'text.txt'; Expected = @{ Encoding = 'gzip' }; Headers = { 'Accept-Encoding: gzip' }
            Peers = 'nginx gzip', 'nginx gzip_static'
        }
        'TLS 1 KiB x 64'                 = @{
            File = '1k.bin'; Scheme = 'https'; Expected = @{ Bytes = 1KB }; Peers = 'nginx TLS'
            Options = "Certificate=$site/site.pem"
        }
        'connect, 1 KiB x 64'            = @{ File = '1k.bin'; Expected = @{ Bytes = 1KB }; Headers = { 'Connection: close' } }
    }
    foreach ($name in $other.Keys) {
        $other.$name['Connections'] ??= 64
        Measure-Figure $Bench $name { Measure-Request $name $other.$name }
    }
    Measure-Figure $Bench 'listing of 10000' { Measure-Listing 'listing of 10000' }
}
finally {
    Remove-Item $site -Recurse -Force
}
