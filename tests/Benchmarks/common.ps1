# What every area needs: the peers, processes and what they cost, rounds of turns.

. $PSScriptRoot/figures.ps1
. $PSScriptRoot/../../build/Child.ps1

$clockTicks = [int] (getconf CLK_TCK)

# Nobody may be left to stop a server that does not end by itself.
$lifetimeSec = 1800

function Find-Manifest([string] $Path) {
    if ($Path) { return (Resolve-Path $Path).Path }
    $newest = Get-ChildItem "$PSScriptRoot/../../output/PSNetLab" -Directory -ErrorAction Ignore |
        Sort-Object { [version] $_.Name } | Select-Object -Last 1
    if (-not $newest) { throw 'There is no module in output/PSNetLab: run ./build.ps1 first.' }
    Join-Path $newest PSNetLab.psd1
}

# --- Peers

# Whether a tool is there; what needs one that is not is left out, and the tool is named with its Debian package. The
# script gives a text with its version.
function Test-Peer($Bench, [string] $Name, [string] $Package, [scriptblock] $Version) {
    if ($Bench.Missing.Contains($Name)) { return $false }
    if (Get-Command $Name -CommandType Application -ErrorAction Ignore) {
        $Bench.Tools[$Name] ??= (& $Version 2>&1 | Out-String) -match '\d+(\.\w+)+' ? $Matches[0] : 'unknown'
        return $true
    }
    $Bench.Missing[$Name] = $Package
    Write-Host "  Without ${Name}: there is none. On Debian: apt install $Package"
    $false
}

