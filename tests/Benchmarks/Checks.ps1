# The figures of network checks. The peers are whole processes that write to /dev/null; the cmdlets are warm, and their time includes the
# objects in the pipeline.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Checks: the peers cannot stand in for objects.' }

# Times, so less is better. Ports that are missing from the results are errors.
function Measure-Scan($Server, [string] $Name, [string] $Command, [int] $Ports, [string] $Scan, [double] $MostRatio) {
    $line = "nmap -n -Pn -sT -T4 $Scan"
    $null = Measure-Program $line
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $ours = Invoke-Line $Server $Command
        [pscustomobject]@{
            Ours = New-Turn $ours.milliseconds ($ours.cpu_ms * 1000) ([Math]::Abs($Ports - $ours.objects)) $ours
            Nmap = Measure-Program $line
        }
    }
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Nmap) -Against nmap -MostRatio $MostRatio
}

# The milliseconds from the moment in which a port opens until whoever waits for it returns.
function Measure-Wait($Server) {
    $hasPeer = Test-Peer $Bench wait-for-it wait-for-it { dpkg-query -W wait-for-it }
    $rounds = foreach ($round in 1..($Bench.Quick ? 3 : 15)) {
        $turns = @{ Ours = Invoke-Line $Server wait }
        if ($hasPeer) { $turns.Peer = Invoke-Line $Server wait-for-it }
        [pscustomobject]@{
            Ours = New-Turn $turns.Ours.milliseconds ($turns.Ours.cpu_ms * 1000) 0 $turns.Ours
            Peer = $hasPeer ? (New-Turn $turns.Peer.milliseconds $null 0 $turns.Peer) : $null
        }
    }
    $peers = $hasPeer ? @($rounds.Peer) : @()
    ConvertTo-Figure 'from opening to return' ms @($rounds.Ours) $peers -Against ($hasPeer ? 'wait-for-it' : '') -Most 60
}

# Names per second at a name server of this machine, which knows them all.
function Measure-Name($Server) {
    if (-not (Test-Peer $Bench dnsmasq dnsmasq-base { dnsmasq --version })) { return }
    if (-not (Test-Peer $Bench dig bind9-dnsutils { dig -v })) { return }
    $count = 1000
    $list = Join-Path $Bench.Peers names.txt
    Set-Content $list (1..$count | ForEach-Object { "n$_.lab.test" })
    $dns = Start-Tool dnsmasq {
        param($port)
        '--keep-in-foreground', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--pid-file=', '--bind-interfaces',
        '--listen-address=127.0.0.1', "--port=$port", '--address=/lab.test/192.0.2.7'
    }
    try {
        $line = "dig @127.0.0.1 -p $($dns.Port) -f $list"
        $null = Measure-Program $line
        foreach ($round in 1..10) { $null = Invoke-Line $Server "names $($dns.Port)" }
        $rounds = foreach ($round in 1..$Bench.Rounds) {
            Write-Verbose "round $round"
            $ours = Invoke-Line $Server "names $($dns.Port)"
            $dig = Measure-Program $line
            [pscustomobject]@{
                Ours = New-Turn (1000 * $count / $ours.milliseconds) ($ours.cpu_ms * 1000 / $count) ([Math]::Abs($count - $ours.objects)) $ours
                Dig  = New-Turn (1000 * $count / $dig.Value) ($dig.Cpu / $count)
            }
        }
    }
    finally { $null = Stop-Server $dns }
    ConvertTo-Figure "$count names" names/s @($rounds.Ours) @($rounds.Dig) -Against 'dig -f' -LeastRatio 3
}

