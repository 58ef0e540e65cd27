# Prints PORT 0, receives the numbers from 1 to Count from a thread job while it outputs them, and prints one line of
# JSON.
[CmdletBinding()]
param([Parameter(Mandatory)] [int] $Count)
$ErrorActionPreference = 'Stop'
$null = Get-Command Start-ThreadJob
[Console]::Out.WriteLine('PORT 0')

$process = [Diagnostics.Process]::GetCurrentProcess()
$cpu = $process.TotalProcessorTime
$watch = [Diagnostics.Stopwatch]::StartNew()
$job = Start-ThreadJob { 1..$using:Count }
$all = @($job | Receive-Job -Wait | Select-Object -First $Count)
$seconds = $watch.Elapsed.TotalSeconds
$process.Refresh()
$cpu = $process.TotalProcessorTime - $cpu
$result = @{
    objects    = $all.Count
    seconds    = $seconds
    per_second = $all.Count / $seconds
    cpu_us     = $cpu.TotalMicroseconds / $Count
    lost       = $Count - $all.Count
}
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
Remove-Job $job -Force
