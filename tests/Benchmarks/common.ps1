# What every area needs: the peers, processes and what they cost, rounds and the table.

$culture = [cultureinfo]::InvariantCulture

function Find-Manifest([string] $Path) {
    if ($Path) { return (Resolve-Path $Path).Path }
    $newest = Get-ChildItem "$PSScriptRoot/../../output/PSNetLab" -Directory -ErrorAction Ignore |
        Sort-Object { [version] $_.Name } | Select-Object -Last 1
    if (-not $newest) { throw 'There is no module in output/PSNetLab: run ./build.ps1 first.' }
    Join-Path $newest PSNetLab.psd1
}

function Invoke-Compiler([string] $Source, [string] $Destination) {
    if (-not (Get-Command cc -CommandType Application -ErrorAction Ignore)) {
        throw "There is no C compiler for the peers. On Debian: apt install gcc libc6-dev"
    }
    $header = Get-Item $Source/peer.h
    foreach ($file in Get-ChildItem $Source/*.c) {
        $program = Join-Path $Destination $file.BaseName
        $made = (Test-Path $program) ? (Get-Item $program).LastWriteTime : [datetime]::MinValue
        if ($made -gt $file.LastWriteTime -and $made -gt $header.LastWriteTime) { continue }
        cc -std=gnu11 -O2 -Wall -Wextra -o $program $file.FullName
        if ($LASTEXITCODE) { throw "$($file.Name) does not compile." }
    }
}

# --- Processes

function Start-Program([string] $Path, [string[]] $Arguments) {
    $start = [Diagnostics.ProcessStartInfo]::new($Path)
    foreach ($argument in $Arguments) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    # Nothing but loopback, and no second thread at work that the other side does not have.
    $start.Environment['POWERSHELL_TELEMETRY_OPTOUT'] = '1'
    $start.Environment['POWERSHELL_UPDATECHECK'] = 'Off'
    $process = [Diagnostics.Process]::new()
    $process.StartInfo = $start
    $null = $process.Start()
    $process
}

function Read-Line($Process, [string] $Pattern, [int] $TimeoutSec = 60) {
    $name = Split-Path $Process.StartInfo.FileName -Leaf
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSec)
    while ($true) {
        $read = $Process.StandardOutput.ReadLineAsync()
        $left = $deadline - [DateTime]::UtcNow
        if ($left -lt [TimeSpan]::Zero -or -not $read.Wait($left)) {
            throw "$name did not print '$Pattern' within $TimeoutSec s."
        }
        if ($null -eq $read.Result) { throw "$name ended without printing '$Pattern'." }
        if ($read.Result -match $Pattern) { return $Matches[1] }
    }
}

# A server is a process that prints its port. One that is ours also ends when its input closes.
function Start-Server([string] $Path, [string[]] $Arguments, [string] $Pattern = '^PORT (\d+)$', [switch] $Ours) {
    $process = Start-Program $Path $Arguments
    try {
        [pscustomobject]@{ Process = $process; Port = [int] (Read-Line $process $Pattern); Ours = [bool] $Ours }
    }
    catch {
        $process.Kill($true)
        throw
    }
}

function Start-OurScript($Bench, [string] $Name, [string[]] $Arguments) {
    $line = @('-NoProfile', '-NonInteractive', '-File', (Join-Path $Bench.Ours $Name), '-Module', $Bench.Module)
    Start-Server (Join-Path $PSHOME pwsh) ($line + $Arguments) -Ours
}

# Gives what the server still printed.
function Stop-Server($Server, [int] $TimeoutSec = 60) {
    if (-not $Server) { return }
    $process = $Server.Process
    if (-not $Server.Ours) { $process.Kill() }
    else { $process.StandardInput.Close() }
    $rest = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit($TimeoutSec * 1000)) {
        $process.Kill($true)
        throw "A server did not stop within $TimeoutSec s."
    }
    $rest.GetAwaiter().GetResult()
}

# Runs a peer that prints one line of JSON.
function Invoke-Peer([string] $Path, [string[]] $Arguments, [int] $TimeoutSec = 300) {
    $process = Start-Program $Path $Arguments
    $all = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit($TimeoutSec * 1000)) {
        $process.Kill($true)
        throw "$Path did not end within $TimeoutSec s."
    }
    $text = $all.GetAwaiter().GetResult()
    if (-not $text) { throw "$Path failed with $($process.ExitCode)." }
    $text | ConvertFrom-Json
}

# User and system time of all threads, also of those that have ended.
function Get-CpuSecond($Process) {
    $stat = Get-Content "/proc/$($Process.Id)/stat" -Raw
    $fields = $stat.Substring($stat.LastIndexOf(')') + 2).Split(' ')
    ([long] $fields[11] + [long] $fields[12]) / $clockTicks
}

function Get-ResidentKiB($Process) {
    [long] ((Get-Content "/proc/$($Process.Id)/status") -match '^VmRSS:' -replace '\D')[0]
}

function Get-OpenFile($Process) {
    @([IO.Directory]::EnumerateFileSystemEntries("/proc/$($Process.Id)/fd")).Count
}

# A server learns of connections made and closed a little after its clients.
function Wait-OpenFile($Process, [int] $Least = 0, [int] $Most = [int]::MaxValue, [int] $TimeoutSec = 30) {
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSec)
    while ($true) {
        $open = Get-OpenFile $Process
        if (($open -ge $Least -and $open -le $Most) -or [DateTime]::UtcNow -gt $deadline) { return $open }
        Start-Sleep -Milliseconds 100
    }
}

$clockTicks = [int] (getconf CLK_TCK)

# --- Figures

# Runs the script, which gives one or more figures; a figure that breaks must not take the others with it.
function Measure-Figure($Bench, [string] $Name, [scriptblock] $Script) {
    if ($Name -notlike $Bench.Figure) { return }
    Write-Host "  $Name"
    try {
        & $Script
    }
    catch {
        Write-Verbose $_.ScriptStackTrace
        ConvertTo-Figure $Name '' @() @() -Note "failed: $_"
    }
}

# One turn of one side: the load gives Rate, Count and Errors.
function Measure-Turn($Server, [scriptblock] $Load) {
    $before = Get-CpuSecond $Server.Process
    $result = & $Load $Server
    $cpu = (Get-CpuSecond $Server.Process) - $before
    [pscustomobject]@{
        Value  = [double] $result.Rate
        Cpu    = $result.Count ? $cpu / $result.Count * 1e6 : 0.0
        Errors = [long] $result.Errors
        Raw    = $result.Raw
    }
}

function Measure-Pair($Bench, $Ours, $Peer, [scriptblock] $Load, [scriptblock] $PeerLoad = $Load) {
    # The first turn is the just-in-time compiler's.
    $null = & $Load $Ours
    $null = & $PeerLoad $Peer
    foreach ($round in 1..$Bench.Rounds) {
        Write-Verbose "round $round"
        [pscustomobject]@{ Ours = Measure-Turn $Ours $Load; Peer = Measure-Turn $Peer $PeerLoad }
    }
}

function Get-Median($Values) {
    $sorted = @($Values | Where-Object { $null -ne $_ } | Sort-Object)
    if ($sorted.Count -eq 0) { return $null }
    $middle = [Math]::Floor($sorted.Count / 2)
    $sorted.Count % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2
}

# The ratios are of one turn each: the machine may have been slower in another.
function ConvertTo-Figure {
    [CmdletBinding()]
    param(
        [string] $Name,
        [string] $Unit,
        [object[]] $Ours,
        [object[]] $Peer,
        [double] $LeastRatio,
        [double] $MostRatio,
        [double] $MostCpu,
        [double] $Least = [double]::NaN,
        [double] $Most = [double]::NaN,
        [string] $Note
    )
    $turns = [Math]::Min($Ours.Count, $Peer.Count)
    $indexes = $turns ? 0..($turns - 1) : @()
    $ratios = @($indexes | Where-Object { $Peer[$_].Value } | ForEach-Object { $Ours[$_].Value / $Peer[$_].Value })
    $cpus = @($indexes | Where-Object { $Peer[$_].Cpu } | ForEach-Object { $Ours[$_].Cpu / $Peer[$_].Cpu })
    $value = Get-Median ($Ours | ForEach-Object Value)
    $ratio = Get-Median $ratios
    $cpu = Get-Median $cpus
    $errors = [Linq.Enumerable]::Sum([long[]] @($Ours + $Peer | ForEach-Object Errors))
    $targets = @(
        if ($LeastRatio) { [pscustomobject]@{ Text = "ratio >= $LeastRatio"; Met = $ratio -ge $LeastRatio } }
        if ($MostRatio) { [pscustomobject]@{ Text = "ratio <= $MostRatio"; Met = $null -ne $ratio -and $ratio -le $MostRatio } }
        if ($MostCpu) { [pscustomobject]@{ Text = "cpu <= $MostCpu"; Met = $null -ne $cpu -and $cpu -le $MostCpu } }
        if ($Least -eq $Least) { [pscustomobject]@{ Text = ">= $Least"; Met = $value -ge $Least } }
        if ($Most -eq $Most) { [pscustomobject]@{ Text = "<= $Most"; Met = $null -ne $value -and $value -le $Most } }
    )
    $notes = @(
        if ($errors) { "$errors errors" }
        if ($Note) { $Note }
    )
    [pscustomobject]@{
        Figure   = $Name
        Unit     = $Unit
        Ours     = $value
        Peer     = Get-Median ($Peer | ForEach-Object Value)
        Ratio    = $ratio
        RatioMin = $ratios | Sort-Object | Select-Object -First 1
        RatioMax = $ratios | Sort-Object | Select-Object -Last 1
        OursCpu  = Get-Median ($Ours | ForEach-Object Cpu)
        PeerCpu  = Get-Median ($Peer | ForEach-Object Cpu)
        CpuRatio = $cpu
        Target   = @($targets | ForEach-Object Text) -join ', '
        # Whatever is wrong with a figure makes it worthless, even when it is fast.
        Missed   = [bool] ($notes -or @($targets | ForEach-Object Met) -contains $false)
        Note     = $notes -join '; '
        Turns    = @{ Ours = $Ours; Peer = $Peer }
    }
}

function Format-Number($Value) {
    if ($null -eq $Value) { return '' }
    $size = [Math]::Abs($Value)
    $Value.ToString($size -ge 100 ? 'N0' : $size -ge 10 ? 'N1' : 'N2', $culture)
}

filter ConvertTo-Row {
    $ratio = Format-Number $_.Ratio
    if ($ratio -and $_.RatioMin -ne $_.RatioMax) {
        $ratio += ' ({0}..{1})' -f (Format-Number $_.RatioMin), (Format-Number $_.RatioMax)
    }
    [pscustomobject]@{
        Figure        = $_.Figure
        Unit          = $_.Unit
        Ours          = Format-Number $_.Ours
        Peer          = Format-Number $_.Peer
        Ratio         = $ratio
        'CPU us ours' = Format-Number $_.OursCpu
        'CPU us peer' = Format-Number $_.PeerCpu
        'CPU ratio'   = Format-Number $_.CpuRatio
        Target        = $_.Target
        ' '           = @(if ($_.Missed) { 'MISSED' }; $_.Note) -join ' '
    }
}

function ConvertTo-Table {
    $right = 'Ours', 'Peer', 'CPU us ours', 'CPU us peer', 'CPU ratio' |
        ForEach-Object { @{ Expression = [string] $_; Alignment = 'Right' } }
    $columns = @('Figure', 'Unit') + $right[0, 1] + 'Ratio' + $right[2..4] + 'Target', ' '
    ($input | ConvertTo-Row | Format-Table $columns | Out-String -Width 240).TrimEnd()
}

function Get-Machine {
    $model = @((Get-Content /proc/cpuinfo) -match '^model name')[0] -replace '^.*?:\s*'
    [ordered]@{
        Processor  = $model
        Cores      = [Environment]::ProcessorCount
        Kernel     = (Get-Content /proc/sys/kernel/osrelease) -replace '-.*'
        PowerShell = [string] $PSVersionTable.PSVersion
        DotNet     = [string] [Environment]::Version
    }
}
