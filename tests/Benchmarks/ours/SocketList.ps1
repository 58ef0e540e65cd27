# Prints PORT 0, then for each line of its input one line of JSON: how long the command of that name took, in
# milliseconds, and how many objects it gave. It is warm: every command has run before.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Count
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

# What it costs PowerShell to make that many objects of a compiled cmdlet and to hand them on, whatever is in them.
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
    # What an earlier command left behind is not the price of this one.
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
