# The TCP figures. The peer is a single-threaded epoll loop in C, for bulk also iperf3; socat and ncat are for comparison.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if (-not (Test-Compiler $Bench)) { return }

$quiet = '-Echo', '-Framing', 'Line', '-NoRecord'
$recorded = '-Echo', '-Framing', 'Line', '-Receive'
$epoll = 'epoll in C'

function Start-PeerServer([string[]] $Arguments) {
    Start-Server (Join-Path $Bench.Peers tcp_echo_epoll) $Arguments
}

function Start-OurServer([string[]] $Arguments) {
    if (-not $Bench.Rehearsal) { return Start-OurScript $Bench TcpServer.ps1 $Arguments }
    Start-PeerServer @(if ('-Echo' -notin $Arguments) { '--sink' })
}

# Both start a process for each connection.
function Get-ToolStart {
    $starts = [ordered]@{}
    if (Test-Peer $Bench socat socat { socat -V }) {
        $starts.socat = {
            Start-Tool socat {
                param($Port)
                "TCP-LISTEN:$Port,bind=127.0.0.1,reuseaddr,fork,backlog=1024,nodelay", 'PIPE'
            }
        }
    }
    if (Test-Peer $Bench ncat ncat { ncat --version }) {
        $starts.ncat = { Start-Tool ncat { param($Port) '-l', '-k', '-m', 1000, '-e', '/bin/cat', '127.0.0.1', $Port } }
    }
    $starts
}

function Measure-Echo {
    param($Name, [int] $Connections, [int] $Bytes, [string[]] $Options, [hashtable] $Targets = @{}, [switch] $Tools)

    $total = [pscustomobject]@{ Messages = [long] 0 }
    $load = {
        param($Server)
        $result = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, $Connections, $Bytes, $Bench.Seconds
        if ($Server.Ours) { $total.Messages += $result.messages }
        @{ Rate = $result.per_second; Count = $result.messages; Errors = $result.errors; Raw = $result }
    }
    $starts = [ordered]@{ Ours = { Start-OurServer $Options }; $epoll = { Start-PeerServer } }
    $more = $Tools ? (Get-ToolStart) : @{}
    foreach ($tool in $more.Keys) { $starts[$tool] = $more[$tool] }
    $sides = Measure-Server $Bench $starts $load
    $received = $sides.Printed -match 'COUNT (\d+)' ? [long] $Matches[1] : $null
    $note = $null -ne $received -and $received -ne $total.Messages ? "received $received of $($total.Messages)" : ''
    ConvertTo-Figure $Name messages/s $sides.Ours $sides.$epoll -Against $epoll @Targets -Note $note
    foreach ($tool in $more.Keys) { ConvertTo-Figure $Name messages/s $sides.Ours $sides.$tool -Against $tool }
}

# Another way to answer beside -Reply, with the same bytes.
function Measure-Answer([string] $Name, [string] $Answer, [int] $Connections, [hashtable] $Targets) {
    $load = {
        param($Server)
        $result = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, $Connections, 64, $Bench.Seconds
        @{ Rate = $result.per_second; Count = $result.messages; Errors = $result.errors; Raw = $result }
    }
    $options = '-Framing', 'Line', '-NoRecord', '-Text', ('x' * 63)
    # A rehearsal takes what echoes.
    if ($Bench.Rehearsal) { $options += '-Echo' }
    $sides = Measure-Server $Bench ([ordered]@{
            Ours  = { Start-OurServer ($options + '-Answer', $Answer) }
            Reply = { Start-OurServer ($options + '-Answer', 'Reply') }
        }) $load
    ConvertTo-Figure $Name messages/s $sides.Ours $sides.Reply -Against '-Reply' @Targets
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
    $starts = [ordered]@{
        Ours = { Start-OurServer '-Framing', 'Raw', '-NoRecord' }
        Sink = { Start-PeerServer '--sink' }
    }
    if (Test-Peer $Bench iperf3 iperf3 { iperf3 --version }) {
        $starts.iperf3 = {
            $server = Start-Tool iperf3 { param($Port) '-s', '-B', '127.0.0.1', '-p', $Port }
            $server.Load = $iperf
            $server
        }
    }
    $sides = Measure-Server $Bench $starts $load
    ConvertTo-Figure $Name MiB/s $sides.Ours $sides.Sink -Against 'read in C'
    if ($starts.Contains('iperf3')) {
        ConvertTo-Figure $Name MiB/s $sides.Ours $sides.iperf3 -Against iperf3 -LeastRatio 0.8
    }
}

