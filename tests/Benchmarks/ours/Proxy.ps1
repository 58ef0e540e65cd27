# The proxy under test: prints PORT n and runs until its input closes.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [int] $Upstream,
    # Settings of a fault, as JSON.
    [string] $Fault
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$closed = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
$options = $Fault ? @{ Fault = $Fault | ConvertFrom-Json -AsHashtable } : @{}
$proxy = Start-TcpProxy "127.0.0.1:$Upstream" -NoRecord -MaxConnections 20000 @options
[Console]::Out.WriteLine("PORT $($proxy.Port)")
# In case nobody closes the input.
$null = $closed.Wait([TimeSpan]::FromMinutes(30))
Stop-Job $proxy
