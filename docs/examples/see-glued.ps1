<#
.SYNOPSIS
Shows on the wire how messages are glued together (sticky packets, 粘包), and what a framing adds.

.DESCRIPTION
A client sends three messages at once. Raw, nothing on the wire says where one ends. As lines, each has its end, which is
visible; with a length before each, the length is set apart in brackets.
#>
#Requires -Version 7.4
param([string[]] $Message = @('one', 'two', 'three'))

. $PSScriptRoot/import.ps1

$isChinese = $PSUICulture -like 'zh*'

function Show-Wire([string] $Framing, [string] $Title) {
    $server = Start-TcpServer -Framing $Framing -NoRecord -Transcript
    try {
        # All of them in one piece, as a fast sender has them in its buffer.
        $Message | Send-TcpMessage localhost $server.Port -Framing $Framing
        Stop-Job $server
        "= $Title"
        $view = $Framing -eq 'Length16' ? @{ Framing = $Framing } : @{ }
        Get-NetTranscript $server | Where-Object Kind -EQ Data | Format-NetTranscript @view
    }
    finally {
        Remove-Job $server -Force
    }
}

Show-Wire Raw ($isChinese ? '不分帧：一次读到全部，粘在一起' : 'Raw: read together, and nothing says where a message ends')
Show-Wire Line ($isChinese ? '按行：每条消息有自己的结尾' : 'Line: each message has its end')
Show-Wire Length16 ($isChinese ? '长度前缀：先说有几个字节' : 'Length16: first how long it is, in brackets')
