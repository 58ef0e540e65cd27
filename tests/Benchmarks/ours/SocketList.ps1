# Prints PORT 0. Then, for each line of its input, it prints one line of JSON: how many milliseconds the command of that
# name took, and how many objects it emitted. Every command has run before, to warm up.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Count
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

# The cost for PowerShell to make that many objects in a compiled cmdlet and to pass them on, whatever they contain.
Add-Type -PassThru -ReferencedAssemblies ([psobject].Assembly.Location), netstandard, System.Net.Primitives -TypeDefinition @'
using System.Management.Automation;

public sealed class Thing
{
    public string Protocol { get; set; }
    public string State { get; set; }
    public object LocalAddress { get; set; }
    public int? LocalPort { get; set; }
    public object RemoteAddress { get; set; }
    public int? RemotePort { get; set; }
    public long? ReceiveQueue { get; set; }
    public long? SendQueue { get; set; }
}

[Cmdlet(VerbsCommon.Get, "Thing")]
public sealed class GetThing : Cmdlet
{
    [Parameter] public int Count { get; set; }

    protected override void ProcessRecord()
    {
        for (int i = 0; i < Count; i++) WriteObject(new Thing { LocalPort = i, RemotePort = i, ReceiveQueue = 0, SendQueue = 0 });
    }
}
'@ | ForEach-Object Assembly | Select-Object -First 1 | Import-Module

$commands = @{
    list     = { Get-SocketInfo -Protocol Tcp }
    process  = { Get-SocketInfo -Protocol Tcp -IncludeProcess }
    detailed = { Get-SocketInfo -Protocol Tcp -Detailed }
    emit     = { Get-Thing -Count $Count }
}

$process = [Diagnostics.Process]::GetCurrentProcess()
foreach ($round in 1..5) { foreach ($command in $commands.Values) { $null = & $command } }
[Console]::Out.WriteLine('PORT 0')
while ($name = [Console]::In.ReadLine()) {
    # Garbage of an earlier command is not a cost of this one.
    [GC]::Collect()
    $process.Refresh()
    $cpu = $process.TotalProcessorTime
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $all = @(& $commands[$name])
    $milliseconds = $watch.Elapsed.TotalMilliseconds
    $process.Refresh()
    $result = @{
        milliseconds = $milliseconds
        cpu_ms       = ($process.TotalProcessorTime - $cpu).TotalMilliseconds
        objects      = $all.Count
    }
    [Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
    $all = $null
}
