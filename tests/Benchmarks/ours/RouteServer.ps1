# A server of routes: prints PORT n and runs until its input closes. With -Routes n it has as many more, each with a parameter. With
# -Upstream it passes on whatever it has no route for.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [int] $Routes,
    [string] $Upstream,
    [switch] $NoRecord,
    [switch] $Script
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$closed = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
$table = [ordered]@{ 'GET /fixed' = 'x' * 100; 'GET /users/{id}' = 'x' * 100 }
if ($Script) { $table['GET /script'] = { 'x' * 100 } }
for ($i = 1; $i -le $Routes; $i++) { $table["GET /api/v$($i % 10)/thing$i/{id}"] = 'x' * 100 }
$forward = $Upstream ? @{ Upstream = $Upstream } : @{}
$server = Start-HttpServer $table -NoRecord:$NoRecord @forward
[Console]::Out.WriteLine("PORT $($server.Port)")
$null = $closed.Wait([TimeSpan]::FromMinutes(30))
[Console]::Out.WriteLine("WAITING $($server.Waiting) DROPPED $($server.Dropped)")
Stop-Job $server
