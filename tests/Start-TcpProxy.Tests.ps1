BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'Start-TcpProxy' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'forwards as if it were not there: <Case>' -ForEach @(
        @{ Case = 'half_close'; Sees = '1000 end end' }
        @{ Case = 'server_half_close'; Sees = 'end 10000 end' }
        @{ Case = 'server_reset'; Sees = 'reset' }
        @{ Case = 'client_reset'; Sees = 'reset' }
        @{ Case = 'held_reset'; Sees = 'reset' }
        @{ Case = 'echo'; Sees = 'same end' }
    ) {
        Invoke-ProxyCase $peer $Case $peer.Port | Should -Be $Sees -Because 'that is how it is without a proxy'
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)"
        Invoke-ProxyCase $peer $Case $proxy.Port | Should -Be $Sees
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'does so with a small -BufferLimit: <Case>' -ForEach @(
        @{ Case = 'echo'; Sees = 'same end' }
        @{ Case = 'held_reset'; Sees = 'reset' }
    ) {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)" -BufferLimit 1000
        Invoke-ProxyCase $peer $Case $proxy.Port | Should -Be $Sees
    }

    It 'has a record of each connection' {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)" -Name recorded
        $null = Invoke-ProxyCase $peer half_close $proxy.Port
        $null = Invoke-ProxyCase $peer server_reset $proxy.Port
        Wait-Until { $proxy.Output.Count -eq 2 }
        $proxy.Upstream | Should -Be "127.0.0.1:$($peer.Port)"
        $proxy.MessageCount | Should -Be 2
        $proxy.BytesToServer | Should -Be 1001
        $proxy.BytesToClient | Should -Be 8
        $proxy.StatusMessage | Should -Be "0 open of 2, 1001 bytes to 127.0.0.1:$($peer.Port), 8 back"
        Wait-Until { $proxy.Information.Count -eq 4 }
        @($proxy.Information.Tags) | Should -Be 'Opened', 'Closed', 'Opened', 'Closed'
        $records = Receive-Job $proxy
        $records.Number | Should -Be 1, 2
        $records.CloseReason | Should -Be Finished, ServerReset
        $records[0].BytesToServer | Should -Be 1000
        $records[0].UpstreamEndPoint | Should -Be "127.0.0.1:$($peer.Port)"
        $records[0].Milliseconds | Should -BeGreaterThan 0
        $records[0].State | Should -Be Closed
        $records | Should -BeOfType PSNetLab.ProxyConnection
    }

    It 'counts what was passed on, not what waits' {
        $proxy = Start-TcpServer | Start-TcpProxy -Fault @{ Stall = $true }
        $client = Open-TcpConnection localhost $proxy.Port
        Send-TcpMessage $client hello
        Wait-Until { $proxy.BytesReceived -eq 5 }
        $proxy.BytesToServer | Should -Be 0
        $proxy.StatusMessage | Should -BeLike '1 open of 1, 0 bytes to *'
        Close-TcpConnection $client -Reset
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        $proxy.BytesToServer, $proxy.BytesReceived | Should -Be 0, 5
    }

    It 'keeps of a connection that has ended only its record' {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)"
        $before = [GC]::GetTotalMemory($true)
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 5000
        Wait-Until { $proxy.Output.Count -eq 5000 }
        # What it needed while it was open may take a while to end.
        Wait-Until { ([GC]::GetTotalMemory($true) - $before) / 5000 -lt 1000 }
    }

    It 'keeps no records with -NoRecord' {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)" -NoRecord
        $null = Invoke-ProxyCase $peer half_close $proxy.Port
        Wait-Until { $proxy.BytesToClient -eq 8 -and $proxy.ConnectionCount -eq 0 }
        $proxy.Output | Should -BeNullOrEmpty
    }

    It 'shows open connections, with both ends' {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy
        $client = Open-TcpConnection localhost $proxy.Port
        Send-TcpMessage $client hello
        Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be hello
        $open = $proxy.Connections
        $open.State | Should -Be Open
        $open.ClientEndPoint | Should -Be $client.LocalEndPoint
        $open.UpstreamEndPoint | Should -Be $server.LocalEndPoint
        # A client may be ahead of the count.
        Wait-Until { $open.BytesToServer -eq 5 -and $open.BytesToClient -eq 5 }
        Close-TcpConnection $client
        Wait-Until { $open.CloseReason -eq 'Finished' }
    }

    It 'tells a client that the server is not there: <How>' -ForEach @(
        @{ How = 'Reset'; Sees = 'reset' }
        @{ How = 'Close'; Sees = 'end' }
    ) {
        $proxy = Start-TcpProxy "127.0.0.1:$(Get-FreePort)" -WhenUpstreamFails $How
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be $Sees
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be $Sees
        # A warning comes its own way, perhaps after the records.
        Wait-Until { $proxy.Output.Count -eq 2 -and $proxy.Warning.Count }
        $records = Receive-Job $proxy -WarningVariable warnings -WarningAction SilentlyContinue
        $records.CloseReason | Should -Be UpstreamFailed, UpstreamFailed
        $records[0].CloseDetail | Should -BeLike 'Cannot connect to *refused*'
        $warnings | Should -HaveCount 1
        $warnings | Should -BeLike "*refused*The client was $How*; the proxy goes on."
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'lets a client wait for the server with -WhenUpstreamFails Hold' {
        $port = Get-FreePort
        $proxy = Start-TcpProxy "127.0.0.1:$port" -WhenUpstreamFails Hold
        $client = Open-TcpConnection localhost $proxy.Port
        Send-TcpMessage $client 'early'
        Wait-Until { $proxy.Warning.Count }
        $proxy.Connections.State | Should -Be Connecting
        $server = Start-TcpServer $port -Reply 'late'
        Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be late
        Receive-TcpMessage $server -Count 1 | ForEach-Object Text | Should -Be early
        Close-TcpConnection $client
    }

    It 'ends a connection whose client resets it while the server is being dialled' {
        $proxy = Start-TcpProxy "127.0.0.1:$(Get-FreePort)" -WhenUpstreamFails Hold
        $client = Open-TcpConnection localhost $proxy.Port
        Wait-Until { $proxy.ConnectionCount -eq 1 }
        Close-TcpConnection $client -Reset
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        (Receive-Job $proxy 3>$null).CloseReason | Should -Be ClientReset
    }

    It 'closes silent connections with -IdleTimeoutSec' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -IdleTimeoutSec 0.2
        $client = Open-TcpConnection localhost $proxy.Port
        Receive-TcpMessage $client -TimeoutSec 10 | Should -BeNullOrEmpty
        $client.State | Should -Be CloseWait
        Close-TcpConnection $client
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).CloseReason | Should -Be IdleTimeout
    }

    It 'forwards TLS: <Name>' -ForEach @(
        @{ Name = 'as it is'; Server = @{ Tls = $true }; Options = @{}; Client = @{ SkipCertificateCheck = $true } }
        @{ Name = 'ended here'; Server = @{}; Options = @{ Tls = $true }; Client = @{ SkipCertificateCheck = $true } }
        @{ Name = 'begun here'; Server = @{ Tls = $true }; Options = @{ SkipCertificateCheck = $true }; Client = @{} }
        @{ Name = 'ended and begun here'; Server = @{ Tls = $true }; Options = @{ Tls = $true; SkipCertificateCheck = $true }; Client = @{ SkipCertificateCheck = $true } }
    ) {
        $server = Start-TcpServer -Echo -Framing Line @Server
        $proxy = $server | Start-TcpProxy @Options
        $text = 'x' * 100000
        $connection = Open-TcpConnection localhost $proxy.Port @Client -MaxMessageBytes 1MB -Framing Line
        Send-TcpMessage $connection $text
        $answer = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
        $answer.Text.Length | Should -Be 100000
        $proxy.Connections.ClientTls.Protocol | Should -Be ($Options.Tls ? 'Tls13' : $null)
        $proxy.Connections.UpstreamTls.Protocol | Should -Be ($Options.SkipCertificateCheck ? 'Tls13' : $null)
        Close-TcpConnection $connection
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).CloseReason | Should -Be Finished
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'says that the certificate of the server is not trusted' {
        $proxy = Start-TcpServer -Tls | Start-TcpProxy -UpstreamTls
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be reset
        Wait-Until { $proxy.Warning.Count }
        $proxy.Warning | Should -BeLike '*certificate*was not accepted*'
    }

    It 'leaves nothing behind after ten thousand connections' -Skip:(-not $IsLinux) {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)" -NoRecord
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 5000
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        $sockets = Get-OpenSocketCount
        $memory = [GC]::GetTotalMemory($true)
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 5000
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
        [GC]::GetTotalMemory($true) - $memory | Should -BeLessThan 2MB
        $proxy.MessageCount | Should -Be 10000
    }

    It 'frees the port and ends all connections when it is stopped' {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy
        $clients = 1..5 | ForEach-Object { Open-TcpConnection localhost $proxy.Port }
        Wait-Until { $server.ConnectionCount -eq 5 }
        Stop-Job $proxy
        $proxy.State | Should -Be Stopped
        $proxy.ConnectionCount | Should -Be 0
        Wait-Until { $server.ConnectionCount -eq 0 }
        Start-TcpServer $proxy.Port | Should -Not -BeNullOrEmpty
        (Receive-Job $proxy).CloseReason | Should -Be (@('ProxyStopped') * 5)
        $clients | Close-TcpConnection
    }

    It 'ends at once for Ctrl+C in Receive-Job -Wait' {
        $seen = Invoke-Stoppable { $p = Start-TcpProxy localhost:9; $p; Receive-Job $p -Wait } -When { param($output) $output.Count -eq 1 }
        $seen | Should -Not -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        Start-TcpProxy db:5432 -WhatIf | Should -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'refuses <Upstream>' -ForEach @(
        @{ Upstream = 'http://web.example/x'; Id = 'InvalidAddress'; Says = "*is a URL*use web.example:80." }
        @{ Upstream = 'https://[2001:db8::1]:8443/'; Id = 'InvalidAddress'; Says = '*use `[2001:db8::1`]:8443.' }
        @{ Upstream = 'db'; Id = 'InvalidAddress'; Says = "'db' is not a host with a port*db:5432*" }
        @{ Upstream = '5432'; Id = 'InvalidAddress'; Says = "'5432' is a port without a host. Write localhost:5432*" }
        @{ Upstream = 5432; Id = 'InvalidAddress'; Says = "'5432' is a port without a host. Write localhost:5432*" }
        @{ Upstream = 'db:70000'; Id = 'InvalidAddress'; Says = "*from 1 to 65535*" }
    ) {
        Start-TcpProxy $Upstream -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be "$Id,PSNetLab.Commands.StartTcpProxyCommand"
        "$faults" | Should -BeLike $Says
        $faults.TargetObject | Should -Be $Upstream
    }

    It 'refuses a server of datagrams' -ForEach @{ Line = 'Start-UdpServer' }, @{ Line = 'Start-UdpProxy localhost:9' } {
        $server = & ([scriptblock]::Create($Line))
        $fault = { Start-TcpProxy $server -ErrorAction Stop } | Should -Throw -PassThru
        "$fault" | Should -BeLike "*$($server.Name) is a *: it has datagrams, and a TCP proxy forwards connections. Use Start-UdpProxy.*"
        $server | Start-TcpProxy -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        "$faults" | Should -BeLike '*Use Start-UdpProxy.*'
    }

    It 'refuses itself as the server: <Upstream>' -ForEach @(
        @{ Upstream = '127.0.0.1'; Address = 'Loopback' }
        @{ Upstream = 'localhost'; Address = 'Loopback' }
        @{ Upstream = '127.0.0.1'; Address = '0.0.0.0' }
        @{ Upstream = '0.0.0.0'; Address = 'Loopback' }
        @{ Upstream = '[::ffff:127.0.0.1]'; Address = 'Loopback' }
        @{ Upstream = 'LocalHost'; Address = 'Loopback' }
        @{ Upstream = '<this machine>'; Address = 'Any' }
    ) {
        $Upstream = $Upstream -replace '<this machine>', [Net.Dns]::GetHostName()
        $port = Get-FreePort
        Start-TcpProxy "${Upstream}:$port" $port $Address -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be 'ProxyLoop,PSNetLab.Commands.StartTcpProxyCommand'
        "$faults" | Should -BeLike "*is the proxy itself*Choose another -Port*"
    }

    It 'shows its connections in a table that also fits what was exported' {
        $proxy = Start-TcpProxy "127.0.0.1:$($peer.Port)" -Fault @{ LatencyMs = 1 }, @{ SliceBytes = 500; Match = '127.0.0.1' }
        $null = Invoke-ProxyCase $peer half_close $proxy.Port
        Wait-Until { $proxy.Output.Count }
        $record = Receive-Job $proxy
        $record | Export-Clixml TestDrive:/record.xml
        foreach ($one in $record, (Import-Clixml TestDrive:/record.xml)) {
            $lines = @(($one | Out-String -Width 100) -split '\r?\n' | Where-Object { $_ })
            $lines[0] | Should -Match '^Number +State +Client +BytesToServer +BytesToClient +CloseReason'
            $lines[2] | Should -Match '1 +Closed +127.0.0.1:\d+ +1000 +8 +Finished'
        }
        ($record | ConvertTo-Json | ConvertFrom-Json).CloseReason | Should -Be Finished
        ($record | ConvertTo-Csv | ConvertFrom-Csv).Faults | Should -Be 'Latency; Slice'
        ($record | ConvertTo-Csv | ConvertFrom-Csv).UpstreamEndPoint | Should -Be "127.0.0.1:$($peer.Port)"
    }
}
