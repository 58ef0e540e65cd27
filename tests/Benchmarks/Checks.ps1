# The figures of network checks. The peer is nmap(1), as a whole process that writes to /dev/null; Test-TcpPort is warm, and its time
# includes the objects in the pipeline.
[CmdletBinding()]
param([Parameter(Mandatory)] $Bench)

if ($Bench.Rehearsal) { throw 'There is no rehearsal of Checks: nmap cannot stand in for objects.' }
if (-not (Test-Peer $Bench nmap nmap { nmap --version })) { return }

# Times, so less is better. Ports that are missing from the results are errors.
function Measure-Scan($Server, [string] $Name, [string] $Command, [int] $Ports, [string] $Scan, [double] $MostRatio) {
    $line = "nmap -n -Pn -sT -T4 $Scan"
    $null = Measure-Program $line
    $rounds = foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        $ours = Invoke-Line $Server $Command
        [pscustomobject]@{
            Ours = New-Turn $ours.milliseconds ($ours.cpu_ms * 1000) ([Math]::Abs($Ports - $ours.objects)) $ours
            Nmap = Measure-Program $line
        }
    }
    ConvertTo-Figure $Name ms @($rounds.Ours) @($rounds.Nmap) -Against nmap -MostRatio $MostRatio
}

$ours = Start-OurScript $Bench Checks.ps1
try {
    Measure-Figure $Bench '1000 ports' { Measure-Scan $ours '1000 ports' thousand 1000 '-p1-1000 127.0.0.1' 1.0 }
    if (-not $Bench.Quick) {
        Measure-Figure $Bench '65535 ports' { Measure-Scan $ours '65535 ports' all 65535 '-p1-65535 127.0.0.1' 1.0 }
    }
    Measure-Figure $Bench '254 hosts x 100 ports' {
        Measure-Scan $ours '254 hosts x 100 ports' hosts 25400 '-p1-100 127.0.0.1-254' 1.5
    }
    Measure-Figure $Bench 'from opening to return' {
        $turns = foreach ($round in 1..($Bench.Quick ? 3 : 15)) {
            $one = Invoke-Line $ours wait
            New-Turn $one.milliseconds ($one.cpu_ms * 1000) 0 $one
        }
        ConvertTo-Figure 'from opening to return' ms @($turns) @() -Against 'Wait-TcpPort' -Most 60
    }
}
finally { $null = Stop-Server $ours }
