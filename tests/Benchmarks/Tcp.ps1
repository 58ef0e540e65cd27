# The TCP figures. The peer is a single-threaded epoll loop in C, for bulk iperf3.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

$quiet = '-Echo', '-Framing', 'Line', '-NoRecord'
$recorded = '-Echo', '-Framing', 'Line', '-Receive'

function Start-PeerServer([string[]] $Arguments) {
    Start-Server (Join-Path $Bench.Peers tcp_echo_epoll) $Arguments
}

function Start-OurServer([string[]] $Arguments) {
    if (-not $Bench.Rehearsal) { return Start-OurScript $Bench TcpServer.ps1 $Arguments }
    Start-PeerServer @(if ('-Echo' -notin $Arguments) { '--sink' })
}

function Measure-Echo($Name, [int] $Connections, [int] $Bytes, [string[]] $Options, [hashtable] $Targets = @{}) {
    $total = [pscustomobject]@{ Messages = [long] 0 }
    $load = {
        param($Server)
        $result = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, $Connections, $Bytes, $Bench.Seconds
        if ($Server.Ours) { $total.Messages += $result.messages }
        @{ Rate = $result.per_second; Count = $result.messages; Errors = $result.errors; Raw = $result }
    }
    $ours = $peer = $null
    $rounds = @()
    try {
        $ours = Start-OurServer $Options
        $peer = Start-PeerServer
        $rounds = @(Measure-Pair $Bench $ours $peer $load)
    }
    finally {
        $rest = Stop-Server $ours
        $null = Stop-Server $peer
    }
    $received = $rest -match 'COUNT (\d+)' ? [long] $Matches[1] : $null
    $note = $null -ne $received -and $received -ne $total.Messages ? "received $received of $($total.Messages)" : ''
    ConvertTo-Figure $Name messages/s $rounds.Ours $rounds.Peer @Targets -Note $note
}

function Measure-Bulk([string] $Name) {
    $load = {
        param($Server)
        $result = Invoke-Peer "$($Bench.Peers)/tcp_bulk" 127.0.0.1, $Server.Port, $Bench.Seconds
        @{ Rate = $result.per_second / 1MB; Count = $result.bytes / 1MB; Errors = $result.errors; Raw = $result }
    }
    $iperf = {
        param($Server)
        $end = (Invoke-Peer iperf3 '-c', 127.0.0.1, '-p', $Server.Port, '-t', $Bench.Seconds, '-J').end
        $rate = $end.sum_received.bits_per_second / 8 / 1MB
        @{ Rate = $rate; Count = $end.sum_received.bytes / 1MB; Errors = 0; Raw = $end.sum_received }
    }
    $ours = $sink = $peer = $null
    try {
        $ours = Start-OurServer '-Framing', 'Raw', '-NoRecord'
        $sink = Start-PeerServer '--sink'
        $rounds = @(Measure-Pair $Bench $ours $sink $load)
        ConvertTo-Figure "$Name, C sink" MiB/s $rounds.Ours $rounds.Peer
        if (-not (Get-Command iperf3 -CommandType Application -ErrorAction Ignore)) {
            throw 'There is no iperf3. On Debian: apt install iperf3'
        }
        # iperf3 does not tell which port it was given, so it gets one that was free a moment ago.
        $free = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
        $free.Start()
        $port = $free.LocalEndpoint.Port
        $free.Stop()
        $peer = Start-Server iperf3 '-s', '-B', 127.0.0.1, '-p', $port, '--forceflush' '^Server listening on (\d+)'
        $rounds = @(Measure-Pair $Bench $ours $peer $load $iperf)
        ConvertTo-Figure "$Name, iperf3" MiB/s $rounds.Ours $rounds.Peer -LeastRatio 0.8
    }
    finally {
        foreach ($server in $ours, $sink, $peer) { $null = Stop-Server $server }
    }
}

# Live: received while they are sent. Buffered: everything has arrived before the first is received.
function Measure-Pipeline([string] $Name, [string[]] $Options, [hashtable] $Targets = @{}) {
    $count = $Bench.Quick ? 20000 : 100000
    $turns = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $to = $from = $null
        try {
            $to = Start-OurScript $Bench TcpReceive.ps1 (@('-Count', $count) + $Options)
            $from = Start-OurScript $Bench TcpSend.ps1 '-Port', $to.Port, '-Count', $count
            $sent = Stop-Server $from 120 | ConvertFrom-Json
            $got = Stop-Server $to 120 | ConvertFrom-Json
            [pscustomobject]@{
                Value  = $got.per_second
                Cpu    = $got.cpu_us
                Errors = $got.lost + $got.disordered
                Raw    = @{ Sent = $sent; Received = $got }
            }
        }
        catch {
            foreach ($server in $from, $to) { if ($server) { $server.Process.Kill($true) } }
            throw
        }
    }
    ConvertTo-Figure $Name objects/s @($turns) @() @Targets
    # The receiver can be no faster than this.
    $sends = $turns | ForEach-Object { [pscustomobject]@{ Value = $_.Raw.Sent.per_second; Cpu = $null; Errors = 0 } }
    ConvertTo-Figure "$Name, sending" objects/s @($sends) @()
}

