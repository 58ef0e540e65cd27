# Prints PORT 0. Then, for each line of its input, it prints one line of JSON: how many milliseconds the command of that name took, and
# how many objects it emitted. Every command has run before, to warm up.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Module)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$hosts = 1..254 | ForEach-Object { "127.0.0.$_" }
$commands = @{
    thousand = { Test-TcpPort 127.0.0.1 -Port '1-1000' }
    all      = { Test-TcpPort 127.0.0.1 -Port '1-65535' }
    hosts    = { Test-TcpPort $hosts -Port '1-100' }
}

$process = [Diagnostics.Process]::GetCurrentProcess()

# The milliseconds from the moment in which a port opens until Wait-TcpPort returns.
function Measure-Wait {
    $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
    $listener.Start()
    $port = $listener.LocalEndpoint.Port
    $listener.Stop()
    $pause = Get-Random -Minimum 200 -Maximum 400
    $opening = Start-ThreadJob {
        Start-Sleep -Milliseconds $using:pause
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, $using:port)
        $listener.Start()
        [Diagnostics.Stopwatch]::GetTimestamp()
        Start-Sleep -Milliseconds 500
        $listener.Stop()
    }
    Wait-TcpPort 127.0.0.1 $port
    $returned = [Diagnostics.Stopwatch]::GetTimestamp()
    $opened = Receive-Job $opening -Wait -AutoRemoveJob
    [Diagnostics.Stopwatch]::GetElapsedTime($opened, $returned).TotalMilliseconds
}

foreach ($round in 1..3) { $null = & $commands.thousand }
$null = & $commands.hosts
$null = Measure-Wait
[Console]::Out.WriteLine('PORT 0')
while ($name = [Console]::In.ReadLine()) {
    # Garbage of an earlier command is not a cost of this one.
    [GC]::Collect()
    $process.Refresh()
    $cpu = $process.TotalProcessorTime
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $all = @($name -eq 'wait' ? (Measure-Wait) : (& $commands[$name]))
    $milliseconds = $name -eq 'wait' ? $all[0] : $watch.Elapsed.TotalMilliseconds
    $process.Refresh()
    $result = @{
        milliseconds = $milliseconds
        cpu_ms       = ($process.TotalProcessorTime - $cpu).TotalMilliseconds
        objects      = $all.Count
        resident_kib = [long] ($process.WorkingSet64 / 1024)
    }
    [Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
    $all = $null
}
