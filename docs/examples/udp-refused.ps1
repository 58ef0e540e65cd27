<#
.SYNOPSIS
Shows how a client learns that nobody listens, and that a server survives the same error.

.DESCRIPTION
A host answers a datagram to a closed port with an ICMP message, port unreachable. A client whose socket is connected to
that one port gets it as an error, but only when it sends again or waits for an answer. A server serves many clients with a
socket that is not connected, so a client that did not wait for its answer does not harm the others.
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

$server = Start-UdpServer -ScriptBlock {
    if ($_.Text -eq 'I cannot wait') { Start-Sleep -Milliseconds 300 }
    "You said: $($_.Text)"
}
try {
    $port = Start-UdpServer | ForEach-Object { $_.Port; Remove-Job $_ -Force }
    Send-UdpMessage localhost $port 'hello'
    "One datagram to the closed port $port, and away: no error."
    Send-UdpMessage localhost $port 'hello' -Count 1 -ErrorAction SilentlyContinue -ErrorVariable problem
    "Another, and waiting for an answer: $problem"

    Send-UdpMessage localhost $server.Port 'I cannot wait'
    while ($server.MessagesSent -eq 0) { Start-Sleep -Milliseconds 20 }
    'The server has answered a client that was gone already.'
    $answer = Send-UdpMessage localhost $server.Port 'I wait' -Count 1
    "It answers the next one: $($answer.Text)"
    "It is $($server.State), with $($server.Error.Count) errors."
}
finally {
    Remove-Job $server -Force
}
