<#
.SYNOPSIS
A tour of PSNetLab: shows every command, runs it, and shows its real output.

.DESCRIPTION
Uses the newest build in output/ and only free ports of this machine, and stops everything that it started.
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

$tour = @(
    'A server is a job on a free port'
    { $server = Start-TcpServer -Name Log -Framing Line -Reply 'noted'; $server }
    { $client = Open-TcpConnection localhost $server.Port -Framing Line }
    { 'disk full', '磁盘满了' | Send-TcpMessage -Connection $client }
    { Receive-TcpMessage $client -Count 2 -TimeoutSec 5 }
    { Get-TcpConnection $server }

    'What the server has received, as objects: wait for them, sort them, test them'
    { $messages = Receive-TcpMessage $server -Count 2 -TimeoutSec 5; $messages }
    { $messages | Sort-Object Length | Select-Object -Last 1 | Format-List Time, RemoteEndPoint, Length, Data, Text }
    { Close-TcpConnection $client }

    'TCP has no messages: three sent to a reader who is late come out as one (粘包)'
    { $raw = Start-TcpServer -Reply 'welcome' }
    { $client = Open-TcpConnection localhost $raw.Port; Send-TcpMessage -Connection $client 'hello' }
    { (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text }
    { 'one', 'two', 'three' | Send-TcpMessage -Job $raw }
    { (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text; Close-TcpConnection $client }

    'A framing, the same on both sides, keeps them apart'
    { 'one', 'two', 'three' | Send-TcpMessage localhost $server.Port -Framing Line }
    { (Receive-TcpMessage $server -Count 3 -TimeoutSec 5).Text }

    'A script block answers, with everything PowerShell can do'
    { $prices = @{ tea = 2.5; coffee = 3 } }
    { $shop = Start-TcpServer -Framing Line -ScriptBlock { "$($_.Text): $(($using:prices)[$_.Text] ?? 'sold out')" } }
    { 'tea', 'coffee', 'cocoa' | Send-TcpMessage localhost $shop.Port -Framing Line -Count 3 }

    'TLS, with a certificate made on the spot; nobody trusts it'
    { $safe = Start-TcpServer -Name Safe -Tls -Echo }
    { Send-TcpMessage localhost $safe.Port 'secret' -Tls -Count 1 }
    { Send-TcpMessage localhost $safe.Port 'secret' -Tls -Count 1 -SkipCertificateCheck }

    'UDP: datagrams keep their boundaries, and nothing is opened first'
    { $udp = Start-UdpServer -Reply 'got it' }
    { 'ping', 'pong' | Send-UdpMessage localhost $udp.Port -Count 2 }

    'A folder becomes a web site, and every request a record'
    { $site = Start-StaticHttpServer (Split-Path $PSScriptRoot) -Name Site -Browse; $site.Uri.AbsoluteUri }
    { (Invoke-WebRequest "$($site.Uri)terminal.svg").Headers.'Content-Type' }
    { Invoke-WebRequest "$($site.Uri)nothing" -SkipHttpErrorCheck | ForEach-Object StatusCode }
    { Receive-HttpRequest $site -Count 2 -TimeoutSec 5 }

    'Every socket can be looked into'
    { $client = Open-TcpConnection localhost $server.Port }
    { $client | Get-SocketInfo | Format-List State, LocalAddress, LocalPort, Handle, TcpInfo }
    { $client | Get-SocketOption NoDelay, KeepAlive, ReceiveBuffer }
    { Get-SocketInfo -LocalPort $server.Port -IncludeProcess }
    { Close-TcpConnection $client }

    'Errors have an id, and say what to do'
    { Start-TcpServer $server.Port }
    { Start-TcpServer -Framing Lines }
    { Receive-TcpMessage $server -Count 1 -TimeoutSec 0.2 }

    'All servers are jobs, and Stop-Job frees their ports'
    { Get-Job }
    { Get-Job | Stop-Job }
    { Send-TcpMessage localhost $server.Port 'Is anybody there?' }
)

# An error as one line, anything else as it is.
function Get-Line($Result) {
    if ($Result -isnot [Management.Automation.ErrorRecord]) { return $Result }
    "$(($Result.FullyQualifiedErrorId -split ',')[0]): $Result"
}

$before = @(Get-Job)
try {
    foreach ($step in $tour) {
        if ($step -is [string]) {
            Write-Host "`n# $step" -ForegroundColor Cyan
            continue
        }
        Write-Host "PS> $("$step".Trim())" -ForegroundColor Yellow
        try { . $step 2>&1 | ForEach-Object { Get-Line $_ } | Out-Host }
        catch { Get-Line $_ | Out-Host }
    }
}
finally {
    Get-Job | Where-Object Id -NotIn $before.Id | Remove-Job -Force
}
Write-Host "`nEverything is stopped. Next: Get-Help about_PSNetLab, and the scripts in docs/examples."
