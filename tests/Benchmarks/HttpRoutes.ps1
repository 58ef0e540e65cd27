# The figures of a server of routes. There is no peer that has it all, so most targets are rates; what forwards is compared with nginx.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of HttpRoutes: most figures have no peer.' }
foreach ($tool in 'wrk', 'curl') {
    if (-not (Test-Peer $Bench $tool $tool { & $tool --version })) { return }
}
. $PSScriptRoot/HttpPeers.ps1

# wrk takes one of the cores.
$loadThreads = 1

function New-Request([string] $File, [int] $Connections, [int] $Bytes = 100) {
    @{ File = $File; Connections = $Connections; Expected = @{ Status = 200; Bytes = $Bytes } }
}

# The rate of requests for one route of one server.
function Measure-Route([string] $File, [int] $Connections, [string[]] $Options) {
    $request = New-Request $File $Connections
    Measure-Server $Bench ([ordered]@{ Ours = { Start-OurScript $Bench RouteServer.ps1 $Options } }) { param($Server) Measure-Wrk $Server $request }
}

# A server whose load is requests for one of its routes.
function Start-RouteServer([string] $File, [string[]] $Options) {
    $server = Start-OurScript $Bench RouteServer.ps1 $Options
    $server.Load = { param($Server) Measure-Wrk $Server $Server.Request }
    $server | Add-Member Request (New-Request $File 64) -PassThru
}

# Both servers take turns, so that other work on the machine does not decide which is faster.
function Measure-ManyRoute([string] $Name) {
    $sides = Measure-Server $Bench ([ordered]@{
            Many = { Start-RouteServer 'api/v7/thing4997/1' '-NoRecord', '-Routes', '5000' }
            Few  = { Start-RouteServer 'users/1' '-NoRecord' }
        })
    ConvertTo-Figure $Name requests/s $sides.Many $sides.Few -Against 'two routes' -LeastRatio 0.8
}

# How much the process of a server has grown after so many requests, with records that nobody receives.
function Measure-Growth([string] $Name, [int] $Requests) {
    $request = New-Request fixed 64
    $turns = foreach ($round in 1..$Bench.Rounds) {
        # How much garbage .NET lets grow follows from the cache of the processor, up to 100 MiB and more. Here, 16 MiB everywhere.
        $env:DOTNET_GCgen0size = '0x1000000'
        try { $server = Start-OurScript $Bench RouteServer.ps1 }
        finally { Remove-Item Env:DOTNET_GCgen0size }
        try {
            $null = Get-Answer "http://127.0.0.1:$($server.Port)/fixed"
            $before = Get-ResidentKiB $server.Process
            $done = 0
            while ($done -lt $Requests) {
                $result = Measure-Wrk $server $request
                if ($result.Errors) { throw "$($result.Errors) errors" }
                $done += $result.Count
            }
            New-Turn (((Get-ResidentKiB $server.Process) - $before) / 1024)
        }
        finally { $null = Stop-Server $server }
    }
    ConvertTo-Figure $Name MiB $turns @() -Most 64
}

# Both forward to the same nginx, over connections that stay open.
function Measure-Forward([string] $Name) {
    $site = New-Site
    $behind = $null
    try {
        $behind = Start-Nginx $site 1 @()
        $upstream = "127.0.0.1:$($behind.Port)"
        $starts = [ordered]@{
            Ours  = { Start-OurScript $Bench RouteServer.ps1 '-NoRecord', '-Upstream', "http://$upstream/" }
            nginx = { Start-Nginx $site 1 "Upstream=$upstream" }
        }
        $request = New-Request 1k.bin 64 1024
        $sides = Measure-Server $Bench $starts { param($Server) Measure-Wrk $Server $request }
        ConvertTo-Figure $Name requests/s $sides.Ours $sides.nginx -Against 'nginx proxy_pass' -LeastRatio 0.6
    }
    finally {
        $null = Stop-Server $behind
        Remove-Item $site -Recurse -Force
    }
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
Measure-Figure $Bench 'growth after 110000 requests' { Measure-Growth 'growth after 110000 requests' 110000 }
if (Test-Peer $Bench nginx nginx-light { nginx -v }) {
    Measure-Figure $Bench 'forwarded x 64, -NoRecord' { Measure-Forward 'forwarded x 64, -NoRecord' }
}
