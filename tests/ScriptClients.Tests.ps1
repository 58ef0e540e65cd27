# Scripts whose clients do not read what they are sent: such a client stops nobody but itself.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A client that has asked and never reads. Its buffer is small, so that the server notices that soon.
    function Connect-Mute([int] $Port, [string] $Text, [byte[]] $Then = @()) {
        $client = [Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
        $client.ReceiveBufferSize = 4096
        $client.Connect('127.0.0.1', $Port)
        $null = $client.Send([Text.Encoding]::ASCII.GetBytes($Text) + $Then)
        $client
    }

    # The same with a WebSocket: its message is empty.
    function Connect-MuteWebSocket([int] $Port, [string] $Path) {
        Connect-Mute $Port ("GET $Path HTTP/1.1`nHost: a`nConnection: Upgrade`nUpgrade: websocket`nSec-WebSocket-Version: 13`n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==`n`n").Replace("`n", "`r`n") 0x81, 0x80, 0, 0, 0, 0
    }

    # What does not fit the buffer of the client waits in the server then.
    function Limit-SendBuffer($Server) { $null = Set-SocketOption $Server SendBuffer 4096 }

    # For scripts: how many run at once. The first wait for as many as may run; scripts that are too many have time to be seen.
    function Measure-AtOnce([hashtable] $Counts, [int] $Limit) {
        [Threading.Monitor]::Enter($Counts)
        $Counts.Most = [Math]::Max($Counts.Most, ++$Counts.Now)
        [Threading.Monitor]::Exit($Counts)
        do { Start-Sleep -Milliseconds 50 } while ($Counts.Most -lt $Limit)
        [Threading.Monitor]::Enter($Counts)
        $Counts.Now--
        $Counts.Sum++
        [Threading.Monitor]::Exit($Counts)
    }

    function Read-All([Net.Sockets.Socket] $Client) {
        $Client.ReceiveTimeout = 20000
        $buffer, $all = [byte[]]::new(65536), [Text.StringBuilder]::new()
        while ($count = $Client.Receive($buffer)) { $null = $all.Append([Text.Encoding]::ASCII.GetString($buffer, 0, $count)) }
        $all.ToString()
    }
}

AfterAll { Get-Job | Remove-Job -Force }

Describe 'A script block of a TCP server whose clients do not read' {
    AfterEach {
        $mute | ForEach-Object Dispose
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'answers others at once, in the same runspace, when its answer is not too long' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            if ($_.Text -eq 'good') { [runspace]::DefaultRunspace.Id } else { foreach ($i in 1..20) { 'x' * 5000 } }
        }
        Limit-SendBuffer $server
        $good = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $good 'good'
        $runspace = (Receive-TcpMessage $good -Count 1 -TimeoutSec 20).Text
        $mute = 1..200 | ForEach-Object { Connect-Mute $server.Port "all`n" }
        Wait-Until { $server.MessageCount -eq 201 }
        Send-TcpMessage -Connection $good 'good'
        (Receive-TcpMessage $good -Count 1 -TimeoutSec 20).Text | Should -Be $runspace
        $server.Error | Should -BeNullOrEmpty
    }

    It 'answers others though 200 clients do not read long answers, and closes those that have not longest' {
        $ended = [Collections.Concurrent.ConcurrentQueue[string]]::new()
        $server = Start-TcpServer -Framing Line -ThrottleLimit 16 -ScriptBlock {
            if ($_.Text -eq 'good') { 'answer' } else { foreach ($i in 1..100) { 'x' * 5000 } }
        } -OnClose { ($using:ended).Enqueue($Connection.CloseReason) }
        Limit-SendBuffer $server
        $mute = 1..200 | ForEach-Object { Connect-Mute $server.Port "all`n" }
        Wait-Until { $server.MessageCount -eq 200 }
        (Send-TcpMessage 127.0.0.1 $server.Port 'good' -Framing Line -Count 1 -TimeoutSec 60).Text | Should -Be 'answer'
        Wait-Until { $ended.Count -gt 1 }
        $ended.ToArray() -ne 'PeerClosed' | Select-Object -Unique | Should -Be 'TooMuchPending'
        "$($server.Error[0])" | Should -BeLike '127.0.0.1:* was closed: it has taken nothing of its answer for 5 s*128*'
    }

    It 'closes a connection after all that it has put out, however late that is read' -ForEach @(
        @{ Name = 'Close-TcpConnection'; Close = { Close-TcpConnection $Connection; 'lost' } }
        @{ Name = '-HalfClose'; Close = { Close-TcpConnection $Connection -HalfClose } }
    ) {
        $server = Start-TcpServer -Framing Line -ScriptBlock ([scriptblock]::Create("foreach (`$i in 1..20) { 'x' * 5000 }; $Close"))
        Limit-SendBuffer $server
        $mute = Connect-Mute $server.Port "all`n"
        Wait-Until { ($server | Get-TcpConnection).BytesSent }
        # The turn of the script that closes it is free for others.
        $other = Connect-Mute $server.Port "all`n"
        (Read-All $other).Length | Should -Be 100020
        (Read-All $mute).Length | Should -Be 100020
        $other.Dispose()
    }

    It 'has its answers in order, whether they had to wait or not' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            foreach ($i in 1..150) {
                if ($i % 3) { "$i" + '.' * 5000 } else { Send-TcpMessage -Connection $Connection ("$i" + '.' * 5000) }
            }
        }
        Limit-SendBuffer $server
        $mute = Connect-Mute $server.Port "1`n2`n"
        $mute.Shutdown([Net.Sockets.SocketShutdown]::Send)
        (Read-All $mute).TrimEnd("`n") -split "`n" -replace '\.' | Should -Be (1..150 + 1..150)
    }

    It 'counts scripts as before when many clients reset their connections meanwhile' {
        $counts = [hashtable]::Synchronized(@{ Now = 0; Most = 0; Sum = 0 })
        $server = Start-TcpServer -Framing Line -ThrottleLimit 3 -ScriptBlock {
            if ($_.Text -eq 'all') { foreach ($i in 1..100) { 'x' * 5000 } }
            else { ${function:Measure-AtOnce} = ${using:function:Measure-AtOnce}; Measure-AtOnce $using:counts 3 }
        }
        Limit-SendBuffer $server
        foreach ($round in 1..3) {
            $mute = foreach ($i in 1..10) { Connect-Mute $server.Port "all`n" }
            Wait-Until { $server.MessageCount -eq 10 * $round + 12 * ($round - 1) }
            foreach ($client in $mute) { $client.LingerState = [Net.Sockets.LingerOption]::new($true, 0); $client.Dispose() }
            $clients = foreach ($i in 1..12) { Connect-Mute $server.Port "count`n" }
            Wait-Until { $counts.Sum -eq 12 * $round }
            $counts.Most | Should -Be 3
            $clients | ForEach-Object Dispose
        }
    }

    It 'sends with Send-TcpMessage, and others run meanwhile' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            if ($_.Text -eq 'good') { 'answer' } else { Send-TcpMessage -Connection $Connection ('x' * 500000) }
        }
        Limit-SendBuffer $server
        $mute = 1..3 | ForEach-Object { Connect-Mute $server.Port "all`n" }
        Wait-Until { $server.MessageCount -eq 3 }
        (Send-TcpMessage 127.0.0.1 $server.Port 'good' -Framing Line -Count 1 -TimeoutSec 20).Text | Should -Be 'answer'
    }
}

