<#
.SYNOPSIS
Shows that a receive returns nothing when the peer has left.

.DESCRIPTION
If there is nothing to read yet, a receive waits. Once the other side has closed, every receive returns at once, with
nothing.
#>
#Requires -Version 7.4
param([string[]] $Message = @('first', 'second', 'goodbye'))

. $PSScriptRoot/import.ps1

$server = Start-TcpServer -Framing Line -Reply 'welcome'
try {
    $connection = Open-TcpConnection localhost $server.Port -Framing Line
    Send-TcpMessage -Connection $connection 'hello'
    (Receive-TcpMessage $connection -Count 1 -TimeoutSec 5).Text

    $Message | Send-TcpMessage -Job $server
    Get-TcpConnection $server | Close-TcpConnection
    Receive-TcpMessage $connection | ForEach-Object Text

    $nothing = Receive-TcpMessage $connection
    "Received '$nothing': the peer has left, the connection is in $($connection.State)."
    Close-TcpConnection $connection
}
finally {
    Remove-Job $server -Force
}
