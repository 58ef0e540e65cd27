<#
.SYNOPSIS
A syslog server for tests: UDP and TCP on one port, each message an object.

.DESCRIPTION
Takes RFC 3164 and RFC 5424, a datagram or a line each. Ctrl+C ends it. Try it with:
logger -n 127.0.0.1 -P 5140 --udp disk full

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Tls
Uses TLS on TCP, with a certificate that nobody trusts.
#>
#Requires -Version 7.4
param(
    [int] $Port = 5140,
    [switch] $Tls
)

. $PSScriptRoot/import.ps1

$severities = 'Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Information', 'Debug'
$tcp = Start-TcpServer $Port -Framing Line -Tls:$Tls -ErrorAction Stop
try {
    $udp = Start-UdpServer $tcp.Port -ErrorAction Stop
    "Waiting for messages on $($tcp.LocalEndPoint)"
    Receive-Job $tcp, $udp -Wait | ForEach-Object {
        $parts = [regex]::Match($_.Text, '(?s)^<(?<pri>\d{1,3})>(1 )?(?<text>.*)$')
        [pscustomobject]@{
            From     = $_.RemoteEndPoint
            By       = $_ -is [PSNetLab.TcpMessage] ? 'TCP' : 'UDP'
            Facility = $parts.Success ? [Math]::Floor($parts.Groups['pri'].Value / 8) : $null
            Severity = $parts.Success ? $severities[$parts.Groups['pri'].Value % 8] : $null
            Text     = $parts.Success ? $parts.Groups['text'].Value.TrimEnd("`0", "`n") : $_.Text
        }
    }
}
finally {
    $tcp, $udp | Where-Object { $_ } | Remove-Job -Force
}
