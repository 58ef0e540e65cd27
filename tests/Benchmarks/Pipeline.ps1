# The figures of receiving from a server in the pipeline. The peer is a thread job that outputs as many numbers, which is
# the least a job can do.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Pipeline: nothing else can stand in for the module.' }

$threadJob = 'Start-ThreadJob'

# Receives messages while they are sent. Each turn has processes of its own.
function Measure-Live([string] $Name, [string[]] $Options, [hashtable] $Targets) {
    $count = $Bench.Quick ? 20000 : 100000
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $to = $from = $null
        try {
            $to = Start-OurScript $Bench TcpReceive.ps1 (@('-Count', $count) + $Options)
            $from = Start-OurScript $Bench TcpSend.ps1 '-Port', $to.Port, '-Count', $count
            $sent = Stop-Server $from 120 | ConvertFrom-Json
            $got = Stop-Server $to 120 | ConvertFrom-Json
        }
        catch {
            foreach ($server in $from, $to) { if ($server) { $server.Process.Kill($true) } }
            throw
        }
        $job = Stop-Server (Start-Script $Bench ThreadJob.ps1 '-Count', $count) 120 | ConvertFrom-Json
        [pscustomobject]@{
            Ours    = New-Turn $got.per_second $got.cpu_us ($got.lost + $got.disordered) $got
            Peer    = New-Turn $job.per_second $job.cpu_us $job.lost $job
            Sending = New-Turn $sent.per_second $null 0 $sent
        }
    }
    ConvertTo-Figure $Name objects/s @($rounds.Ours) @($rounds.Peer) -Against $threadJob @Targets
    # The receiver can be no faster than this.
    ConvertTo-Figure "$Name, sending" objects/s @($rounds.Sending) @()
}

# Receives messages that have all arrived before. One process, already warmed up, does all turns.
function Measure-Waiting($Server, [string] $Name, [string] $Command, [int] $Count) {
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $turns = foreach ($line in "$Command $Count", "$threadJob $Count") {
            $got = Invoke-Line $Server $line
            New-Turn ($got.microseconds / $got.objects) $null $got.wrong $got
        }
        [pscustomobject]@{ Ours = $turns[0]; Peer = $turns[1] }
    }
    ConvertTo-Figure $Name us/object @($rounds.Ours) @($rounds.Peer) -Against $threadJob
    if ($Count -eq $most) {
        $rates = @{}
        foreach ($side in 'Ours', 'Peer') {
            $rates.$side = @($rounds.$side | ForEach-Object { New-Turn (1e6 / $_.Value) })
        }
        ConvertTo-Figure "$Command, rate at $Count" objects/s $rates.Ours $rates.Peer -Against $threadJob
    }
}

$most = $Bench.Quick ? 10000 : 100000
$targets = @{ Least = 200000 }
Measure-Figure $Bench 'live, Receive-TcpMessage' { Measure-Live 'live, Receive-TcpMessage' @() $targets }
Measure-Figure $Bench 'live, Receive-Job -Wait' { Measure-Live 'live, Receive-Job -Wait' '-Wait' @{} }

$warm = @{ Server = $null }
try {
    foreach ($command in 'Receive-TcpMessage', 'Receive-Job', 'Receive-UdpMessage', 'Receive-Job of UDP') {
        foreach ($count in 1, 10, 100, 1000, 10000, 100000 -le $most) {
            Measure-Figure $Bench "$command $count" {
                $warm.Server ??= Start-OurScript $Bench Receive.ps1
                Measure-Waiting $warm.Server "$command $count" $command $count
            }
        }
    }
}
finally {
    $null = Stop-Server $warm.Server
}
