# Functions for all areas: peers, processes and their cost, rounds and turns.

. $PSScriptRoot/figures.ps1
. $PSScriptRoot/../../build/Child.ps1

$clockTicks = [int] (getconf CLK_TCK)

# The limit for servers that do not end by themselves, in case this script dies and cannot stop them.
$lifetimeSec = 1800

function Find-Manifest([string] $Path) {
    if ($Path) { return (Resolve-Path $Path).Path }
    $newest = Get-ChildItem "$PSScriptRoot/../../output/PSNetLab" -Directory -ErrorAction Ignore |
        Sort-Object { [version] $_.Name } | Select-Object -Last 1
    if (-not $newest) { throw 'There is no module in output/PSNetLab: run ./build.ps1 first.' }
    Join-Path $newest PSNetLab.psd1
}

# --- Peers

# Whether a tool is installed. If not, its figures are left out, and the tool is named with its Debian package. The script
# returns a text that contains the version.
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

# Compiles our own peers, which are written in C.
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
    # No traffic beyond loopback, and no background thread that the other side does not have.
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

# A server is a process that prints its port. Our own servers also end when their input closes.
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

# A tool that does not print its port gets a free one; the script makes its arguments from the port.
function Start-Tool([string] $Path, [scriptblock] $Arguments, [int] $TimeoutSec = 30) {
    $port = Get-FreePort
    # Through a shell, which redirects the output of the tool.
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

# Load replaces the load of the other sides, for a server that needs a different one.
function New-Server($Process, [int] $Port, [switch] $Ours) {
    [pscustomobject]@{ Process = $Process; Port = $Port; Ours = [bool] $Ours; Load = $null }
}

function Get-FreePort {
    $free = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, 0)
    $free.Start()
    $free.LocalEndpoint.Port
    $free.Stop()
}

# Checks without connecting, because a connection would be one more for the server.
function Test-Listener([int] $Port) {
    $entry = '^ *\d+: [0-9A-F]+:{0:X4} [0-9A-F]+:0000 0A ' -f $Port
    [bool] ((Get-Content /proc/net/tcp, /proc/net/tcp6 -ErrorAction Ignore) -match $entry)
}

# Starts one of the scripts in ours/. Those that measure PowerShell itself do not load the module.
function Start-Script($Bench, [string] $Name, [string[]] $Arguments = @()) {
    $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-File', (Join-Path $Bench.Ours $Name) + $Arguments
    Start-Server $program $line -Ours
}

function Start-OurScript($Bench, [string] $Name, [string[]] $Arguments = @()) {
    Start-Script $Bench $Name (@('-Module', $Bench.Module) + $Arguments)
}

# Returns the rest of what the server printed.
function Stop-Server($Server, [int] $TimeoutSec = 60) {
    if (-not $Server) { return }
    $process = $Server.Process
    if ($Server.Ours) { $process.StandardInput.Close() }
    # Not with SIGKILL: a server would leave its workers behind, and their time would not be counted.
    elseif (-not $process.HasExited) { kill -TERM $process.Id }
    $rest = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit($TimeoutSec * 1000)) {
        $process.Kill($true)
        throw "A server did not stop within $TimeoutSec s."
    }
    $rest.GetAwaiter().GetResult()
}

# Runs a load generator, whose last line is JSON.
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

# --- The cost of processes

# The milliseconds of a whole process, measured by bash, so that the cost of starting it from PowerShell is not included.
function Measure-Program([string] $Line) {
    $times = bash -c "TIMEFORMAT='%R %U %S'; time $Line > /dev/null" 2>&1
    if ($LASTEXITCODE -or "$times" -notmatch '^([\d.]+) ([\d.]+) ([\d.]+)$') { throw "$Line failed: $times" }
    $wall, $user, $system = $Matches[1..3] | ForEach-Object { [double]::Parse($_, $culture) * 1000 }
    New-Turn $wall (($user + $system) * 1000)
}

# Sends one command to a script that reads commands from its input, and returns its measurements.
function Invoke-Line($Server, [string] $Command) {
    $Server.Process.StandardInput.WriteLine($Command)
    $Server.Process.StandardInput.Flush()
    Read-Line $Server.Process '^(\{.*\})$' | ConvertFrom-Json
}

# The process and its living children, such as the workers of a server.
function Get-ProcessTree([int] $Id) {
    $Id
    # A process that has ended in the meantime has no children.
    try { $threads = [IO.Directory]::GetDirectories("/proc/$Id/task") }
    catch [IO.IOException] { return }
    foreach ($file in $threads) {
        try { $children = [IO.File]::ReadAllText("$file/children") }
        catch [IO.IOException] { continue }
        foreach ($child in $children.Split(' ', [StringSplitOptions]::RemoveEmptyEntries)) { Get-ProcessTree $child }
    }
}

# User and system time of all threads and children, including those that have ended.
function Get-CpuSecond($Process) {
    [long] $ticks = 0
    foreach ($id in Get-ProcessTree $Process.Id) {
        try { $stat = [IO.File]::ReadAllText("/proc/$id/stat") }
        # It has ended, and its time is included in its parent's.
        catch [IO.IOException] { continue }
        $fields = $stat.Substring($stat.LastIndexOf(')') + 2).Split(' ')
        foreach ($field in $fields[11..14]) { $ticks += [long] $field }
    }
    $ticks / $clockTicks
}

# The processor time of the whole machine, including the time that its host took from it (steal).
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

# Waits, because a server notices that connections open and close a little later than its clients.
function Wait-OpenFile($Process, [int] $Least = 0, [int] $Most = [int]::MaxValue, [int] $TimeoutSec = 30) {
    $deadline = [DateTime]::UtcNow.AddSeconds($TimeoutSec)
    while ($true) {
        $open = Get-OpenFile $Process
        if (($open -ge $Least -and $open -le $Most) -or [DateTime]::UtcNow -gt $deadline) { return $open }
        Start-Sleep -Milliseconds 100
    }
}

# --- Turns

# Runs the script, which returns one or more figures. An error in it must not stop the other figures.
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

# The load returns Rate, Count and Errors.
function Measure-Turn($Server, [scriptblock] $Load) {
    $before = Get-CpuSecond $Server.Process
    $result = & ($Server.Load ?? $Load) $Server
    $cpu = (Get-CpuSecond $Server.Process) - $before
    New-Turn $result.Rate ($result.Count ? $cpu / $result.Count * 1e6 : 0.0) $result.Errors $result.Raw
}

# Starts a server for each side, and lets each take its turn in every round, so that other work on the machine disturbs
# all of them alike. A start script gets the name of its side. Returns the turns of each side, and the last output of
# ours.
function Measure-Server($Bench, [Collections.Specialized.OrderedDictionary] $Starts, [scriptblock] $Load) {
    $servers = [ordered]@{}
    $printed = ''
    try {
        foreach ($side in $Starts.Keys) { $servers[$side] = & $Starts[$side] $side }
        # The first turn warms up the just-in-time compiler and does not count.
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