function Measure-Idle([string] $Name) {
    $count = $Bench.Quick ? 1000 : 10000
    $turn = {
        param($Server)
        $client = $null
        try {
            $process = $Server.Process
            # Warm up first: code and pools that any connection needs are not the cost of one more.
            $null = Invoke-Peer "$($Bench.Peers)/tcp_load" 127.0.0.1, $Server.Port, 64, 64, 1
            Start-Sleep -Seconds 1
            $files = Get-OpenFile $process
            $before = Get-ResidentKiB $process
            $client = Start-Program "$($Bench.Peers)/tcp_idle" 127.0.0.1, $Server.Port, $count
            $opened = [int] (Read-Line $client '^READY (\d+)$')
            $accepted = (Wait-OpenFile $process -Least ($files + $count)) - $files
            Start-Sleep -Seconds 1
            $after = Get-ResidentKiB $process
            $raw = @{ Connections = $count; Accepted = $accepted; KiBBefore = $before; KiBAfter = $after }
            $missing = ($count - $opened) + [Math]::Max(0, $count - $accepted)
            New-Turn (($after - $before) / $count) $null $missing $raw
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
    ConvertTo-Figure $Name KiB @($rounds.Ours) @($rounds.Peer) -Against $epoll -Most 10
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
        @{
            Rate  = New-Turn $result.per_second ($cpu / $count * 1e6) $result.errors $result
            Files = New-Turn $left $null 0 @{ Before = $files }
            MiB   = New-Turn ($growth / 1KB) $null 0 @{ KiBBefore = $before }
        }
    }
    # One round is enough: a leak shows every time.
    $ours = & $turn (Start-OurServer $quiet)
    $peer = & $turn (Start-PeerServer)
    ConvertTo-Figure $Name connects/s @($ours.Rate) @($peer.Rate) -Against $epoll
    ConvertTo-Figure "$Name, files left" files @($ours.Files) @($peer.Files) -Against $epoll -Most 0
    ConvertTo-Figure "$Name, growth" MiB @($ours.MiB) @($peer.MiB) -Against $epoll -Most 32
}

Measure-Figure $Bench 'echo 64 B x 64' {
    Measure-Echo 'echo 64 B x 64' 64 64 $quiet @{ LeastRatio = 0.9; MostCpu = 1.3 } -Tools
}
foreach ($connections in 1, 10, 100, 1000, 10000 -le ($Bench.Quick ? 1000 : 10000)) {
    Measure-Figure $Bench "echo 64 B x $connections" { Measure-Echo "echo 64 B x $connections" $connections 64 $quiet }
}
Measure-Figure $Bench 'echo 4 KiB x 64' { Measure-Echo 'echo 4 KiB x 64' 64 4096 $quiet }
Measure-Figure $Bench 'echo 64 B x 64, received' {
    Measure-Echo 'echo 64 B x 64, received' 64 64 $recorded @{ LeastRatio = 0.5 }
}
Measure-Figure $Bench 'dialogue 64 B x 64' { Measure-Answer 'dialogue 64 B x 64' Dialogue 64 @{ LeastRatio = 0.9 } }
Measure-Figure $Bench 'script block 64 B x 16' { Measure-Answer 'script block 64 B x 16' ScriptBlock 16 @{ Least = 5000 } }
Measure-Figure $Bench 'bulk' { Measure-Bulk 'bulk' }
Measure-Figure $Bench 'idle, each' { Measure-Idle 'idle, each' }
Measure-Figure $Bench 'connect and close' { Measure-Churn 'connect and close' }
