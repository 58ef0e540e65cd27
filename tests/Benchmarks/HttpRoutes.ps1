# The figures of a server of routes. There is no peer that has it all, so the targets are rates.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { return }

# The rate of requests for one route of one server.
function Measure-Route([string] $File, [int] $Connections, [string[]] $Options) {
    $request = @{ File = $File; Connections = $Connections; Threads = 1; Expected = @{ Status = 200; Bytes = 100 } }
    Measure-Server $Bench @{ Ours = { Start-OurScript $Bench RouteServer.ps1 $Options } } { param($Server) Measure-Wrk $Server $request }
}

# A server whose load is requests for one of its routes.
function Start-RouteServer([string] $File, [string[]] $Options) {
    $server = Start-OurScript $Bench RouteServer.ps1 $Options
    $request = @{ File = $File; Connections = 64; Threads = 1; Expected = @{ Status = 200; Bytes = 100 } }
    $server.Load = { param($Server) Measure-Wrk $Server $Server.Request }
    $server | Add-Member Request $request -PassThru
}

# Both servers take turns, so that other work on the machine does not decide which is faster.
function Measure-ManyRoute([string] $Name) {
    $sides = Measure-Server $Bench ([ordered]@{
            Many = { Start-RouteServer 'api/v7/thing4997/1' '-NoRecord', '-Routes', '5000' }
            Few  = { Start-RouteServer 'users/1' '-NoRecord' }
        })
    ConvertTo-Figure $Name requests/s $sides.Many $sides.Few -Against 'two routes' -LeastRatio 0.8
}

Measure-Figure $Bench 'fixed route x 64' {
    ConvertTo-Figure 'fixed route x 64' requests/s (Measure-Route fixed 64 @()).Ours @() -Least 60000
}
Measure-Figure $Bench 'fixed route x 64, -NoRecord' {
    ConvertTo-Figure 'fixed route x 64, -NoRecord' requests/s (Measure-Route fixed 64 '-NoRecord').Ours @() -Least 80000
}
Measure-Figure $Bench '5000 routes x 64, -NoRecord' { Measure-ManyRoute '5000 routes x 64, -NoRecord' }
Measure-Figure $Bench 'script block x 16' {
    $turns = (Measure-Route script 16 '-Script').Ours
    ConvertTo-Figure 'script block x 16' requests/s $turns @() -Least 5000
    ConvertTo-Figure 'script block x 16, p99' ms @($turns | ForEach-Object { New-Turn ($_.Raw.p99_us / 1000) }) @() -Most 30
}
