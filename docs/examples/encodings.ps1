<#
.SYNOPSIS
Sends the same text in UTF-8 and in GB18030, and shows what it looks like if the receiver guesses the wrong encoding.

.PARAMETER Text
What to send.
#>
#Requires -Version 7.4
param([string] $Text = '来,确认下眼神')

. $PSScriptRoot/import.ps1

foreach ($encoding in 'utf8', 'GB18030') {
    $server = Start-TcpServer -Framing Line -Encoding $encoding -Echo
    try {
        $line = @{ ComputerName = 'localhost'; Port = $server.Port; Framing = 'Line' }
        $right = Send-TcpMessage @line $Text -Encoding $encoding -Count 1
        "$encoding, $($right.Length) bytes: $([Convert]::ToHexString($right.Data))"
        "  both sides $encoding`: $($right.Text)"

        # The bytes are sent unchanged; it is the reader who guesses wrong.
        $wrong = Send-TcpMessage @line $right.Data -Encoding ($encoding -eq 'utf8' ? 'GB18030' : 'utf8') -Count 1
        "  read as something else: $($wrong.Text)"
    }
    finally {
        Remove-Job $server -Force
    }
}
