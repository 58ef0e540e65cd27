<#
.SYNOPSIS
Serves a folder while a script block runs, and outputs the requests that it made.

.DESCRIPTION
The server takes a free port, and is stopped when the script block is done. To find the broken links of a site:

./static-site.ps1 ./site { wget --recursive --spider --quiet $_ } | Where-Object Status -ge 400

.PARAMETER Path
The folder; the current one by default.

.PARAMETER ScriptBlock
The script block to run; $_ is the address of the server. Its output is shown. By default, it requests the first page.
#>
#Requires -Version 7.4
param(
    [string] $Path = '.',
    [scriptblock] $ScriptBlock = { Invoke-WebRequest $_ -SkipHttpErrorCheck | ForEach-Object StatusDescription }
)

. $PSScriptRoot/import.ps1

$server = Start-StaticHttpServer $Path -ErrorAction Stop
try {
    $server.Uri | ForEach-Object $ScriptBlock | Out-Host
    # Once the server has stopped, there is also a record for answers that were still being sent.
    Stop-Job $server
    Receive-Job $server
}
finally {
    Remove-Job $server -Force
}
