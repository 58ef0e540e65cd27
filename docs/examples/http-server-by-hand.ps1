<#
.SYNOPSIS
A web server written by hand on a TCP server: prints each request line by line, and answers with a page.

.DESCRIPTION
Serves the index.html of a folder, and a not-found page for anything else. It closes the connection after each answer.
Ctrl+C ends it. Try it with a browser, or with http-by-hand.ps1.

.PARAMETER Path
The folder with the index.html.

.PARAMETER Port
The port to listen on; 0 takes a free one.
#>
#Requires -Version 7.4
param([string] $Path = '.', [int] $Port = 8000)

. $PSScriptRoot/import.ps1

# An empty line ends a request, so it is the delimiter of the framing. The framing also adds it to each answer.
$end = "`r`n`r`n"
$page = Join-Path (Convert-Path $Path) index.html
$server = Start-TcpServer $Port -Framing @{ Delimiter = $end } -IdleTimeoutSec 10 -ErrorAction Stop -ScriptBlock {
    $found = $_.Text -match '^GET /(index\.html)?[ ?]' -and (Test-Path $using:page)
    $status = $found ? '200 OK' : '404 Not Found'
    $content = $found ? (Get-Content $using:page -Raw) : '<!doctype html><title>404</title><h1>Not found</h1>'
    $length = [Text.Encoding]::UTF8.GetByteCount($content + $using:end)

    "HTTP/1.1 $status`r`nContent-Type: text/html; charset=utf-8`r`nContent-Length: $length`r`nConnection: close"
    $content
}
try {
    "Waiting for requests on http://$($server.LocalEndPoint)"
    Receive-TcpMessage $server | ForEach-Object {
        # Anybody may send anything, so control characters must not reach the terminal.
        foreach ($line in $_.Text -split "`r`n") { "$($_.RemoteEndPoint) $($line -replace '\p{Cc}', '?')" }

        # The answer has two parts: the head and the content. When both are sent, the connection ends.
        $client = Get-TcpConnection $server -Id $_.ConnectionId -ErrorAction Ignore
        while ($client.State -eq 'Established' -and $client.MessagesSent -lt 2) { Start-Sleep -Milliseconds 10 }
        $client | Close-TcpConnection
    }
}
finally {
    Remove-Job $server -Force
}
