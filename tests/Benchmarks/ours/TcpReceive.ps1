# Prints PORT n, receives the numbers from 1 to Count as messages and prints one line of JSON. With -Wait it receives them
# with Receive-Job -Wait.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Count,
    [switch] $Wait
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$server = Start-TcpServer -Framing Line -BufferLimit ($Count + 1)
[Console]::Out.WriteLine("PORT $($server.Port)")

# The clock starts with the first message.
$first = @(Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 60)
$process = [Diagnostics.Process]::GetCurrentProcess()
$cpu = $process.TotalProcessorTime
$watch = [Diagnostics.Stopwatch]::StartNew()
$rest = @(
    if ($Wait) { $server | Receive-Job -Wait | Select-Object -First ($Count - 1) }
    else { Receive-TcpMessage -Job $server -Count ($Count - 1) -TimeoutSec 60 }
)
$watch.Stop()
$process.Refresh()
$cpu = $process.TotalProcessorTime - $cpu

$disordered = 0
$expected = 0
$sequence = 0
foreach ($message in $first + $rest) {
    $expected++
    if ($message.Text -ne $expected -or $message.Sequence -le $sequence) { $disordered++ }
    $sequence = $message.Sequence
}
$seconds = $watch.Elapsed.TotalSeconds
$result = @{
    objects    = $expected
    seconds    = $seconds
    per_second = $rest.Count / $seconds
    cpu_us     = $cpu.TotalMicroseconds / [Math]::Max(1, $rest.Count)
    lost       = $Count - $expected
    disordered = $disordered
}
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
Stop-Job $server
