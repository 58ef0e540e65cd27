# The UDP figures. The peer is a recvfrom/sendto loop in C or, for objects, a PowerShell loop on UdpClient.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if (-not (Test-Compiler $Bench)) { return }

$plain = 'UdpClient loop'
$sinkName = 'counting in C'

function Start-PeerServer {
    Start-Server (Join-Path $Bench.Peers udp_echo)
}

function Start-OurServer([string[]] $Arguments) {
    if ($Bench.Rehearsal) { return Start-PeerServer }
    Start-OurScript $Bench UdpServer.ps1 $Arguments
}

function Measure-Echo([string] $Name, [int] $Sockets, [int] $Window, [int] $Bytes, [hashtable] $Targets = @{}) {
    $load = {
        param($Server)
        $line = '127.0.0.1', $Server.Port, $Sockets, $Bytes, $Bench.Seconds, $Window
        $result = Invoke-Peer "$($Bench.Peers)/udp_load" $line
        # With so few in flight no buffer is ever full. So datagrams that are missing, and not just late, were lost by the server.
        $lost = [Math]::Max(0, $result.lost - $result.late)
        @{ Rate = $result.per_second; Count = $result.messages; Errors = $result.errors + $lost; Raw = $result }
    }
    $sides = Measure-Server $Bench ([ordered]@{ Ours = { Start-OurServer '-Echo' }; Peer = { Start-PeerServer } }) $load
    ConvertTo-Figure $Name messages/s $sides.Ours $sides.Peer -Against 'recvfrom in C' @Targets
}

function Get-FreeUdpPort {
    $client = [Net.Sockets.UdpClient]::new([Net.IPEndPoint]::new([ipaddress]::Loopback, 0))
    $client.Client.LocalEndPoint.Port
    $client.Dispose()
}

# A datagram sent before the socket is open would be lost, and a receiver in the foreground cannot report that it is open.
function Wait-UdpPort([int] $Port, [int] $TimeoutSec = 30) {
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSec)
    $entry = ':{0:X4} ' -f $Port
    while (-not ([IO.File]::ReadAllText('/proc/net/udp').Contains($entry))) {
        if ([DateTime]::UtcNow -gt $deadline) { throw "Nobody opened port $Port within $TimeoutSec s." }
        Start-Sleep -Milliseconds 20
    }
}

# Each turn has a process of its own, including the just-in-time compiler, like a real script. With -Held the process is
# stopped while the datagrams are sent, so that they wait in the system's buffer and the sender takes no time from it.
function Measure-Receive([string[]] $Arguments, [int] $Count, [switch] $Held) {
    $port = Get-FreeUdpPort
    $receiver = Start-Script $Bench UdpReceive.ps1 (@('-Port', $port, '-Count', $Count) + $Arguments)
    try {
        Wait-UdpPort $port
        if ($Held) { kill -STOP $receiver.Process.Id }
        $sent = Invoke-Peer "$($Bench.Peers)/udp_blast" 127.0.0.1, $port, $Count, 64
        if ($Held) { kill -CONT $receiver.Process.Id }
        $rest = $receiver.Process.StandardOutput.ReadToEndAsync()
        if (-not $rest.Wait([TimeSpan]::FromSeconds(60))) { throw 'The receiver did not end.' }
        $got = $rest.Result | ConvertFrom-Json
    }
    finally {
        if (-not $receiver.Process.HasExited) { $receiver.Process.Kill($true) }
    }
    @{
        Rate   = New-Turn $got.per_second $got.cpu_us ($got.disordered + $sent.errors) $got
        Lost   = New-Turn $got.lost $null 0 $got
        Sender = New-Turn $sent.per_second $null 0 $sent
    }
}

# How many datagrams are lost by a C program that only counts them: the part of the losses that is due to the machine.
function Measure-Sink([int] $Count) {
    $sink = Start-Server "$($Bench.Peers)/udp_echo" '--sink'
    try {
        $sent = Invoke-Peer "$($Bench.Peers)/udp_blast" 127.0.0.1, $sink.Port, $Count, 64
        # The last datagrams may still be in the buffer.
        Start-Sleep -Milliseconds 500
        kill -TERM $sink.Process.Id
        $received = [long] (Read-Line $sink.Process '^COUNT (\d+)$')
    }
    finally {
        if (-not $sink.Process.HasExited) { $sink.Process.Kill() }
    }
    [pscustomobject]@{
        Lost   = $Count - $received
        Sender = New-Turn $sent.per_second $null 0 $sent
    }
}

