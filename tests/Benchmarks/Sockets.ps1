# The figures of socket inspection. The peer is ss(8), as a whole process that writes to /dev/null. For commands that emit
# objects, PowerShell's own cost of emitting as many is added to it, measured in the same turn.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Sockets: ss cannot stand in for objects.' }
if (-not (Test-Compiler $Bench)) { return }
if (-not (Test-Peer $Bench ss iproute2 { ss --version })) { return }

# Waits until connections closed by other areas are gone: the system lists them for a minute (TimeWait).
function Wait-Forgotten {
    $deadline = [DateTime]::UtcNow.AddSeconds(65)
    while ((Get-Content /proc/net/sockstat -Raw) -match '\btw (\d+)' -and [int] $Matches[1] -gt 10) {
        if ([DateTime]::UtcNow -gt $deadline) { return }
        Start-Sleep -Seconds 1
    }
}

# Runs the script with the process that has the module, while this many connections are open.
function Use-Connection([int] $Count, [scriptblock] $Script) {
    $server = $client = $ours = $null
    try {
        $server = Start-Server (Join-Path $Bench.Peers tcp_echo_epoll)
        $client = Start-Program "$($Bench.Peers)/tcp_idle" 127.0.0.1, $server.Port, $Count
        $opened = [int] (Read-Line $client '^READY (\d+)$')
        if ($opened -lt $Count) { throw "Only $opened of $Count connections: see ulimit -n." }
        if ((Wait-OpenFile $server.Process -Least $Count) -lt $Count) { throw 'The server did not accept all.' }
        $ours = Start-OurScript $Bench SocketList.ps1 '-Count', (2 * $Count)
        & $Script $ours
    }
    finally {
        $null = Stop-Server $ours
        if ($client) {
            $client.StandardInput.Close()
            if (-not $client.WaitForExit(30000)) { $client.Kill() }
        }
        $null = Stop-Server $server
    }
}

# The figures are times, so less is better.
function Measure-List {
    param(
        $Server,
        [string] $Name,
        [int] $Sockets,
        [string] $Command,
        [string] $Options,
        [hashtable] $Targets,
        [switch] $Bare
    )

    $null = Measure-Program "ss $Options"
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $list = Invoke-Line $Server $Command
        $ss = Measure-Program "ss $Options"
        $emit = $Bare ? @{ milliseconds = 0; cpu_ms = 0 } : (Invoke-Line $Server emit)
        [pscustomobject]@{
            Ours = New-Turn $list.milliseconds ($list.cpu_ms * 1000) ([Math]::Max(0, $Sockets - $list.objects)) $list
            Ss   = $ss
            Both = New-Turn ($ss.Value + $emit.milliseconds) ($ss.Cpu + $emit.cpu_ms * 1000) 0 $emit
        }
    }
    if ($Bare) { return ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Ss) -Against ss @Targets }
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Both) -Against 'ss + objects' @Targets
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Ss) -Against ss
}

if (-not $Bench.Quick) { Wait-Forgotten }
$most = $Bench.Quick ? 2000 : 20000
foreach ($sockets in 2, 20, 200, 2000, 20000 -le $most) {
    Measure-Figure $Bench "list $sockets" {
        $targets = $sockets -eq $most ? @{ MostRatio = 1.0 } : @{}
        Use-Connection ($sockets / 2) { param($Ours) Measure-List $Ours "list $sockets" $sockets list '-tan' $targets }
    }
}
Measure-Figure $Bench "list $most with process" {
    # Even for a few sockets all processes of the machine are searched, so a short run has no target.
    $targets = $Bench.Quick ? @{} : @{ MostRatio = 1.5 }
    Use-Connection ($most / 2) {
        param($Ours)
        Measure-List $Ours "list $most with process" $most process '-tanp' $targets -Bare
    }
}
Measure-Figure $Bench "list $most detailed" {
    Use-Connection ($most / 2) { param($Ours) Measure-List $Ours "list $most detailed" $most detailed '-tani' @{} }
}