Describe 'A script block of a WebSocket whose client does not read' {
    AfterEach {
        $mute | ForEach-Object Dispose
        Get-Job | Remove-Job -Force
    }

    It 'lets others run while it waits in $Connection.Send' {
        $server = Start-HttpServer @{
            'WS /long'  = { foreach ($i in 1..100) { $Connection.Send('x' * 5000) } }
            'WS /short' = { foreach ($i in 1..20) { $Connection.Send([byte[]]::new(5000)) }; $Connection.Close() }
            '/good'     = { 'answer' }
        } -ThrottleLimit 1 -RequestTimeoutSec 300 -ScriptTimeoutSec 300
        Limit-SendBuffer $server
        $mute = 1..10 | ForEach-Object { Connect-MuteWebSocket $server.Port /long; Connect-MuteWebSocket $server.Port /short }
        Wait-Until { $server.WebSockets.MessagesReceived.Count -eq 20 -and $server.WebSockets.MessagesReceived -notcontains 0 }
        Invoke-RestMethod "$($server.Uri)good" -TimeoutSec 20 | Should -Be 'answer'
    }

    It 'holds no place of -ThrottleLimit and frees none twice when it is stopped meanwhile' {
        $counts = [hashtable]::Synchronized(@{ Now = 0; Most = 0; Sum = 0 })
        $server = Start-HttpServer @{
            'WS /long' = { foreach ($i in 1..100) { 'x' * 5000 } }
            '/count'   = { ${function:Measure-AtOnce} = ${using:function:Measure-AtOnce}; Measure-AtOnce $using:counts }
        } -ThrottleLimit 2 -RequestTimeoutSec 300 -ScriptTimeoutSec 1
        Limit-SendBuffer $server
        $mute = foreach ($i in 1..8) { Connect-MuteWebSocket $server.Port /long }
        Wait-Until { $server.Error.Count -eq 8 }
        foreach ($round in 'connected', 'reset') {
            $counts.Sum = $counts.Most = 0
            $clients = foreach ($i in 1..16) { Connect-Mute $server.Port "GET /count HTTP/1.0`r`n`r`n" }
            Wait-Until { $counts.Sum -eq 16 }
            $clients | ForEach-Object Dispose
            $counts.Most | Should -Be 2 -Because "that is -ThrottleLimit, with clients that are $round"
            if ($round -eq 'connected') {
                foreach ($client in $mute) { $client.LingerState = [Net.Sockets.LingerOption]::new($true, 0); $client.Dispose() }
                Wait-Until { -not $server.WebSockets }
            }
        }
    }
}
