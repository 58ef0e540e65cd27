<#
.SYNOPSIS
Asks a web service for its health until it is healthy, and fails after too many tries.

.PARAMETER Uri
The address of the health check.

.PARAMETER Tries
How many times to ask.

.PARAMETER DelaySec
How many seconds to wait between two tries.

.PARAMETER TimeoutSec
How many seconds to wait for an answer.
#>
#Requires -Version 7.4
param(
    [Parameter(Mandatory)] [uri] $Uri,
    [int] $Tries = 5,
    [double] $DelaySec = 2,
    [int] $TimeoutSec = 3
)

foreach ($try in 1..$Tries) {
    if ($try -gt 1) { Start-Sleep -Milliseconds (1000 * $DelaySec) }
    try {
        $null = Invoke-WebRequest $Uri -TimeoutSec $TimeoutSec -NoProxy
        return "Healthy after $try tries"
    }
    catch {
        $problem = $_.Exception.Message
    }
}
throw "$Uri is not healthy after $Tries tries: $problem"