# The certificates and versions of servers of openssl. Those of which a version is wrong are errors. sslscan looks at one server after the
# other; -Quickly leaves out what it does beyond the versions.
function Measure-TlsServer($Server, [string] $Name, [string[]] $Versions, [switch] $Quickly, [hashtable] $Target) {
    if (-not (Test-Peer $Bench sslscan sslscan { sslscan --version })) { return }
    if (-not (Test-Peer $Bench openssl openssl { openssl version })) { return }
    $pair = Join-Path $Bench.Peers tls.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=lab -keyout $pair -out "$pair.crt" 2> $null
    Add-Content $pair (Get-Content "$pair.crt")
    $switches = @{ Tls10 = '-no_tls1'; Tls11 = '-no_tls1_1'; Tls12 = '-no_tls1_2'; Tls13 = '-no_tls1_3' }
    $words = @{ Tls10 = 'TLSv1.0'; Tls11 = 'TLSv1.1'; Tls12 = 'TLSv1.2'; Tls13 = 'TLSv1.3'; Ssl3 = 'SSLv3' }
    $peers = @()
    try {
        $peers = @(foreach ($set in $Versions) {
                $off = @($switches.Keys | Where-Object { $_ -notin ($set -split '\+') } | ForEach-Object { $switches[$_] })
                Start-Tool openssl { param($port) @('s_server', '-accept', "127.0.0.1:$port", '-cert', $pair, '-cipher', 'ALL:@SECLEVEL=0', '-quiet') + $off }
            })
        $ports = @($peers.Port)
        $argument = (0..($ports.Count - 1) | ForEach-Object { "$($ports[$_])=$($Versions[$_])" }) -join ','
        $flags = $Quickly ? '--no-ciphersuites --no-groups --no-heartbleed --no-renegotiation --no-compression --no-fallback --no-check-certificate ' : ''
        $scans = @($ports | ForEach-Object { "sslscan --no-colour ${flags}127.0.0.1:$_" })
        $wrong = 0
        foreach ($index in 0..($ports.Count - 1)) {
            $said = bash -c $scans[$index]
            foreach ($version in $words.Keys) {
                $isOffered = [bool] ($said -match "^$([regex]::Escape($words[$version])) +enabled")
                if ($isOffered -ne ($version -in ($Versions[$index] -split '\+'))) { $wrong++ }
            }
        }
        $line = "bash -c '$($scans -join '; ')'"
        foreach ($round in 1..3) { $null = Invoke-Line $Server "tls $argument" }
        $rounds = foreach ($round in 1..$Bench.Rounds) {
            Write-Verbose "round $round"
            $mine = Invoke-Line $Server "tls $argument"
            $scan = Measure-Program $line
            [pscustomobject]@{
                Ours = New-Turn $mine.milliseconds ($mine.cpu_ms * 1000) ($ports.Count - $mine.objects) $mine
                Scan = New-Turn $scan.Value $scan.Cpu $wrong
            }
        }
    }
    finally { foreach ($peer in $peers) { $null = Stop-Server $peer } }
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Scan) -Against sslscan @Target
}

# What both sides say a request takes, from connecting to the last byte: the median of many, each over a connection of its own.
function Measure-Request($Server) {
    if (-not (Test-Peer $Bench nginx nginx-light { nginx -v })) { return }
    if (-not (Test-Peer $Bench curl curl { curl --version })) { return }
    . $PSScriptRoot/HttpPeers.ps1
    $site = Join-Path $Bench.Peers "site-$PID"
    $null = New-Item $site/www -ItemType Directory
    [IO.File]::WriteAllBytes("$site/www/1k.bin", [byte[]]::new(1KB))
    $nginx = Start-Nginx $site 1 @()
    try {
        $uri = "http://127.0.0.1:$($nginx.Port)/1k.bin"
        $null = Invoke-Line $Server "requests $uri"
        $rounds = foreach ($round in 1..$Bench.Rounds) {
            Write-Verbose "round $round"
            $ours = Invoke-Line $Server "requests $uri"
            $times = foreach ($i in 1..100) { [double]::Parse((curl --silent --output /dev/null --write-out '%{time_total}' $uri), $culture) * 1000 }
            [pscustomobject]@{
                Ours = New-Turn $ours.milliseconds $null (100 - $ours.objects) $ours
                Curl = New-Turn (Get-Median $times) $null 0
            }
        }
        # 5 %, or 100 microseconds.
        $most = 1 + [Math]::Max(0.05, 0.1 / (Get-Median $rounds.Curl.Value))
        ConvertTo-Figure 'one request' ms @($rounds.Ours) @($rounds.Curl) -Against 'curl -w' -MostRatio $most
    }
    finally {
        $null = Stop-Server $nginx
        Remove-Item $site -Recurse
    }
}

$ours = Start-OurScript $Bench Checks.ps1
try {
    if (Test-Peer $Bench nmap nmap { nmap --version }) {
        Measure-Figure $Bench '1000 ports' { Measure-Scan $ours '1000 ports' thousand 1000 '-p1-1000 127.0.0.1' 1.0 }
        if (-not $Bench.Quick) {
            Measure-Figure $Bench '65535 ports' { Measure-Scan $ours '65535 ports' all 65535 '-p1-65535 127.0.0.1' 1.0 }
        }
        Measure-Figure $Bench '254 hosts x 100 ports' {
            Measure-Scan $ours '254 hosts x 100 ports' hosts 25400 '-p1-100 127.0.0.1-254' 1.5
        }
    }
    Measure-Figure $Bench 'from opening to return' { Measure-Wait $ours }
    Measure-Figure $Bench '1000 names' { Measure-Name $ours }
    Measure-Figure $Bench 'certificate and versions' {
        Measure-TlsServer $ours 'certificate and versions' 'Tls10+Tls11+Tls12+Tls13' -Target @{ Most = 50 }
    }
    Measure-Figure $Bench 'versions of 8 servers' {
        $sets = 'Tls10', 'Tls11', 'Tls12', 'Tls13', 'Tls10+Tls11+Tls12', 'Tls12+Tls13', 'Tls10+Tls11+Tls13', 'Tls10+Tls11+Tls12+Tls13'
        Measure-TlsServer $ours 'versions of 8 servers' $sets -Quickly -Target @{ Most = 200 }
    }
    Measure-Figure $Bench 'one request' { Measure-Request $ours }
}
finally { $null = Stop-Server $ours }
