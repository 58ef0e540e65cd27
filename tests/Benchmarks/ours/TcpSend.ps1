# Sends the numbers from 1 to Count as lines and prints one line of JSON.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Port,
    [Parameter(Mandatory)] [int] $Count
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

# A server of its own to warm up with: the receiver must see nothing but what is measured.
$throwaway = Start-TcpServer -Framing Line -NoRecord
1..20000 | Send-TcpMessage -ComputerName 127.0.0.1 -Port $throwaway.Port -Framing Line
Stop-Job $throwaway

[Console]::Out.WriteLine("PORT $Port")
$watch = [Diagnostics.Stopwatch]::StartNew()
1..$Count | Send-TcpMessage -ComputerName 127.0.0.1 -Port $Port -Framing Line
$seconds = $watch.Elapsed.TotalSeconds
$result = @{ sent = $Count; seconds = $seconds; per_second = $Count / $seconds }
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
