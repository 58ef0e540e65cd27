# For the tests of docs/examples, next to common.ps1.

$examples = Join-Path $PSScriptRoot .. docs examples

# Starts a script of docs/examples in a session of its own; its output can be watched.
function Start-Example([string] $Name, [hashtable] $Parameters = @{}) {
    $state = [initialsessionstate]::CreateDefault2()
    $state.ImportPSModule("$modulePath/PSNetLab.psd1")
    $shell = [powershell]::Create($state)
    $null = $shell.AddCommand("$examples/$Name.ps1").AddParameters($Parameters)
    $output = [Management.Automation.PSDataCollection[psobject]]::new()
    # Or whoever looks at it would wait for the end of the script.
    $output.EnumeratorNeverBlocks = $true
    # An open one would hold up a script that could take something from the pipeline.
    $nothing = [Management.Automation.PSDataCollection[psobject]]::new()
    $nothing.Complete()
    [pscustomobject]@{
        Shell  = $shell
        Output = $output
        Run    = $shell.BeginInvoke($nothing, $output)
    }
}

function Stop-Example($Example) {
    $null = $Example.Shell.BeginStop($null, $null)
    if ($Example.Run.AsyncWaitHandle.WaitOne(30000)) { $Example.Shell.Dispose() }
}

# A server of docs/examples on a free port, which it says.
function Start-ExampleServer([string] $Name, [hashtable] $Parameters = @{}) {
    if (-not $Parameters.Port) { $Parameters.Port = 0 }
    $server = Start-Example $Name $Parameters
    Wait-Until { $server.Output.Count -or $server.Shell.Streams.Error.Count }
    $server | Add-Member Port ([int] [regex]::Match("$($server.Output[0])", ':(\d+)/?$').Groups[1].Value) -PassThru
}

# The lines of an example that ends by itself.
function Wait-Example($Example, [double] $TimeoutSec = 30) {
    try {
        if (-not $Example.Run.AsyncWaitHandle.WaitOne([timespan]::FromSeconds($TimeoutSec))) {
            throw "The example did not end within $TimeoutSec s. It said: $($Example.Output -join '; ')"
        }
        $null = $Example.Shell.EndInvoke($Example.Run)
        $Example.Shell.Streams.Error | Should -BeNullOrEmpty
        @($Example.Output | ForEach-Object { "$_" })
    }
    finally {
        Stop-Example $Example
    }
}

function Invoke-Example([string] $Name, [hashtable] $Parameters = @{}) {
    Wait-Example (Start-Example $Name $Parameters)
}

# What a Python script prints until it ends.
function Invoke-PythonScript([string] $Code, [string[]] $ArgumentList) {
    $peer = Start-PythonPeer $Code $ArgumentList -NoPort
    try {
        $peer.ReadToEnd()
        $null = $peer.WaitForExit(10)
    }
    finally {
        $peer.Stop()
    }
}

# An example in a process of its own, because it asks at the console.
function Start-ExampleProcess([string] $Name, [string] $Arguments) {
    $program, $options = @(Get-PowerShellCommand) + '-NoProfile', '-Command'
    $start = [Diagnostics.ProcessStartInfo]::new($program)
    $utf8 = '[Console]::InputEncoding = [Console]::OutputEncoding = [Text.UTF8Encoding]::new()'
    $script = "$utf8; Import-Module '$modulePath/PSNetLab.psd1'; & '$examples/$Name.ps1' $Arguments; exit `$LASTEXITCODE"
    foreach ($argument in $options + $script) { $start.ArgumentList.Add($argument) }
    $start.Environment['NO_COLOR'] = '1'
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
    $start.StandardInputEncoding = $start.StandardOutputEncoding = [Text.UTF8Encoding]::new()
    $process = [Diagnostics.Process]::Start($start)
    [pscustomobject]@{
        Process = $process
        Errors  = $process.StandardError.ReadToEndAsync()
        Said    = [Collections.Generic.List[string]]::new()
        Line    = $null
    }
}

function Send-Line($Example, [string[]] $Text) {
    foreach ($line in $Text) { $Example.Process.StandardInput.WriteLine($line) }
    $Example.Process.StandardInput.Flush()
}

# Reads on until a line has the text; all that was read is in Said.
function Read-Until($Example, [string] $Text, [double] $TimeoutSec = 30) {
    $deadline = [datetime]::UtcNow.AddSeconds($TimeoutSec)
    while (-not ($Example.Said -match [regex]::Escape($Text))) {
        # A read that timed out is still under way, and its line belongs to the next call.
        $Example.Line ??= $Example.Process.StandardOutput.ReadLineAsync()
        $left = $deadline - [datetime]::UtcNow
        if ($left -le 0 -or -not $Example.Line.Wait($left) -or $null -eq $Example.Line.Result) {
            throw "No line with '$Text' came within $TimeoutSec s, but: $($Example.Said -join '; ')"
        }
        $Example.Said.Add($Example.Line.Result)
        $Example.Line = $null
    }
}

# What an example still says, with the input closed, and how it ended.
function Wait-ExampleProcess($Example, [double] $TimeoutSec = 30, [switch] $KeepOpen) {
    try {
        if (-not $KeepOpen) { $Example.Process.StandardInput.Close() }
        if ($Example.Line) { $Example.Said.Add("$($Example.Line.GetAwaiter().GetResult())") }
        $rest = $Example.Process.StandardOutput.ReadToEndAsync()
        if (-not $Example.Process.WaitForExit([timespan]::FromSeconds($TimeoutSec))) {
            throw "The example did not end within $TimeoutSec s. It said: $($Example.Said -join '; ')"
        }
        [pscustomobject]@{
            Text   = ($Example.Said -join "`n") + "`n" + $rest.Result
            Errors = $Example.Errors.Result
            Code   = $Example.Process.ExitCode
        }
    }
    finally {
        Stop-ExampleProcess $Example
    }
}

function Stop-ExampleProcess($Example) {
    if (-not $Example.Process) { return }
    if (-not $Example.Process.HasExited) { $Example.Process.Kill($true) }
    $Example.Process.Dispose()
    $Example.Process = $null
}
