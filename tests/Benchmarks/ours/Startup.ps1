# Prints PORT 0, then one line of JSON: how many milliseconds it takes until the first job of the command runs, and the
# median for later ones. A server runs when its port is open, any other job when it reports so.
[CmdletBinding()]
param(
    [string] $Module,
    [Parameter(Mandatory)]
    [ValidateSet('Start-TcpServer', 'Start-UdpServer', 'Start-StaticHttpServer', 'Start-HttpServer', 'Start-ThreadJob', 'Start-Job')]
    [string] $Command
)
$ErrorActionPreference = 'Stop'
if ($Module) { Import-Module $Module }
# This loads the module of that command, as the import has loaded ours.
$null = Get-Command $Command

function Wait-Running($Job) {
    $source = $Job.ChildJobs ? $Job.ChildJobs[0] : $Job
    while (-not $source.Output.Count) { [Threading.Thread]::Sleep(1) }
    $Job
}

$start = @{
    'Start-TcpServer'        = { Start-TcpServer }
    'Start-UdpServer'        = { Start-UdpServer }
    'Start-StaticHttpServer' = { Start-StaticHttpServer -Path $PSScriptRoot }
    'Start-HttpServer'       = { Start-HttpServer @{ 'GET /users/{id}' = 'x'; 'POST /pay' = 503, 503, 200 } }
    'Start-ThreadJob'        = { Wait-Running (Start-ThreadJob { 'running'; Start-Sleep 600 }) }
    'Start-Job'              = { Wait-Running (Start-Job { 'running'; Start-Sleep 600 }) }
}[$Command]

# Each job of Start-Job is a process.
$times = foreach ($i in 0..($Command -eq 'Start-Job' ? 5 : 20)) {
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $job = & $start
    $watch.Elapsed.TotalMilliseconds
    Remove-Job $job -Force
}
$warm = $times | Select-Object -Skip 1 | Sort-Object
$result = @{ first_ms = $times[0]; warm_ms = $warm[[Math]::Floor($warm.Count / 2)] }
# Only now: whoever measures sleeps until it reads this, and awake it would take one of the cores.
[Console]::Out.WriteLine('PORT 0')
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
