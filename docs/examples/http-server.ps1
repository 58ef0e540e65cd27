<#
.SYNOPSIS
Serves a folder over HTTP, and prints which client requests what.

.DESCRIPTION
/ is the index.html of the folder. The answer to a missing file is 404, with the 404.html of the folder if there is one.
Any number of browsers are served at the same time. Ctrl+C ends it.

.PARAMETER Path
The folder to serve.

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Address
The local address to listen on; Any lets other machines in.
#>
#Requires -Version 7.4
param([string] $Path = '.', [int] $Port = 8000, [string] $Address = 'Loopback')

. $PSScriptRoot/import.ps1

$notFound = (Test-Path (Join-Path $Path 404.html)) ? @{ NotFoundPage = '404.html' } : @{}
$server = Start-StaticHttpServer $Path $Port -Address $Address @notFound -ErrorAction Stop
try {
    "Serving $($server.Path) on $($server.Uri)"
    # Anybody may request anything, so control characters must not reach the terminal.
    Receive-HttpRequest $server | ForEach-Object { "$($_.RemoteEndPoint) $_" -replace '\p{Cc}', '?' }
}
finally {
    Remove-Job $server -Force
}
