<#
.SYNOPSIS
A syslog server for tests: UDP and TCP on one port, each message an object.

.DESCRIPTION
Takes RFC 3164 and RFC 5424: a datagram each, or over TCP and TLS a line each or with its length before it (RFC 6587, RFC 5425). Ctrl+C
ends it. Try it with:
logger -n 127.0.0.1 -P 5140 --udp disk full
logger -n 127.0.0.1 -P 5140 --tcp --octet-count disk full

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

# Each message shows by its beginning which of the two it is.
$lineOrCount = @{
    Parse = {
        $begin = [Text.Encoding]::ASCII.GetString($_, 0, [Math]::Min($_.Count, 10))
        if ($begin -match '^[1-9]\d* ') {
            $offset = $Matches[0].Length
            $length = $offset + [int] $Matches[0]
            $_.Count -lt $length ? @{ Needs = $length; Offset = $offset } : @{ Length = $length; Offset = $offset }
        }
        elseif ($begin -notmatch '^\d+$') {
            $end = [Array]::IndexOf($_, [byte] 10)
            $end -lt 0 ? @{ Offset = 0 } : @{ Length = $end + 1; Count = $end }
        }
    }
}
$severities = 'Emergency', 'Alert', 'Critical', 'Error', 'Warning', 'Notice', 'Information', 'Debug'
$tcp = Start-TcpServer $Port -Framing $lineOrCount -Tls:$Tls -ErrorAction Stop
try {
    $udp = Start-UdpServer $tcp.Port -ErrorAction Stop
    "Waiting for messages on $($tcp.LocalEndPoint)"
    Receive-Job $tcp, $udp -Wait | ForEach-Object {
        $parts = [regex]::Match($_.Text, '(?s)^<(?<pri>\d{1,3})>(1 )?(?<text>.*)$')
        [pscustomobject]@{
            From     = $_.RemoteEndPoint
            By       = $_ -isnot [PSNetLab.TcpMessage] ? 'UDP' : $Tls ? 'TLS' : 'TCP'
            Facility = $parts.Success ? [Math]::Floor($parts.Groups['pri'].Value / 8) : $null
            Severity = $parts.Success ? $severities[$parts.Groups['pri'].Value % 8] : $null
            Text     = ($parts.Success ? $parts.Groups['text'].Value : $_.Text).TrimEnd("`0", "`r", "`n")
        }
    }
}
finally {
    $tcp, $udp | Where-Object { $_ } | Remove-Job -Force
}
