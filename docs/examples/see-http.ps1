<#
.SYNOPSIS
Shows that HTTP is text over TCP: a request and its response, as they go over the wire, and over TLS without it.

.DESCRIPTION
A web server on a free port answers one request. The first picture is of the connection, with the lines of both heads; every
line ends with CR LF (RFC 9112, section 2.1). The second is the same over HTTPS: the transcript is taken inside of TLS.
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

$isChinese = $PSUICulture -like 'zh*'
$page = $isChinese ? '你好,世界' : 'Hello, world'

function Show-Request([hashtable] $Options, [scriptblock] $View) {
    $server = Start-HttpServer @{ '/' = $page } -Transcript @Options
    try {
        $null = Invoke-WebRequest $server.Uri -SkipCertificateCheck -UserAgent lesson -TimeoutSec 10
        Stop-Job $server
        Get-NetTranscript $server | & $View
    }
    finally {
        Remove-Job $server -Force
    }
}

$isChinese ? '= HTTP：两条泳道' : '= HTTP, with two lanes'
Show-Request @{ } { $input | Format-NetTranscript -Sequence }
$isChinese ? '= HTTPS：摘掉 TLS 之后' : '= HTTPS, with TLS taken off'
Show-Request @{ Tls = $true } { $input | Format-NetTranscript }