function Measure-ObjectRate([string] $Name) {
    $count = $Bench.Quick ? 50000 : 200000
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        [pscustomobject]@{
            Ours = Measure-Receive '-Module', $Bench.Module $count
            Peer = Measure-Receive @() $count
            Sink = Measure-Sink $count
        }
    }
    # A receiver can be no faster than its sender, which has a core of its own only on a quiet machine.
    $senders = @($rounds.Ours.Sender)
    $least = [Math]::Min(400000, [Math]::Floor(0.95 * (Get-Median $senders.Value)))
    ConvertTo-Figure $Name objects/s @($rounds.Ours.Rate) @($rounds.Peer.Rate) -Against $plain -Least $least
    # The sum of all rounds, because a median would hide a loss in one of them.
    $lost = foreach ($side in 'Ours', 'Peer') {
        New-Turn (Get-Sum $rounds.$side.Lost.Value) $null 0 @($rounds.$side.Lost.Value)
    }
    $of = "lost of $($count * $Bench.Rounds)"
    ConvertTo-Figure "$Name, $of" datagrams @($lost[0]) @($lost[1]) -Against $plain -Most 0
    $sink = New-Turn (Get-Sum $rounds.Sink.Lost) $null 0
    ConvertTo-Figure "$Name, $of" datagrams @($lost[0]) @($sink) -Against $sinkName
    ConvertTo-Figure "$Name, the sender" datagrams/s $senders @($rounds.Peer.Sender) -Against $plain
    ConvertTo-Figure "$Name, the sender" datagrams/s $senders @($rounds.Sink.Sender) -Against $sinkName
}

# The highest possible rate: all datagrams have arrived before the first one is received.
function Measure-Waiting([string] $Name) {
    $count = $Bench.Quick ? 50000 : 200000
    $buffer = '-ReceiveBufferBytes', 512MB
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        [pscustomobject]@{
            Ours = Measure-Receive (@('-Module', $Bench.Module) + $buffer) $count -Held
            # Without the right to a larger buffer the system keeps a few thousand for it, enough to measure its rate.
            Peer = Measure-Receive $buffer $count -Held
        }
    }
    $lost = @($rounds.Ours.Lost.Value -gt 0)
    $note = $lost ? "the system kept fewer than $count for ours: run as root, or raise net.core.rmem_max" : ''
    ConvertTo-Figure $Name objects/s @($rounds.Ours.Rate) @($rounds.Peer.Rate) -Against $plain -Least 400000 -Note $note
}

# Sends more than the server can keep, through a small buffer: every lost datagram must be in one of the two counters.
function Measure-Drop([string] $Name) {
    $count = $Bench.Quick ? 50000 : 200000
    $turns = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $server = Start-OurServer '-BufferLimit', 1000, '-ReceiveBufferBytes', 16384
        try {
            $sent = Invoke-Peer "$($Bench.Peers)/udp_blast" 127.0.0.1, $server.Port, $count, 64
            $got = Stop-Server $server | ConvertFrom-Json
        }
        catch {
            $server.Process.Kill($true)
            throw
        }
        $known = $got.waiting + $got.dropped + $got.kernel_drops
        $wrong = $sent.errors + [Math]::Abs($got.received - $got.waiting - $got.dropped)
        New-Turn ([Math]::Abs($sent.sent - $known)) $null $wrong @{ Sent = $sent; Server = $got }
    }
    ConvertTo-Figure "$Name, unaccounted" datagrams @($turns) @() -Most 0
    foreach ($counter in 'dropped', 'kernel_drops') {
        $figures = $turns | ForEach-Object { New-Turn $_.Raw.Server.$counter $null 0 }
        ConvertTo-Figure "$Name, $counter of $count" datagrams @($figures) @()
    }
}

Measure-Figure $Bench 'echo 64 B, 16 x 16' { Measure-Echo 'echo 64 B, 16 x 16' 16 16 64 @{ LeastRatio = 0.8 } }
Measure-Figure $Bench 'echo 64 B, 1 x 1' { Measure-Echo 'echo 64 B, 1 x 1' 1 1 64 }
Measure-Figure $Bench 'echo 64 B, 1000 x 1' { Measure-Echo 'echo 64 B, 1000 x 1' 1000 1 64 }
Measure-Figure $Bench 'echo 1 KiB, 16 x 16' { Measure-Echo 'echo 1 KiB, 16 x 16' 16 16 1024 }
if (-not $Bench.Rehearsal) {
    Measure-Figure $Bench 'objects' { Measure-ObjectRate 'objects' }
    Measure-Figure $Bench 'objects, waiting' { Measure-Waiting 'objects, waiting' }
    Measure-Figure $Bench 'overload' { Measure-Drop 'overload' }
}