function Measure-Idle([string] $Name) {
    $count = $Bench.Quick ? 1000 : 10000
    $turn = {
        param($Server)
        $client = $null
        try {
            $process = $Server.Process
            # Code and pools that any connection needs are not the price of one more.
            $null = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, 64, 64, 1
            Start-Sleep -Seconds 1
            $files = Get-OpenFile $process
            $before = Get-ResidentKiB $process
            $client = Start-Program "$($Bench.Peers)/tcp_idle" 127.0.0.1, $Server.Port, $count
            $opened = [int] (Read-Line $client '^READY (\d+)$')
            $accepted = (Wait-OpenFile $process -Least ($files + $count)) - $files
            Start-Sleep -Seconds 1
            $after = Get-ResidentKiB $process
            [pscustomobject]@{
                Value  = ($after - $before) / $count
                Cpu    = $null
                Errors = ($count - $opened) + [Math]::Max(0, $count - $accepted)
                Raw    = @{ Connections = $count; Accepted = $accepted; KiBBefore = $before; KiBAfter = $after }
            }
        }
        finally {
            if ($client) {
                $client.StandardInput.Close()
                if (-not $client.WaitForExit(30000)) { $client.Kill() }
            }
            $null = Stop-Server $Server
        }
    }
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        [pscustomobject]@{
            Ours = & $turn (Start-OurServer $quiet)
            Peer = & $turn (Start-PeerServer)
        }
    }
    ConvertTo-Figure $Name KiB @($rounds.Ours) @($rounds.Peer) -Most 10
}

function Measure-Churn([string] $Name) {
    $count = $Bench.Quick ? 10000 : 100000
    $turn = {
        param($Server)
        $churn = "$($Bench.Peers)/tcp_churn"
        $process = $Server.Process
        try {
            $null = Invoke-Peer $churn 127.0.0.1, $Server.Port, ($count / 10), 64, '--echo', '--reset'
            Start-Sleep -Seconds 1
            $files = Get-OpenFile $process
            $before = Get-ResidentKiB $process
            $cpu = Get-CpuSecond $process
            $result = Invoke-Peer $churn 127.0.0.1, $Server.Port, $count, 64, '--echo', '--reset'
            $cpu = (Get-CpuSecond $process) - $cpu
            $left = (Wait-OpenFile $process -Most $files -TimeoutSec 10) - $files
            Start-Sleep -Seconds 1
            $growth = (Get-ResidentKiB $process) - $before
        }
        finally {
            $null = Stop-Server $Server
        }
        $cpu = $cpu / $count * 1e6
        @{
            Rate  = [pscustomobject]@{ Value = $result.per_second; Cpu = $cpu; Errors = $result.errors; Raw = $result }
            Files = [pscustomobject]@{ Value = $left; Cpu = $null; Errors = 0; Raw = @{ Before = $files } }
            MiB   = [pscustomobject]@{ Value = $growth / 1KB; Cpu = $null; Errors = 0; Raw = @{ KiBBefore = $before } }
        }
    }
    # Once is enough: what leaks, leaks every time.
    $ours = & $turn (Start-OurServer $quiet)
    $peer = & $turn (Start-PeerServer)
    ConvertTo-Figure $Name connects/s @($ours.Rate) @($peer.Rate)
    ConvertTo-Figure "$Name, files left" files @($ours.Files) @($peer.Files) -Most 0
    ConvertTo-Figure "$Name, growth" MiB @($ours.MiB) @($peer.MiB) -Most 32
}

Measure-Figure $Bench 'echo 64 B x 64' {
    Measure-Echo 'echo 64 B x 64' 64 64 $quiet @{ LeastRatio = 0.9; MostCpu = 1.3 }
}
Measure-Figure $Bench 'echo 64 B x 1' { Measure-Echo 'echo 64 B x 1' 1 64 $quiet }
Measure-Figure $Bench 'echo 64 B x 1000' { Measure-Echo 'echo 64 B x 1000' 1000 64 $quiet }
Measure-Figure $Bench 'echo 4 KiB x 64' { Measure-Echo 'echo 4 KiB x 64' 64 4096 $quiet }
Measure-Figure $Bench 'echo 64 B x 64, received' {
    Measure-Echo 'echo 64 B x 64, received' 64 64 $recorded @{ LeastRatio = 0.5 }
}
Measure-Figure $Bench 'bulk' { Measure-Bulk 'bulk' }
if (-not $Bench.Rehearsal) {
    Measure-Figure $Bench 'objects live' { Measure-Pipeline 'objects live' @() @{ Least = 200000 } }
    Measure-Figure $Bench 'objects buffered' { Measure-Pipeline 'objects buffered' '-Buffered' }
}
Measure-Figure $Bench 'idle, each' { Measure-Idle 'idle, each' }
Measure-Figure $Bench 'connect and close' { Measure-Churn 'connect and close' }
