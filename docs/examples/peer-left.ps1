<#
.SYNOPSIS
Shows that a receive which returns nothing means: the peer has left.

.DESCRIPTION
A receive waits when there is nothing at the moment, and ends when the other side has closed: then it returns nothing,
however often it is asked.
#>
#Requires -Version 7.4
#Requires -Modules PSNetLab
param([string[]] $Message = @('first', 'second', 'goodbye'))

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
