<#
.SYNOPSIS
Shows how a TCP connection opens and ends: the handshake, a question and its answer, and the states of both sides.

.DESCRIPTION
Draws the client and the server as two lanes. The three packets of the handshake open the connection, and each side ends
its own stream with a FIN (RFC 9293, sections 3.5 and 3.6). The side that ends first waits in TIME-WAIT.

.PARAMETER Path
Writes the picture to this file as well, as SVG.
#>
#Requires -Version 7.4
param([string] $Path)

. $PSScriptRoot/import.ps1

$isChinese = $PSUICulture -like 'zh*'
$question, $answer = $isChinese ? ('在吗?', '来,确认下眼神') : ('Are you there?', 'Here I am')
$server = Start-TcpServer -Reply $answer -Transcript
try {
    $null = Send-TcpMessage localhost $server.Port $question -Count 1
    # Its transcript is complete when the server has ended.
    Stop-Job $server
    Get-NetTranscript $server | Format-NetTranscript -Sequence
    if ($Path) { Get-NetTranscript $server | Format-NetTranscript -Sequence -Path $Path -Force }
}
finally {
    Remove-Job $server -Force
}

$isChinese ?
    '三次握手打开连接；双方各用一个 FIN 结束自己的方向。先结束的一方留在 TIME-WAIT。' :
    'Three packets open the connection. Each side ends its own stream with a FIN; the first to do so is left in TIME-WAIT.'
