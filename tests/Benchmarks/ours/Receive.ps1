# Prints PORT 0. Then, for each line of its input, a command and a count, it prints one line of JSON: how many microseconds
# the command took to receive that many waiting objects; for small counts, the median of several runs. Every command has
# run before, to warm up.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$tcp = Start-TcpServer -Framing Line -BufferLimit 200000
$udp = Start-UdpServer -BufferLimit 200000
$client = Open-TcpConnection 127.0.0.1 $tcp.Port -Framing Line

function Wait-Message($Server, [int] $Count) {
    $deadline = [DateTime]::UtcNow.AddSeconds(30)
    while ($Server.Waiting -lt $Count) {
        if ([DateTime]::UtcNow -gt $deadline) { throw "$($Server.Waiting) of $Count messages have come." }
        Start-Sleep -Milliseconds 5
    }
}

function Send-ToTcp([int] $Count) {
    1..$Count | Send-TcpMessage -Connection $client
    Wait-Message $tcp $Count
}

# Sent in portions that fit into the system's buffer, because all of them have to arrive.
function Send-ToUdp([int] $Count) {
    for ($sent = 0; $sent -lt $Count; $sent = $end) {
        $end = [Math]::Min($sent + 1000, $Count)
        ($sent + 1)..$end | Send-UdpMessage -ComputerName 127.0.0.1 -Port $udp.Port
        Wait-Message $udp $end
    }
}

function Start-Number([int] $Count) {
    if ($script:job) { Remove-Job $script:job }
    $script:job = Start-ThreadJob { 1..$using:Count }
    $null = Wait-Job $job
}

$commands = @{
    'Receive-TcpMessage' = ${function:Send-ToTcp}, { Receive-TcpMessage -Job $tcp -Count $count }
    'Receive-Job'        = ${function:Send-ToTcp}, { Receive-Job $tcp }
    'Receive-UdpMessage' = ${function:Send-ToUdp}, { Receive-UdpMessage -Job $udp -Count $count }
    'Receive-Job of UDP' = ${function:Send-ToUdp}, { Receive-Job $udp }
    'Start-ThreadJob'    = ${function:Start-Number}, { Receive-Job $job }
}

function Measure-Receive([string] $Command, [int] $Count) {
    $fill, $receive = $commands[$Command]
    $wrong = 0
    $times = foreach ($time in 1..[Math]::Clamp(1000 / $Count, 1, 20)) {
        & $fill $Count
        $watch = [Diagnostics.Stopwatch]::StartNew()
        $all = @(& $receive)
        $watch.Elapsed.TotalMicroseconds
        $wrong += [Math]::Abs($Count - $all.Count)
        for ($i = 0; $i -lt $all.Count; $i++) { if ("$($all[$i].Text ?? $all[$i])" -ne $i + 1) { $wrong++ } }
    }
    $sorted = @($times | Sort-Object)
    @{ microseconds = $sorted[[Math]::Floor($sorted.Count / 2)]; objects = $Count; wrong = $wrong }
}

foreach ($round in 1..4) {
    foreach ($command in $commands.Keys) {
        foreach ($count in 1, 10000) { $null = Measure-Receive $command $count }
    }
}
[Console]::Out.WriteLine('PORT 0')
while ($line = [Console]::In.ReadLine()) {
    $at = $line.LastIndexOf(' ')
    [Console]::Out.WriteLine((Measure-Receive $line.Substring(0, $at) $line.Substring($at) | ConvertTo-Json -Compress))
}
Stop-Job $tcp, $udp
