# The server under test: prints PORT n and runs until its input closes. With -Echo it sends everything back and keeps
# nothing. Without -Echo, nobody receives its messages, and at the end it prints its counts as one line of JSON.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [switch] $Echo,
    [int] $BufferLimit = 65536,
    [int] $ReceiveBufferBytes = 16MB
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$closed = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
# Not -Echo:$Echo, which chooses the parameter set of the echo server even when it is false.
$options = $Echo ? @{ Echo = $true; NoRecord = $true } : @{ BufferLimit = $BufferLimit }
$server = Start-UdpServer -ReceiveBufferBytes $ReceiveBufferBytes @options
[Console]::Out.WriteLine("PORT $($server.Port)")

# In case nobody closes the input.
$null = $closed.Wait([TimeSpan]::FromMinutes(30))
if (-not $Echo) {
    # The sender has ended, but its last datagrams may still wait in the system's buffer.
    do {
        $before = $server.MessageCount
        Start-Sleep -Milliseconds 300
    } until ($server.MessageCount -eq $before)
    $result = @{
        received     = $server.MessageCount
        waiting      = $server.Waiting
        dropped      = $server.Dropped
        kernel_drops = $server.KernelDrops
    }
    [Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
}
Stop-Job $server
