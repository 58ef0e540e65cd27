<#
.SYNOPSIS
Serves a folder while a script block runs, and puts out the requests that it made.

.DESCRIPTION
The server has a port of its own and is gone when the script block is done. Which links of a site are broken:

./static-site.ps1 ./site { wget --recursive --spider --quiet $_ } | Where-Object Status -ge 400

.PARAMETER Path
The folder.

.PARAMETER ScriptBlock
What to run; $_ is the address of the server. What it puts out is shown.
#>
#Requires -Version 7.4
#Requires -Modules PSNetLab
param(
    [Parameter(Mandatory)] [string] $Path,
    [Parameter(Mandatory)] [scriptblock] $ScriptBlock
)

$server = Start-StaticHttpServer $Path -ErrorAction Stop
try {
    $server.Uri | ForEach-Object $ScriptBlock | Out-Host
    # Answers that are still being sent have a record, too, once the server has stopped.
    Stop-Job $server
    Receive-Job $server
}
finally {
    Remove-Job $server -Force
}
