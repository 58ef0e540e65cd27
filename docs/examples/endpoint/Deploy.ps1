<#
.SYNOPSIS
Waits until the agent of a host listens, tells it which version to deploy, and checks its answer.

.PARAMETER Version
The version to deploy.

.PARAMETER Server
The name or address of the host.

.PARAMETER Port
The port of its agent.

.PARAMETER WaitSec
How many seconds to wait until the agent listens, and then for its answer.
#>
#Requires -Version 7.4
param(
    [Parameter(Mandatory)] [version] $Version,
    [string] $Server = '127.0.0.1',
    [Parameter(Mandatory)] [int] $Port,
    [double] $WaitSec = 30
)

$deadline = [datetime]::UtcNow.AddSeconds($WaitSec)
while (-not (Test-Connection $Server -TcpPort $Port -TimeoutSeconds 1 -Quiet)) {
    if ([datetime]::UtcNow -gt $deadline) { throw "No agent listens on ${Server}:$Port." }
    Write-Verbose 'The agent does not listen yet.'
    Start-Sleep -Milliseconds 100
}

$client = [Net.Sockets.TcpClient]::new($Server, $Port)
try {
    $stream = $client.GetStream()
    $stream.ReadTimeout = 1000 * $WaitSec
    $stream.Write([Text.Encoding]::ASCII.GetBytes("deploy $Version`n"))
    $answer = [IO.StreamReader]::new($stream).ReadLine()
}
catch [IO.IOException] {
    throw "The agent did not answer within $WaitSec s."
}
finally {
    $client.Dispose()
}
if ($null -eq $answer) { throw 'The agent hung up.' }
if ($answer -ne 'ok') { throw "The agent refuses ${Version}: $answer" }
