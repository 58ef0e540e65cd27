# The figures of startup: PowerShell with the module imported against PowerShell without it, and the start of each kind of
# server against PowerShell's own jobs. Every turn has a process of its own.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Startup: nothing else can stand in for the module.' }

function Measure-Import([string] $Name) {
    $program = @(Get-PowerShellCommand | ForEach-Object { "'$_'" }) -join ' '
    $pwsh = "$program -NoProfile -NonInteractive -Command"
    $commands = @{ Ours = "$pwsh `"Import-Module '$($Bench.Module)'`""; Peer = "$pwsh '`$null'" }
    foreach ($command in $commands.Values) { $null = Measure-Program $command }
    $rounds = foreach ($round in 1..($Bench.Quick ? 3 : 10)) {
        Write-Verbose "round $round"
        [pscustomobject]@{ Ours = Measure-Program $commands.Ours; Peer = Measure-Program $commands.Peer }
    }
    ConvertTo-Figure "pwsh and $Name" ms @($rounds.Ours) @($rounds.Peer) -Against 'pwsh alone'
    $difference = foreach ($round in $rounds) {
        New-Turn ($round.Ours.Value - $round.Peer.Value) ($round.Ours.Cpu - $round.Peer.Cpu)
    }
    ConvertTo-Figure "$Name, of that" ms @($difference) @()
}

# The targets are those of the first peer.
function Measure-Start([string] $Command, [hashtable] $Targets = @{}) {
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $turns = [ordered]@{}
        $sides = $Command, 'Start-ThreadJob', 'Start-Job'
        # There and back: the memory that the processes of Start-Job gave up costs whoever comes next some 10 ms.
        if ($round % 2 -eq 0) { [array]::Reverse($sides) }
        foreach ($side in $sides) {
            $module = $side -eq $Command ? @('-Module', $Bench.Module) : @()
            $process = Start-Script $Bench Startup.ps1 ($module + '-Command', $side)
            $result = Stop-Server $process | ConvertFrom-Json
            $turns["first $side"] = New-Turn $result.first_ms
            $turns["warm $side"] = New-Turn $result.warm_ms
        }
        [pscustomobject] $turns
    }
    foreach ($when in 'first', 'warm') {
        foreach ($peer in 'Start-ThreadJob', 'Start-Job') {
            $limits = $peer -eq 'Start-ThreadJob' ? $Targets[$when] ?? @{} : @{}
            ConvertTo-Figure "$when $Command" ms @($rounds."$when $Command") @($rounds."$when $peer") -Against $peer @limits
        }
    }
}

Measure-Figure $Bench 'Import-Module' { Measure-Import 'Import-Module' }
foreach ($command in 'Start-TcpServer', 'Start-UdpServer', 'Start-StaticHttpServer') {
    Measure-Figure $Bench $command { Measure-Start $command }
}
Measure-Figure $Bench 'Start-HttpServer' { Measure-Start 'Start-HttpServer' @{ first = @{ Most = 60 }; warm = @{ Most = 1 } } }
