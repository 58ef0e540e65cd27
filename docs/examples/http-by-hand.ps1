<#
.SYNOPSIS
Writes HTTP requests by hand, because HTTP is text over TCP, and shows the answer to each.

.DESCRIPTION
A request is a line, headers, an empty line, and perhaps content; so is an answer. Each request has a connection of its
own, which the server closes after the answer. Any web server will do, such as: python3 -m http.server 8000
Without -Port, it serves this folder itself meanwhile.

.PARAMETER ComputerName
The name or address of the server.

.PARAMETER Port
The port of the server.

.PARAMETER Target
The request target: a path, perhaps with a query.

.PARAMETER Method
The methods to try.

.PARAMETER Content
The content of POST and PUT requests.
#>
#Requires -Version 7.4
param(
    [string] $ComputerName = '127.0.0.1',
    [int] $Port,
    [string] $Target = '/',
    [string[]] $Method = @('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'),
    [string] $Content = 'name=小明'
)

. $PSScriptRoot/import.ps1

$own = $Port ? $null : (Start-StaticHttpServer $PSScriptRoot -Browse)
if ($own) { $Port = $own.Port }

# By the first digit of the status (RFC 9110, section 15).
$classes = @{
    '1' = 'Informational: more is to come'
    '2' = 'Successful'
    '3' = 'Redirection: ask elsewhere'
    '4' = 'Client error: the request is at fault'
    '5' = 'Server error: the server cannot do it'
}

try {
    foreach ($name in $Method) {
        $carried = $name -in 'POST', 'PUT' ? $Content : ''
        $request = @(
            # CONNECT asks for a tunnel to a host, not for a page.
            "$name $($name -eq 'CONNECT' ? "${ComputerName}:$Port" : $Target) HTTP/1.1"
            "Host: ${ComputerName}:$Port"
            'Connection: close'
            # The length is in bytes, not in characters.
            if ($carried) { "Content-Length: $([Text.Encoding]::UTF8.GetByteCount($carried))" }
            ''
            $carried
        )
        $request | Select-Object -SkipLast ($carried ? 0 : 1) | ForEach-Object { "> $_" }

        $reads = Send-TcpMessage $ComputerName $Port ($request -join "`r`n") -Receive -TimeoutSec 10
        # The bytes are joined before they are decoded, because a read may end in the middle of a character.
        $head, $page = [Text.Encoding]::UTF8.GetString([byte[]] @($reads.Data)) -split "`r`n`r`n", 2
        $head -split "`r`n" | ForEach-Object { "< $_" }
        $status = [regex]::Match($head, '^HTTP/1\.\d (\d)').Groups[1].Value
        "= $($classes[$status] ?? 'No answer in HTTP'), with $("$page".Length) characters of content"
        ''
    }
}
finally {
    if ($own) { Remove-Job $own -Force }
}
