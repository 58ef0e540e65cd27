<#
.SYNOPSIS
An FTP server that only introduces itself and lets nobody in: what a scanner, or a check of banners, wants to see.

.DESCRIPTION
Says who it is, asks for a user and a password, and refuses both. Prints who tried. Ctrl+C ends it. Try it with:
curl ftp://me:secret@127.0.0.1:2121/

.PARAMETER Port
The port to listen on; 0 takes a free one.

.PARAMETER Banner
What it says first.
#>
#Requires -Version 7.4
param(
    [int] $Port = 2121,
    [string] $Banner = 'ProFTPD 1.3.5 Server ready.'
)

. $PSScriptRoot/import.ps1

$server = Start-TcpServer $Port -ErrorAction Stop -Dialogue "220 $Banner", @{
    'USER *' = '331 Password required.'
    'PASS *' = '530 Login incorrect.'
    'QUIT'   = '221 Goodbye.', '!close'
    '*'      = '530 Please log in first.'
}, '!loop'
try {
    "Waiting for clients on $($server.LocalEndPoint)"
    Receive-TcpMessage $server | ForEach-Object { "$($_.RemoteEndPoint.Address) says: $($_.Text)" }
}
finally {
    Remove-Job $server -Force
}
