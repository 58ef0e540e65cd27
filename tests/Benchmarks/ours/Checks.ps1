# Prints PORT 0. Then, for each line of its input, a command and its argument, it prints one line of JSON: how many milliseconds the command
# took, and how many objects it emitted.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$names = 1..1000 | ForEach-Object { "n$_.lab.test" }
$hosts = 1..254 | ForEach-Object { "127.0.0.$_" }
$commands = @{
    thousand = { Test-TcpPort 127.0.0.1 -Port '1-1000' }
    all      = { Test-TcpPort 127.0.0.1 -Port '1-65535' }
    hosts    = { Test-TcpPort $hosts -Port '1-100' }
    names    = { param($port) Resolve-DnsRecord $names -Server 127.0.0.1 -Port $port }
    # Servers whose versions are right.
    tls      = {
        param($servers)
        $expected = @{}
        foreach ($one in $servers -split ',') {
            $port, $versions = $one -split '='
            $expected[[int] $port] = $versions -replace '\+', '; '
        }
        Test-TlsEndpoint 127.0.0.1 -Port $expected.Keys | Where-Object { $_.Certificate -and "$($_.Versions)" -eq $expected[$_.Port] }
    }
}
# What an object must be to count, where not every object does.
$isRight = @{
    names = { $_.Data -eq '192.0.2.7' }
}
# The milliseconds come from the objects themselves.
$timed = @{
    requests = { param($uri) 1..100 | ForEach-Object { Test-HttpEndpoint $uri } | Where-Object Passed | ForEach-Object TotalMilliseconds | Sort-Object }
}
$waits = @{
    'wait'        = { param($port) Wait-TcpPort 127.0.0.1 $port }
    'wait-for-it' = { param($port) wait-for-it -q -t 10 "127.0.0.1:$port" }
}

$process = [Diagnostics.Process]::GetCurrentProcess()

# The milliseconds from the moment in which a port opens until the script that waits for it returns.
function Measure-Wait([scriptblock] $Wait) {
    $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $listener.Start()
    $port = $listener.LocalEndpoint.Port
    $listener.Stop()
    $pause = Get-Random -Minimum 200 -Maximum 400
    $over = [Threading.ManualResetEvent]::new($false)
    $opening = Start-ThreadJob {
        Start-Sleep -Milliseconds $using:pause
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, $using:port)
        $listener.Start()
        [Diagnostics.Stopwatch]::GetTimestamp()
        $null = ($using:over).WaitOne(20000)
        $listener.Stop()
    }
    & $Wait $port
    $returned = [Diagnostics.Stopwatch]::GetTimestamp()
    $null = $over.Set()
    $opened = Receive-Job $opening -Wait
    Remove-Job $opening -Force
    [Diagnostics.Stopwatch]::GetElapsedTime($opened, $returned).TotalMilliseconds
}

foreach ($round in 1..3) { $null = & $commands.thousand }
$null = & $commands.hosts
$null = Measure-Wait $waits.wait
[Console]::Out.WriteLine('PORT 0')
while ($line = [Console]::In.ReadLine()) {
    $name, $argument = -split $line
    # Garbage of an earlier command is not a cost of this one.
    [GC]::Collect()
    $process.Refresh()
    $cpu = $process.TotalProcessorTime
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $all = @($waits[$name] ? (Measure-Wait $waits[$name]) : (& ($timed[$name] ?? $commands[$name]) $argument))
    $milliseconds = $waits[$name] ? $all[0] : $timed[$name] ? $all[$all.Count / 2] : $watch.Elapsed.TotalMilliseconds
    $process.Refresh()
    $result = @{
        milliseconds = $milliseconds
        cpu_ms       = ($process.TotalProcessorTime - $cpu).TotalMilliseconds
        objects      = @($isRight[$name] ? ($all | Where-Object $isRight[$name]) : $all).Count
        resident_kib = [long] ($process.WorkingSet64 / 1024)
    }
    [Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
    $all = $null
}
