<#
.SYNOPSIS
Shows a connection of which one direction has ended: the server has said everything, and the client still talks.

.DESCRIPTION
The server ends its stream with a FIN. The client is in CLOSE-WAIT then and may go on sending, until it ends its own stream
(RFC 9293, section 3.6).
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

$isChinese = $PSUICulture -like 'zh*'
$server = Start-TcpServer -Transcript
try {
    $client = Open-TcpConnection localhost $server.Port
    Send-TcpMessage $client ($isChinese ? '你好' : 'Hello')
    $null = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 5

    $served = Get-TcpConnection $server
    Send-TcpMessage $served ($isChinese ? '我说完了' : 'That was all')
    Close-TcpConnection $served -HalfClose
    # To the end of the stream.
    $null = Receive-TcpMessage $client
    "$($isChinese ? '服务器' : 'server') $($served.State), $($isChinese ? '客户端' : 'client') $($client.State)"

    Send-TcpMessage $client ($isChinese ? '我再说一句' : 'One more thing')
    $null = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 5
    Close-TcpConnection $client
    Stop-Job $server
    Get-NetTranscript $server | Format-NetTranscript -Sequence
}
finally {
    Remove-Job $server -Force
}