# The peers of our own, written in C.
function Test-Compiler($Bench) {
    if (-not (Test-Peer $Bench cc 'gcc libc6-dev' { cc --version })) { return $false }
    $header = Get-Item $PSScriptRoot/peers/peer.h
    foreach ($file in Get-ChildItem $PSScriptRoot/peers/*.c) {
        $program = Join-Path $Bench.Peers $file.BaseName
        $made = (Test-Path $program) ? (Get-Item $program).LastWriteTime : [datetime]::MinValue
        if ($made -gt $file.LastWriteTime -and $made -gt $header.LastWriteTime) { continue }
        cc -std=gnu11 -O2 -Wall -Wextra -o $program $file.FullName
        if ($LASTEXITCODE) { throw "$($file.Name) does not compile." }
    }
    $true
}

# --- Processes

function Start-Program([string] $Path, [string[]] $Arguments = @()) {
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
function Start-Server([string] $Path, [string[]] $Arguments = @(), [string] $Pattern = '^PORT (\d+)$', [switch] $Ours) {
    $process = Start-Program $Path $Arguments
    try {
        New-Server $process (Read-Line $process $Pattern) -Ours:$Ours
    }
    catch {
        $process.Kill($true)
        throw
    }
}

# A tool that does not print its port gets one that was free a moment ago: the script turns it into the arguments.
function Start-Tool([string] $Path, [scriptblock] $Arguments, [int] $TimeoutSec = 30) {
    $port = Get-FreePort
    # Through a shell, for what the tool has to say is not for the console.
    $line = @('-c', 'exec timeout "$@" > /dev/null 2>&1', 'bash', $lifetimeSec, $Path) + (& $Arguments $port)
    $process = Start-Program bash $line
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSec)
    while (-not (Test-Listener $port)) {
        if ($process.HasExited) { throw "$Path ended with $($process.ExitCode) before it listened on port $port." }
        if ([DateTime]::UtcNow -gt $deadline) {
            $process.Kill($true)
            throw "$Path did not listen on port $port within $TimeoutSec s."
        }
        Start-Sleep -Milliseconds 20
    }
    New-Server $process $port
}

# With a Load of its own where the one of the other sides does not do.
function New-Server($Process, [int] $Port, [switch] $Ours) {
    [pscustomobject]@{ Process = $Process; Port = $Port; Ours = [bool] $Ours; Load = $null }
}

function Get-FreePort {
    $free = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $free.Start()
    $free.LocalEndpoint.Port
    $free.Stop()
}

# Looks without connecting: a connection would be one more for the server.
function Test-Listener([int] $Port) {
    $entry = '^ *\d+: [0-9A-F]+:{0:X4} [0-9A-F]+:0000 0A ' -f $Port
    [bool] ((Get-Content /proc/net/tcp, /proc/net/tcp6 -ErrorAction Ignore) -match $entry)
}

# One of the scripts in ours/, which do without the module when they stand for PowerShell itself.
function Start-Script($Bench, [string] $Name, [string[]] $Arguments = @()) {
    $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-File', (Join-Path $Bench.Ours $Name) + $Arguments
    Start-Server $program $line -Ours
}

function Start-OurScript($Bench, [string] $Name, [string[]] $Arguments = @()) {
    Start-Script $Bench $Name (@('-Module', $Bench.Module) + $Arguments)
}

# Gives what the server still printed.
function Stop-Server($Server, [int] $TimeoutSec = 60) {
    if (-not $Server) { return }
    $process = $Server.Process
    if ($Server.Ours) { $process.StandardInput.Close() }
    # Killed, a server with workers would leave them behind, and their time would be nobody's.
    elseif (-not $process.HasExited) { kill -TERM $process.Id }
    $rest = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit($TimeoutSec * 1000)) {
        $process.Kill($true)
        throw "A server did not stop within $TimeoutSec s."
    }
    $rest.GetAwaiter().GetResult()
}

# Runs a load that prints, as its last line, one of JSON.
function Invoke-Peer([string] $Path, [string[]] $Arguments, [int] $TimeoutSec = 300) {
    $process = Start-Program $Path $Arguments
    $all = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit($TimeoutSec * 1000)) {
        $process.Kill($true)
        throw "$Path did not end within $TimeoutSec s."
    }
    $text = $all.GetAwaiter().GetResult()
    if (-not $text) { throw "$Path failed with $($process.ExitCode)." }
    ($text -replace '(?sm)\A.*?(?=^\{)', '') | ConvertFrom-Json
}

# --- What processes cost

# Milliseconds of a whole process, as bash has them, so that starting it from here is no part of them.
function Measure-Program([string] $Line) {
    $times = bash -c "TIMEFORMAT='%R %U %S'; time $Line > /dev/null" 2>&1
    if ($LASTEXITCODE -or "$times" -notmatch '^([\d.]+) ([\d.]+) ([\d.]+)$') { throw "$Line failed: $times" }
    $wall, $user, $system = $Matches[1..3] | ForEach-Object { [double]::Parse($_, $culture) * 1000 }
    New-Turn $wall (($user + $system) * 1000)
}

# What one command of a script took that reads commands from its input.
function Invoke-Line($Server, [string] $Command) {
    $Server.Process.StandardInput.WriteLine($Command)
    $Server.Process.StandardInput.Flush()
    Read-Line $Server.Process '^(\{.*\})$' | ConvertFrom-Json
}

# The process and its living children, as of a server with workers.
function Get-ProcessTree([int] $Id) {
    $Id
    # What has ended since it was listed has no children.
    try { $threads = [IO.Directory]::GetDirectories("/proc/$Id/task") }
    catch [IO.IOException] { return }
    foreach ($file in $threads) {
        try { $children = [IO.File]::ReadAllText("$file/children") }
        catch [IO.IOException] { continue }
        foreach ($child in $children.Split(' ', [StringSplitOptions]::RemoveEmptyEntries)) { Get-ProcessTree $child }
    }
}

# User and system time of all threads and children, also of those that have ended.
function Get-CpuSecond($Process) {
    [long] $ticks = 0
    foreach ($id in Get-ProcessTree $Process.Id) {
        try { $stat = [IO.File]::ReadAllText("/proc/$id/stat") }
        # Its time is its parent's by now.
        catch [IO.IOException] { continue }
        $fields = $stat.Substring($stat.LastIndexOf(')') + 2).Split(' ')
        foreach ($field in $fields[11..14]) { $ticks += [long] $field }
    }
    $ticks / $clockTicks
}

# The work of the whole machine, and what others on its host took from it.
function Get-MachineSecond {
    # cpu user nice system idle iowait irq softirq steal
    $fields = -split [IO.File]::ReadAllText('/proc/stat').Split("`n")[0]
    (Get-Sum $fields[1, 2, 3, 6, 7, 8]) / $clockTicks
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

# --- Turns

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

# The load gives Rate, Count and Errors.
function Measure-Turn($Server, [scriptblock] $Load) {
    $before = Get-CpuSecond $Server.Process
    $result = & ($Server.Load ?? $Load) $Server
    $cpu = (Get-CpuSecond $Server.Process) - $before
    New-Turn $result.Rate ($result.Count ? $cpu / $result.Count * 1e6 : 0.0) $result.Errors $result.Raw
}

# Starts the servers, one a side, and lets each of them take its turn in every round, so that whatever else the machine
# does falls on all of them. A start gets its side's name. Gives the turns of each side, and what ours printed at its
# end.
function Measure-Server($Bench, [Collections.Specialized.OrderedDictionary] $Starts, [scriptblock] $Load) {
    $servers = [ordered]@{}
    $printed = ''
    try {
        foreach ($side in $Starts.Keys) { $servers[$side] = & $Starts[$side] $side }
        # The first turn is the just-in-time compiler's.
        foreach ($server in $servers.Values) { $null = Measure-Turn $server $Load }
        $rounds = foreach ($round in 1..$Bench.Rounds) {
            Write-Verbose "round $round"
            $turns = [ordered]@{}
            foreach ($side in $servers.Keys) { $turns[$side] = Measure-Turn $servers[$side] $Load }
            [pscustomobject] $turns
        }
    }
    finally {
        foreach ($server in $servers.Values) { $printed += Stop-Server $server }
    }
    $sides = [ordered]@{ Printed = $printed }
    foreach ($side in $servers.Keys) { $sides[$side] = @($rounds.$side) }
    [pscustomobject] $sides
}

function Get-Machine {
    $model = @((Get-Content /proc/cpuinfo) -match '^model name')[0] -replace '^.*?:\s*'
    $system = (Get-Content /etc/os-release -ErrorAction Ignore) -match '^PRETTY_NAME=' -replace '^.*?=' -replace '"'
    [ordered]@{
        Processor  = $model
        Cores      = [Environment]::ProcessorCount
        System     = "$system"
        Kernel     = (Get-Content /proc/sys/kernel/osrelease) -replace '-.*'
        PowerShell = [string] $PSVersionTable.PSVersion
        DotNet     = [string] [Environment]::Version
    }
}
