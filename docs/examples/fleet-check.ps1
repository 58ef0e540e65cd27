<#
.SYNOPSIS
Checks a fleet from a CSV file, once or every few minutes, and says with its exit code whether all is well.

.DESCRIPTION
Each line of the file is a check:

Check,Target,Expect
Port,web1.example.com:443,
Name,www.example.com,192.0.2.7;192.0.2.8
Name,example.com MX,10 mail.example.com
Certificate,web1.example.com:443,21
Page,https://www.example.com/health,ready

Port         the port accepts connections
Name         the name resolves, if something is expected to exactly that; behind the name may be a type of records
Certificate  the certificate and the TLS of a server are as they should be, for so many days more, or 30
Page         the page is there, and the text that is expected is in it

A line that makes no sense has not passed. All checks of a kind run side by side. Each gives an object with Time, Check, Target, Passed, Milliseconds and Reason, which is empty if
the check has passed. The exit code is the number of checks that have not, at most 100.

For cron, once every five minutes: pwsh -File fleet-check.ps1 fleet.csv -Json fleet.json

.PARAMETER Path
The CSV file. Default: fleet.csv in the current folder.

.PARAMETER Server
The name servers to ask. Default: those of this machine.

.PARAMETER TrustedCertificate
Certificates, or a file of them, to trust instead of those of the system.

.PARAMETER Json
A file to which each result is added, as a line of JSON.

.PARAMETER EveryMinutes
How many minutes are between the beginnings of two rounds. Default: 0, a single round.

.PARAMETER Rounds
How many rounds there are with -EveryMinutes. Default: no limit, until Ctrl+C.
#>
#Requires -Version 7.4
param(
    [string] $Path = 'fleet.csv',
    [string[]] $Server = @(),
    $TrustedCertificate,
    [string] $Json,
    [ValidateRange(0, 1440)] [double] $EveryMinutes,
    [int] $Rounds = [int]::MaxValue
)

. $PSScriptRoot/import.ps1

# What every result becomes, so that one table and one file hold all kinds.
function ConvertTo-Row([string] $Check, [string] $Target, [bool] $Passed, $Milliseconds, [string] $Reason, [datetime] $Time) {
    [pscustomobject]@{
        Time         = $Time
        Check        = $Check
        Target       = $Target
        Passed       = $Passed
        Milliseconds = $Milliseconds
        Reason       = $Passed ? $null : $Reason
    }
}

$trust = $TrustedCertificate ? @{ TrustedCertificate = $TrustedCertificate } : @{}

# Each gets the lines of its kind. What is not a column for a command, and so is the same for a call, is grouped.
$kinds = [ordered]@{
    Port = {
        $args[0].Target | Test-TcpPort |
            ForEach-Object { ConvertTo-Row Port "$($_.ComputerName):$($_.Port)" $_.Open $_.LatencyMilliseconds $_.Reason $_.Time }
    }
    Name = {
        $args[0] | ForEach-Object {
            $name, $type = -split $_.Target
            [pscustomobject]@{ Name = $name; Type = $type; Expect = $_.Expect -split ';'; Server = $Server }
        } | Resolve-DnsRecord | ForEach-Object {
            $passed = $_.Passed ?? ($_.Status -eq 'Answered')
            ConvertTo-Row Name "$($_.Name) $($_.Type)" $passed $_.Milliseconds "$($_.Server): $($_.Reason)" $_.Time
        }
    }
    Certificate = {
        $args[0] | Group-Object Expect | ForEach-Object {
            $days = $_.Name ? $_.Name : 30
            $_.Group.Target | Test-TlsEndpoint -WarningDays $days @trust | ForEach-Object {
                ConvertTo-Row Certificate "$($_.ComputerName):$($_.Port)" ($_.Status -eq 'Ok') $_.HandshakeMilliseconds $_.Reason $_.Time
            }
        }
    }
    Page = {
        $args[0] | Group-Object Expect | ForEach-Object {
            $match = $_.Name ? @{ Match = [regex]::Escape($_.Name) } : @{}
            $_.Group.Target | Test-HttpEndpoint @match @trust |
                ForEach-Object { ConvertTo-Row Page $_.Uri $_.Passed $_.TotalMilliseconds $_.Reason $_.Time }
        }
    }
}

$lines = @(Import-Csv $Path -ErrorAction Stop)
$unknown = $lines | Where-Object Check -NotIn $kinds.Keys | Select-Object -First 1
if ($unknown) { throw "'$($unknown.Check)' is not a check, in the line for '$($unknown.Target)'. There are $($kinds.Keys -join ', ')." }

for ($round = 1; ; $round++) {
    $began = [datetime]::UtcNow
    $results = foreach ($kind in $kinds.Keys) {
        $some = @($lines | Where-Object Check -EQ $kind)
        if ($some) {
            & $kinds[$kind] $some 2>&1 | ForEach-Object {
                $isRow = $_ -isnot [Management.Automation.ErrorRecord]
                $isRow ? $_ : (ConvertTo-Row $kind $_.TargetObject $false $null $_ ([datetime]::Now))
            }
        }
    }
    $results
    if ($Json) { $results | ForEach-Object { ConvertTo-Json $_ -Compress } | Add-Content $Json }
    if (-not $EveryMinutes -or $round -ge $Rounds) { break }
    # From beginning to beginning, however long the checks took.
    $pause = $began.AddMinutes($EveryMinutes) - [datetime]::UtcNow
    if ($pause -gt 0) { Start-Sleep -Duration $pause }
}
exit [Math]::Min(@($results | Where-Object -Not Passed).Count, 100)
