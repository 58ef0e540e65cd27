# For every *.Tests.ps1: BeforeAll { . $PSScriptRoot/common.ps1 }

$builds = Join-Path $PSScriptRoot .. output PSNetLab
$modulePath = Get-ChildItem $builds -Directory -ErrorAction Ignore |
    Sort-Object { [version] $_.Name } | Select-Object -Last 1 -ExpandProperty FullName
if (-not $modulePath) { throw 'Nothing is built yet: run ./build.ps1 first.' }
# Slow work on the thread of an event loop fails a test, here and in every PowerShell started from here.
$env:PSNETLAB_CHECK_THREADS = 1
Import-Module $modulePath/PSNetLab.psd1

# Every other PowerShell is started by Get-PowerShellCommand or Invoke-PowerShell.
. $PSScriptRoot/../build/Child.ps1

# What the descriptors of this process are of, on Linux.
function Get-DescriptorTarget {
    [IO.Directory]::GetFileSystemEntries('/proc/self/fd') | ForEach-Object { [IO.FileInfo]::new($_).LinkTarget }
}

# A leak shows as a count that does not come back; $null where the system does not list a process's descriptors.
function Get-OpenSocketCount {
    if (-not $IsLinux) { return }
    @(@(Get-DescriptorTarget) -like 'socket:*').Count
}

# A wait ends as soon as it can and says what it waited for; a sleep is either too long or too short. Its limit is for what never
# comes to be so: it costs nothing, and the machine may stand still for seconds.
function Wait-Until([Parameter(Mandatory)] [scriptblock] $Condition, [double] $TimeoutSec = 30) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($clock.Elapsed.TotalSeconds -gt $TimeoutSec) { throw "Not so within $TimeoutSec s: {$Condition}" }
        Start-Sleep -Milliseconds 20
    }
}

# For what must know its port beforehand; servers take 0 and say which. It is below those that systems hand out, so that nobody gets it
# by chance before it is used: not for TCP and not for UDP.
function Get-FreePort {
    while ($true) {
        $port = [Random]::Shared.Next(15000, 32000)
        $tcp = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $udp = [Net.Sockets.Socket]::new('InterNetwork', 'Dgram', 'Udp')
        try {
            foreach ($socket in $tcp, $udp) { $socket.Bind([Net.IPEndPoint]::new([ipaddress]::Loopback, $port)) }
            return $port
        }
        catch [Net.Sockets.SocketException] { Write-Verbose "Port $port is taken." }
        finally { $tcp, $udp | ForEach-Object Dispose }
    }
}

class PythonPeer {
    [Diagnostics.Process] $Process
    [int] $Port
    hidden [string] $File
    hidden [Threading.Tasks.Task[string]] $Errors
    hidden [Threading.Tasks.Task[string]] $Line

    PythonPeer([string] $code, [string[]] $arguments) {
        $this.File = Join-Path ([IO.Path]::GetTempPath()) "peer-$([guid]::NewGuid()).py"
        Set-Content $this.File $code
        $python = Get-Command python3, python -CommandType Application -ErrorAction Ignore | Select-Object -First 1
        if (-not $python) { throw 'python3 is missing: install Python 3.' }
        $start = [Diagnostics.ProcessStartInfo]::new($python.Source)
        foreach ($argument in @('-u', '-X', 'utf8', $this.File) + $arguments) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $start.StandardInputEncoding = [Text.UTF8Encoding]::new($false)
        $start.StandardOutputEncoding = $start.StandardErrorEncoding = [Text.Encoding]::UTF8
        $this.Process = [Diagnostics.Process]::Start($start)
        # A full pipe would stop the peer.
        $this.Errors = $this.Process.StandardError.ReadToEndAsync()
    }

    [object] ReadLine() { return $this.ReadLine(30) }

    # $null at the end of the peer's output, which a [string] method would turn into an empty line.
    [object] ReadLine([double] $timeoutSec) {
        # A read that timed out is still under way, and its line belongs to the next call.
        $this.Line ??= $this.Process.StandardOutput.ReadLineAsync()
        if (-not $this.Line.Wait([timespan]::FromSeconds($timeoutSec))) {
            throw "The Python peer wrote no line within $timeoutSec s."
        }
        $text = $this.Line.Result
        $this.Line = $null
        return $text
    }

    # Every line until the peer ends or closes its output.
    [string[]] ReadToEnd() {
        $lines = while ($null -ne ($text = $this.ReadLine())) { $text }
        return $lines
    }

    [void] WriteLine([string] $text) {
        $this.Process.StandardInput.WriteLine($text)
        $this.Process.StandardInput.Flush()
    }

    # The exit code; throws with the peer's own words when it failed.
    [int] WaitForExit([double] $timeoutSec) {
        if (-not $this.Process.WaitForExit([timespan]::FromSeconds($timeoutSec))) {
            throw "The Python peer did not end within $timeoutSec s."
        }
        if ($this.Process.ExitCode) { throw "The Python peer failed: $($this.Errors.Result)" }
        return $this.Process.ExitCode
    }

