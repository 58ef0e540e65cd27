<#
.SYNOPSIS
Stands in for an HTTP API, from a recording, and prints who asks for what.

.DESCRIPTION
With -Upstream, what is not in the recording is passed on to the real API and added: use your program once, and stop the script with
Ctrl+C, which writes the file. Without it, the recording alone answers, and no network is needed; what is not in it gets 404 and the
nearest requests. Secrets are taken out before anything is written.

The recording is JSON and may be edited. HTTP Archives (.har) and stub mappings of WireMock are read as well.

.PARAMETER Path
The recording.

.PARAMETER Upstream
The real API, such as https://api.example.com.

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER KeepLatency
Lets answers take as long as they took.
#>
#Requires -Version 7.4
param([string] $Path = 'api.json', [string] $Upstream, [int] $Port = 8080, [switch] $KeepLatency)

. $PSScriptRoot/import.ps1

$source = $Upstream ? @{ Upstream = $Upstream; Mode = 'Spy' } : @{ Mode = 'Replay' }
$server = Start-HttpServer -Port $Port -Recording $Path -KeepLatency:$KeepLatency @source -ErrorAction Stop
try {
    "Answering on $($server.Uri)"
    # Anybody may request anything, so control characters must not reach the terminal.
    Receive-HttpRequest $server | ForEach-Object {
        $from = $_.Route ? 'recorded' : $Upstream ? 'passed on' : 'not recorded'
        "$_ ($from)" -replace '\p{Cc}', '?'
    }
}
finally {
    Remove-Job $server -Force
}
