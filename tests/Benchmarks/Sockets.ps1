# The figures of socket inspection. The peer is ss(8), as a whole process that writes to /dev/null, and for what gives
# objects also PowerShell's own cost of emitting as many, measured in the same turn.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Sockets: ss cannot stand in for objects.' }
if (-not (Get-Command ss -CommandType Application -ErrorAction Ignore)) {
    throw 'There is no ss. On Debian: apt install iproute2'
}

$connections = $Bench.Quick ? 1000 : 10000
$sockets = 2 * $connections

# What one command took in the process that has the module.
function Measure-OurList($Server, [string] $Command) {
    $Server.Process.StandardInput.WriteLine($Command)
    $Server.Process.StandardInput.Flush()
    Read-Line $Server.Process '^(\{.*\})$' | ConvertFrom-Json
}

# The times as bash has them, so that starting it is no part of them.
function Measure-Ss([string] $Options) {
    $times = bash -c "TIMEFORMAT='%R %U %S'; time ss $Options > /dev/null" 2>&1
    if ($LASTEXITCODE -or "$times" -notmatch '^([\d.]+) ([\d.]+) ([\d.]+)$') { throw "ss $Options failed: $times" }
    $wall, $user, $system = $Matches[1..3] | ForEach-Object { [double]::Parse($_, $culture) * 1000 }
    @{ milliseconds = $wall; cpu_ms = $user + $system }
}

# Times: the less, the better.
function Measure-List($Server, [string] $Name, [string] $Command, [string] $Options, [double] $MostRatio, [switch] $Bare) {
    $null = Measure-Ss $Options
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $list = Measure-OurList $Server $Command
        $ss = Measure-Ss $Options
        $emit = $Bare ? @{ milliseconds = 0; cpu_ms = 0 } : (Measure-OurList $Server emit)
        [pscustomobject]@{
            Ours = [pscustomobject]@{
                Value  = $list.milliseconds
                Cpu    = $list.cpu_ms * 1000
                Errors = [Math]::Max(0, $sockets - $list.objects)
                Raw    = $list
            }
            Peer = [pscustomobject]@{
                Value  = $ss.milliseconds + $emit.milliseconds
                Cpu    = ($ss.cpu_ms + $emit.cpu_ms) * 1000
                Errors = 0
                Raw    = @{ Ss = $ss; Emit = $emit }
            }
        }
    }
    $targets = $MostRatio ? @{ MostRatio = $MostRatio } : @{}
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Peer) @targets
    if (-not $Bare) {
        $parts = $rounds.Peer | ForEach-Object { [pscustomobject]@{ Value = $_.Raw.Emit.milliseconds; Cpu = $_.Raw.Emit.cpu_ms * 1000; Errors = 0 } }
        ConvertTo-Figure "$Name, of the peer for objects" ms @($parts) @()
    }
}

$server = $client = $ours = $null
try {
    $server = Start-Server (Join-Path $Bench.Peers tcp_echo_epoll)
    $client = Start-Program "$($Bench.Peers)/tcp_idle" 127.0.0.1, $server.Port, $connections
    $opened = [int] (Read-Line $client '^READY (\d+)$')
    if ($opened -lt $connections) { throw "Only $opened of $connections connections: see ulimit -n." }
    if ((Wait-OpenFile $server.Process -Least $connections) -lt $connections) { throw 'The server did not accept all.' }
    $ours = Start-OurScript $Bench SocketList.ps1 '-Count', $sockets

    Measure-Figure $Bench 'list' { Measure-List $ours "list $sockets" list '-tan' -MostRatio 1.0 }
    Measure-Figure $Bench 'list with process' {
        # The processes of the machine are looked through for a few sockets, too, so a short run says nothing of it.
        $most = $Bench.Quick ? 0 : 1.5
        Measure-List $ours "list $sockets with process" process '-tanp' -MostRatio $most -Bare
    }
    Measure-Figure $Bench 'list detailed' { Measure-List $ours "list $sockets detailed" detailed '-tani' }
}
finally {
    $null = Stop-Server $ours
    if ($client) {
        $client.StandardInput.Close()
        if (-not $client.WaitForExit(30000)) { $client.Kill() }
    }
    $null = Stop-Server $server
}
