# The server under test: prints PORT n and runs until its input closes. Options are parameters of
# Start-StaticHttpServer, such as NoRecord or LogPath=file, separated by commas. With -Receive it receives all records as
# they arrive, and at the end prints COUNT n and DROPPED n.
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Module,
    [Parameter(Mandatory)] [string] $Path,
    [string] $Options,
    [switch] $Receive
)
$ErrorActionPreference = 'Stop'
Import-Module $Module

$closed = [Console]::OpenStandardInput().ReadAsync([byte[]]::new(1), 0, 1)
$more = @{}
foreach ($option in $Options.Split(',', [StringSplitOptions]::RemoveEmptyEntries)) {
    $name, $value = $option.Split('=')
    $more[$name] = $value ?? $true
}
$server = Start-StaticHttpServer -Path $Path -Port 0 -MaxConnections 20000 @more
[Console]::Out.WriteLine("PORT $($server.Port)")

# In case nobody closes the input.
$end = [DateTime]::UtcNow.AddMinutes(30)
if ($Receive) {
    $count = 0
    do {
        $last = $closed.Wait(20) -or [DateTime]::UtcNow -gt $end
        $count += ($server | Receive-Job | Measure-Object).Count
    } until ($last)
    [Console]::Out.WriteLine("COUNT $count")
    [Console]::Out.WriteLine("DROPPED $($server.Dropped)")
}
else {
    $null = $closed.Wait([TimeSpan]::FromMinutes(30))
}
Stop-Job $server
