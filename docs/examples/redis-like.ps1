<#
.SYNOPSIS
A store of names and values that speaks a little of the protocol of Redis: PING, SET, GET, DEL, INCR, KEYS and QUIT.

.DESCRIPTION
Takes commands as redis-cli sends them, and lines of words. The values are kept while it runs; Ctrl+C ends it. Try it with:
printf 'SET name me\r\nGET name\r\nQUIT\r\n' | nc 127.0.0.1 6380

.PARAMETER Port
The port to listen on; 0 takes a free one.
#>
#Requires -Version 7.4
param([int] $Port = 6380)

. $PSScriptRoot/import.ps1

$values = [Collections.Concurrent.ConcurrentDictionary[string, string]]::new()
$server = Start-TcpServer $Port -Framing CrLf -ErrorAction Stop -ScriptBlock {
    # redis-cli sends an array: *2, then for each word its length and itself.
    if (-not $State.Left -and $_.Text -match '^\*(\d+)$') {
        $State.Left = 2 * $Matches[1]
        $State.Words = @()
        return
    }
    $words = -split $_.Text
    if ($State.Left) {
        if (--$State.Left % 2 -eq 0) { $State.Words += $_.Text }
        if ($State.Left) { return }
        $words = $State.Words
    }
    $values = $using:values
    $command, $name, $value = $words
    switch ($command) {
        PING { '+PONG' }
        SET { $values[$name] = $value; '+OK' }
        GET {
            $value = $values[$name]
            if ($null -eq $value) { '$-1' } else { '$' + [Text.Encoding]::UTF8.GetByteCount($value); $value }
        }
        DEL { ":$([int] $values.ContainsKey($name))"; $null = $values.TryRemove($name, [ref] $null) }
        INCR { $values[$name] = "$(1 + $values[$name])"; ":$($values[$name])" }
        KEYS {
            $names = @($values.Keys) -like $name
            "*$($names.Count)"
            foreach ($name in $names) { '$' + [Text.Encoding]::UTF8.GetByteCount($name); $name }
        }
        QUIT { Send-TcpMessage -Connection $Connection '+OK'; Close-TcpConnection $Connection }
        default { "-ERR unknown command '$command'" }
    }
}
try {
    "Waiting for clients on $($server.LocalEndPoint)"
    Receive-Job $server -Wait 6>&1 | Where-Object Tags | ForEach-Object { "$_" }
}
finally {
    Remove-Job $server -Force
}