    [void] Stop() {
        if (-not $this.Process) { return }
        if (-not $this.Process.HasExited) { $this.Process.Kill($true) }
        $this.Process.WaitForExit()
        $this.Process.Dispose()
        $this.Process = $null
        Remove-Item $this.File -ErrorAction Ignore
    }
}

# A peer that knows nothing of .NET. A server prints 'PORT n' once it listens; -NoPort is for a client.
function Start-PythonPeer([Parameter(Mandatory)] [string] $Code, [string[]] $ArgumentList = @(), [switch] $NoPort) {
    $peer = [PythonPeer]::new($Code, $ArgumentList)
    try {
        while (-not $NoPort -and -not $peer.Port) {
            $line = $peer.ReadLine()
            if ($null -eq $line) { throw "The Python peer ended before it printed its port: $($peer.Errors.Result)" }
            if ($line -match '^PORT (\d+)$') { $peer.Port = $Matches[1] }
        }
    }
    catch {
        $peer.Stop()
        throw
    }
    $peer
}

# Ctrl+C as a host does it: Stop() from another thread, after -AfterMs or once -When { param($output) ... } is true.
function Invoke-Stoppable {
    param(
        [Parameter(Mandatory)] [scriptblock] $Script,
        [object[]] $ArgumentList = @(),
        [int] $AfterMs = 300,
        [scriptblock] $When,
        [double] $TimeoutSec = 30
    )
    $state = [initialsessionstate]::CreateDefault2()
    # Stopped while it loads a module by itself, a script would complain of that.
    $state.ImportPSModule([string[]] ('Microsoft.PowerShell.Utility', "$modulePath/PSNetLab.psd1"))
    $shell = [powershell]::Create($state)
    $run = $null
    try {
        # So that -AfterMs counts from the script's start, not from the import.
        $null = $shell.AddScript('$null').Invoke()
        $shell.Commands.Clear()
        $null = $shell.AddScript($Script.ToString())
        foreach ($argument in $ArgumentList) { $null = $shell.AddArgument($argument) }

        $output = [Management.Automation.PSDataCollection[psobject]]::new()
        # A condition may look through it while it is being filled.
        $output.EnumeratorNeverBlocks = $true
        $run = $shell.BeginInvoke([Management.Automation.PSDataCollection[psobject]]::new(), $output)
        if ($When) { Wait-Until { & $When $output } -TimeoutSec $TimeoutSec }
        else { $null = $run.AsyncWaitHandle.WaitOne($AfterMs) }
        $endedBefore = $run.IsCompleted

        $clock = [Diagnostics.Stopwatch]::StartNew()
        $stop = $shell.BeginStop($null, $null)
        if (-not $stop.AsyncWaitHandle.WaitOne([timespan]::FromSeconds($TimeoutSec))) {
            throw "Stop() did not end the script within $TimeoutSec s: {$Script}"
        }
        [pscustomobject]@{
            StopMs      = $clock.Elapsed.TotalMilliseconds
            EndedBefore = $endedBefore
            State       = $shell.InvocationStateInfo.State
            Reason      = $shell.InvocationStateInfo.Reason
            Output      = @($output)
            Errors      = @($shell.Streams.Error)
        }
    }
    finally {
        # Disposing of a shell that cannot be stopped would hang the test run.
        if ($run.IsCompleted) {
            # A shell made from a session state does not own its runspace.
            $shell.Runspace.Dispose()
            $shell.Dispose()
        }
        else { $null = $shell.BeginStop($null, $null) }
    }
}

# For a stop that is to take no longer than a time: an attempt says how long it took. A machine that stands still just then makes one
# slow, but hardly three. Whatever else an attempt finds wrong fails at once.
function Invoke-Within([double] $Ms, [scriptblock] $Attempt) {
    foreach ($try in 1..3) {
        $stopped = & $Attempt
        if ($stopped.StopMs -lt $Ms) { break }
    }
    $stopped.StopMs | Should -BeLessThan $Ms
    $stopped
}

# Attempts for it: Ctrl+C, and the end of a job. Stop-Job itself waits no longer than 1.5 s for that.
function Invoke-StoppableWithin([double] $Ms, [scriptblock] $Script, [object[]] $ArgumentList = @()) {
    Invoke-Within $Ms { Invoke-Stoppable $Script $ArgumentList }
}

function Measure-Stop([Management.Automation.Job] $Job) {
    $clock = [Diagnostics.Stopwatch]::StartNew()
    Stop-Job $Job
    Wait-Until { $Job.State -eq 'Stopped' }
    [pscustomobject]@{ StopMs = $clock.Elapsed.TotalMilliseconds }
}
