<#
.SYNOPSIS
Sends one event to a syslog server, as a datagram.

.PARAMETER Message
What happened.

.PARAMETER Severity
How bad it is.

.PARAMETER Server
The name or address of the syslog server.

.PARAMETER Port
The port of the server.
#>
#Requires -Version 7.4
param(
    [Parameter(Mandatory)] [string] $Message,
    [ValidateSet('emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug')] [string] $Severity = 'info',
    [string] $Server = '127.0.0.1',
    [int] $Port = 514
)

# RFC 5424, section 6.2.1: eight times the facility, here 16 (local0), plus the severity.
$severities = 'emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'
$priority = 16 * 8 + $severities.IndexOf($Severity)
$time = Get-Date -AsUTC -UFormat '%Y-%m-%dT%H:%M:%SZ'
$packet = [Text.Encoding]::UTF8.GetBytes("<$priority>1 $time $([Environment]::MachineName) backup - - - $Message")

$client = [Net.Sockets.UdpClient]::new()
try {
    $null = $client.Send($packet, $packet.Length, $Server, $Port)
}
finally {
    $client.Dispose()
}
