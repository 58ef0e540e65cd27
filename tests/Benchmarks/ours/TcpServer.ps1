# The server under test: prints PORT n and runs until its input closes. With -Receive it receives every message as an
# object, and at the end prints COUNT n.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [ValidateSet('Line', 'Raw')] [string] $Framing = 'Line',
    [switch] $Echo,
    # Every other answer is this text.
    [string] $Text,
    [ValidateSet('Reply', 'Dialogue', 'ScriptBlock')] [string] $Answer = 'Reply',
    [switch] $NoRecord,
    [switch] $Receive
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$closed = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
# Not -Echo:$Echo, which chooses the parameter set of the echo server even when it is false.
$options = $Echo ? @{ Echo = $true } : @{}
if ($Text) {
    $options[$Answer] = switch ($Answer) {
        Reply { $Text }
        Dialogue { @{ 'x*' = $Text }, '!loop' }
        ScriptBlock { { $_.Text } }
    }
}
$server = Start-TcpServer -Framing $Framing -NoRecord:$NoRecord -MaxConnections 20000 @options
[Console]::Out.WriteLine("PORT $($server.Port)")

# In case nobody closes the input.
$end = [DateTime]::UtcNow.AddMinutes(30)
if ($Receive) {
    $count = 0
    do {
        $last = $closed.IsCompleted -or [DateTime]::UtcNow -gt $end
        $count += (Receive-TcpMessage -Job $server -TimeoutSec 1 -ErrorAction Ignore | Measure-Object).Count
    } until ($last)
    [Console]::Out.WriteLine("COUNT $count")
}
else {
    $null = $closed.Wait([TimeSpan]::FromMinutes(30))
}
Stop-Job $server
