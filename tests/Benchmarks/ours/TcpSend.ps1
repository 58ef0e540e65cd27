# Sends the numbers from 1 to Count as lines and prints one line of JSON.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Port,
    [Parameter(Mandatory)] [int] $Count
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

# Warms up with a server of its own, so that the receiver gets nothing but the measured messages. The runtime recompiles
# the pipeline until some 300,000 objects have passed through it; until then it runs at half its speed.
$throwaway = Start-TcpServer -Framing Line -NoRecord
foreach ($round in 1..4) {
    1..100000 | Send-TcpMessage -ComputerName 127.0.0.1 -Port $throwaway.Port -Framing Line
    Write-Verbose "Warm-up, round $round"
}
Stop-Job $throwaway

[Console]::Out.WriteLine("PORT $Port")
$watch = [Diagnostics.Stopwatch]::StartNew()
1..$Count | Send-TcpMessage -ComputerName 127.0.0.1 -Port $Port -Framing Line
$seconds = $watch.Elapsed.TotalSeconds
$result = @{ sent = $Count; seconds = $seconds; per_second = $Count / $seconds }
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
