<#
.SYNOPSIS
A mail server for tests: takes every mail, or refuses some, and shows what came. Nothing is sent on.

.DESCRIPTION
Each mail becomes an object with From, To, Subject and Text. Ctrl+C ends it. Try it with curl:
curl smtp://127.0.0.1:2525 --mail-from me@example.org --mail-rcpt you@example.org -T mail.txt

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Refuse
The recipients to refuse, as a wildcard, such as *@example.net.
#>
#Requires -Version 7.4
param(
    [int] $Port = 2525,
    [string] $Refuse = 'nobody'
)

. $PSScriptRoot/import.ps1

$steps = '220 PSNetLab', [ordered]@{
    "RCPT TO:<$Refuse>*" = '550 no such mailbox'
    DATA                 = '354 end with a dot', [ordered]@{ '.' = '250 queued'; '*' = '!again' }
    QUIT                 = '221 bye', '!close'
    '*'                  = '250 ok'
}, '!loop'
$server = Start-TcpServer $Port -Dialogue $steps -ErrorAction Stop
try {
    "Waiting for mail on $($server.LocalEndPoint)"
    $mails = @{}
    Receive-TcpMessage $server | ForEach-Object {
        $mail = $mails[$_.ConnectionId] ??= @{ To = @(); Lines = $null }
        if ($null -eq $mail.Lines) {
            switch -Regex ($_.Text) {
                '^MAIL FROM:<(.*?)>' { $mail.From = $Matches[1]; $mail.To = @() }
                '^RCPT TO:<(.*?)>' { if ($Matches[1] -notlike $Refuse) { $mail.To += $Matches[1] } }
                '^DATA$' { $mail.Lines = [Collections.Generic.List[string]]::new() }
            }
        }
        elseif ($_.Text -ne '.') { $mail.Lines.Add($_.Text -replace '^\.') }
        else {
            $head, $text = $mail.Lines -join "`n" -split "`n`n", 2
            [pscustomobject]@{
                From    = $mail.From
                To      = $mail.To -join ', '
                Subject = [regex]::Match($head, '(?im)^Subject: (.*)$').Groups[1].Value
                Text    = $text
            }
            $mail.Lines = $null
        }
    }
}
finally {
    Remove-Job $server -Force
}
