BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-UdpProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"

    # Of 1000 datagrams.
    function Get-Count($Proxy) {
        $words = (Invoke-ProxyCase $peer count $Proxy.Port) -split ' '
        [pscustomobject]@{
            Lost = [int] $words[0]; Twice = [int] $words[1]; Late = [int] $words[2]; Changed = [int] $words[3]
            Runs = [int] $words[4]; Digest = $words[5]
        }
    }
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'Start-UdpProxy' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'forwards datagrams of all sizes, also empty ones, there and back' {
        $proxy = Start-UdpProxy $upstream
        Invoke-ProxyCase $peer echo $proxy.Port | Should -Be '0 1 1500 65507'
        # A client may be ahead of the count.
        Wait-Until { $proxy.DatagramsToServer -eq 4 -and $proxy.DatagramsToClient -eq 4 }
        $proxy.BytesToServer | Should -Be 67008
        $proxy.StatusMessage | Should -Be "1 sessions, 4 datagrams to $upstream, 4 back"
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'brings answers back to who asked' {
        $proxy = Start-UdpProxy $upstream
        Invoke-ProxyCase $peer clients $proxy.Port | Should -Be 20
        $proxy.ConnectionCount | Should -Be 20
        $proxy.Sessions.Number | Should -Be (1..20)
    }

    It 'loses nothing without a fault, and keeps the order' {
        $proxy = Start-UdpProxy $upstream
        $count = Get-Count $proxy
        "$($count.Lost) $($count.Twice) $($count.Late) $($count.Changed)" | Should -Be '0 0 0 0'
    }

    It 'takes a server of this module' {
        $server = Start-UdpServer -Echo
        $proxy = $server | Start-UdpProxy
        'hello' | Send-UdpMessage localhost $proxy.Port -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be hello
        $proxy.Upstream | Should -Be "127.0.0.1:$($server.Port)"
    }

    It 'counts exactly what a receiver sees: <Name>' -ForEach @(
        @{ Name = 'loss'; Fault = @{ LossPercent = 10 }; Kind = 'Loss'; Seen = 'Lost' }
        @{ Name = 'loss of all'; Fault = @{ LossPercent = 100 }; Kind = 'Loss'; Seen = 'Lost' }
        @{ Name = 'bursts'; Fault = @{ LossPercent = 10; Burst = 5 }; Kind = 'Loss'; Seen = 'Lost' }
        @{ Name = 'duplicates'; Fault = @{ DuplicatePercent = 10 }; Kind = 'Duplicate'; Seen = 'Twice' }
        @{ Name = 'disorder'; Fault = @{ ReorderPercent = 10 }; Kind = 'Reorder'; Seen = 'Late' }
        @{ Name = 'corruption'; Fault = @{ CorruptPercent = 10 }; Kind = 'Corrupt'; Seen = 'Changed' }
        @{ Name = 'a stall'; Fault = @{ Stall = $true }; Kind = 'Stall'; Seen = 'Lost' }
    ) {
        $proxy = Start-UdpProxy $upstream -Fault $Fault -Seed 5
        $count = Get-Count $proxy
        $count.$Seen | Should -Be $proxy.FaultCounts[$Kind]
        foreach ($other in 'Lost', 'Twice', 'Late', 'Changed' -ne $Seen) { $count.$other | Should -Be 0 -Because $other }
        if ($Name -notin 'loss of all', 'a stall') { $count.$Seen | Should -BeGreaterThan 50; $count.$Seen | Should -BeLessThan 160 }
        if ($Fault.Burst) { $count.Lost / $count.Runs | Should -BeGreaterThan 2.5 }
    }

    It 'does the same for the same seed' {
        $faults = @{ LossPercent = 5; DuplicatePercent = 5; ReorderPercent = 5; CorruptPercent = 5 }
        $digests = foreach ($seed in 1, 1, 2) {
            $proxy = Start-UdpProxy $upstream -Seed $seed -Fault $faults
            (Get-Count $proxy).Digest
        }
        $digests[1] | Should -Be $digests[0]
        $digests[2] | Should -Not -Be $digests[0]
    }

    It 'delays, and limits the bandwidth' {
        $proxy = Start-UdpProxy $upstream -Fault @{ LatencyMs = 50; JitterMs = 10 }
        [double] (Invoke-ProxyCase $peer trip $proxy.Port) | Should -BeGreaterOrEqual 80
        $proxy = Start-UdpProxy $upstream -Fault @{ BytesPerSecond = 200000 }
        [double] $seconds = Invoke-ProxyCase $peer transfer $proxy.Port
        $seconds | Should -BeGreaterThan 0.49
        $seconds | Should -BeLessThan 30
    }

    It 'drops what a full queue cannot hold, and counts it apart' {
        $proxy = Start-UdpProxy $upstream -Fault @{ BytesPerSecond = 100 } -BufferLimit 240
        $count = Get-Count $proxy
        $proxy.Overflowed | Should -BeGreaterThan 900
        $count.Lost | Should -BeGreaterOrEqual $proxy.Overflowed
    }

    It 'holds only so many datagrams, also empty ones' {
        # A datagram counts as 64 bytes more than it has.
        $proxy = Start-UdpProxy $upstream -Fault @{ LatencyMs = 60000 } -BufferLimit 640
        Invoke-ProxyCase $peer empty $proxy.Port | Should -Be 20
        Wait-Until { $proxy.MessageCount -eq 20 }
        $proxy.Overflowed | Should -Be 10
    }

    It 'does not end a session that holds datagrams, also empty ones' {
        $server = Start-UdpServer
        $proxy = $server | Start-UdpProxy -SessionTimeoutSec 0.05 -Fault @{ LatencyMs = 400 }
        $null = Invoke-ProxyCase $peer empty $proxy.Port
        @(Receive-UdpMessage $server -Count 20 -TimeoutSec 20).Count | Should -Be 20
        Wait-Until { $proxy.ConnectionCount -eq 0 }
        $proxy.DatagramsToServer, $proxy.Discarded | Should -Be 20, 0
    }

    It 'counts what it still held when it was stopped: <Name>' -ForEach @(
        @{ Name = 'late'; Fault = @{ LatencyMs = 60000 } }
        @{ Name = 'to be passed'; Fault = @{ ReorderPercent = 100; ReorderGap = 100 } }
    ) {
        $proxy = Start-UdpServer | Start-UdpProxy -Fault $Fault
        $null = Invoke-ProxyCase $peer empty $proxy.Port
        Wait-Until { $proxy.MessageCount -eq 20 }
        Stop-Job $proxy
        $proxy.DatagramsToServer + $proxy.Discarded | Should -Be 20
        if ($Name -eq 'late') {
            $proxy.Discarded | Should -Be 20
            $proxy.StatusMessage | Should -BeLike '*, 20 discarded at the end*'
            (Receive-Job $proxy).Discarded | Should -Be 20
        }
    }

    It 'changes while it runs' {
        $server = Start-UdpServer -Echo
        $proxy = $server | Start-UdpProxy
        function Test-Answer([double] $TimeoutSec = 20) {
            [bool] ('x' | Send-UdpMessage localhost $proxy.Port -Count 1 -TimeoutSec $TimeoutSec -ErrorAction SilentlyContinue)
        }
        Test-Answer | Should -BeTrue
        Add-NetFault $proxy (New-NetFault -LossPercent 100 -Direction ToClient)
        Test-Answer 0.3 | Should -BeFalse
        Set-NetFault $proxy Loss -LossPercent 0
        Test-Answer | Should -BeTrue
        Add-NetFault $proxy (New-NetFault -Stall -First 1)
        Test-Answer | Should -BeTrue -Because 'the first is the oldest session, not this one'
        Remove-NetFault $proxy *
        Test-Answer | Should -BeTrue
    }

    It 'ends sessions that are silent, and has a record of each' {
        $proxy = Start-UdpProxy $upstream -SessionTimeoutSec 1 -Fault @{ LatencyMs = 1 }
        $null = Invoke-ProxyCase $peer echo $proxy.Port
        Wait-Until { $proxy.Output.Count }
        $proxy.ConnectionCount | Should -Be 0
        $record = Receive-Job $proxy
        $record | Should -BeOfType PSNetLab.ProxySession
        $record.CloseReason | Should -Be IdleTimeout
        "$($record.DatagramsFromClient) $($record.DatagramsToServer) $($record.DatagramsFromServer) $($record.DatagramsToClient)" | Should -Be '4 4 4 4'
        $record.Faults | Should -Be Latency
        $lines = @(($record | Out-String -Width 100) -split '\r?\n' | Where-Object { $_ })
        $lines[0] | Should -Match '^Number +Client +ToServer +ToClient +CloseReason +Faults'
        ($record | ConvertTo-Json | ConvertFrom-Json).CloseReason | Should -Be IdleTimeout
        Invoke-ProxyCase $peer echo $proxy.Port | Should -Be '0 1 1500 65507'
        Wait-Until { $proxy.DatagramsToServer -eq 8 }
    }

    It 'has at most -MaxSessions' {
        $proxy = Start-UdpProxy $upstream -MaxSessions 2
        1..4 | ForEach-Object { $null = Invoke-ProxyCase $peer send $proxy.Port }
        Wait-Until { $proxy.Refused -eq 2 }
        $proxy.ConnectionCount | Should -Be 2
        Wait-Until { $proxy.Error.Count }
        $proxy.Error | Should -HaveCount 1
        $proxy.Error.FullyQualifiedErrorId | Should -Be TooManyConnections
    }

    It 'counts how often nobody listened, and goes on' -Skip:(-not $IsLinux) {
        $port = Get-FreePort
        $proxy = Start-UdpProxy "127.0.0.1:$port"
        $client = [Net.Sockets.UdpClient]::new('127.0.0.1', $proxy.Port)
        try {
            $null = $client.Send([byte[]] 1, 1)
            Wait-Until { $proxy.UpstreamUnreachable -ge 1 }
            $server = Start-UdpServer $port -Reply 'now'
            $null = $client.Send([byte[]] 2, 1)
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | ForEach-Object { $_.Data } | Should -Be 2
            $proxy.Error | Should -BeNullOrEmpty
        }
        finally { $client.Dispose() }
    }

    It 'ends with the job, in the middle of <Name>' -ForEach @(
        @{ Name = 'latency'; Fault = @{ LatencyMs = 60000 } }
        @{ Name = 'a limited bandwidth'; Fault = @{ BytesPerSecond = 1 } }
        @{ Name = 'disorder'; Fault = @{ ReorderPercent = 100 } }
        @{ Name = 'a stall'; Fault = @{ Stall = $true } }
        @{ Name = 'loss, duplicates and corruption'; Fault = @{ LossPercent = 50; DuplicatePercent = 50; CorruptPercent = 50 } }
        @{ Name = 'nothing'; Fault = @() }
    ) {
        $before = Get-OpenSocketCount
        $proxy = Start-UdpProxy $upstream -Fault $Fault
        $null = Invoke-ProxyCase $peer send $proxy.Port
        Wait-Until { $proxy.MessageCount -eq 1 }
        Stop-Job $proxy
        $proxy.State | Should -Be Stopped
        (Receive-Job $proxy).CloseReason | Should -Be ProxyStopped
        Wait-Until { (Get-OpenSocketCount) -le $before }
        Start-UdpServer $proxy.Port | Should -Not -BeNullOrEmpty
    }

    It 'refuses what makes no sense on UDP: <Name>' -ForEach @(
        @{ Name = 'Reset'; Fault = @{ Reset = $true } }
        @{ Name = 'Slice'; Fault = @{ SliceBytes = 1 } }
        @{ Name = 'Refuse'; Fault = @{ Refuse = $true } }
    ) {
        Start-UdpProxy $upstream -Fault $Fault -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.StartUdpProxyCommand'
        "$faults" | Should -BeLike "'$Name' is about connections, which UDP does not have.*"
    }

    It 'refuses <Upstream>' -ForEach @(
        @{ Upstream = 'dns'; Id = 'InvalidAddress' }
        @{ Upstream = 'udp://dns:53'; Id = 'InvalidAddress' }
        @{ Upstream = 'no-such-host.invalid:53'; Id = 'HostNotFound' }
    ) {
        Start-UdpProxy $Upstream -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be "$Id,PSNetLab.Commands.StartUdpProxyCommand"
    }

    It 'refuses a server of connections' {
        $server = Start-TcpServer
        $fault = { Start-UdpProxy $server -ErrorAction Stop } | Should -Throw -PassThru
        "$fault" | Should -BeLike "*$($server.Name) is a TcpServer: it has connections, and a UDP proxy forwards datagrams. Use Start-TcpProxy.*"
    }

    It 'refuses itself as the server: <Upstream>' -ForEach @(
        @{ Upstream = 'localhost'; Address = 'Loopback' }
        @{ Upstream = '0.0.0.0'; Address = 'Loopback' }
        @{ Upstream = '[::ffff:127.0.0.1]'; Address = 'Any' }
        @{ Upstream = '<this machine>'; Address = 'Any' }
    ) {
        $Upstream = $Upstream -replace '<this machine>', [Net.Dns]::GetHostName()
        $port = Get-FreePort
        Start-UdpProxy "${Upstream}:$port" $port $Address -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be 'ProxyLoop,PSNetLab.Commands.StartUdpProxyCommand'
    }

    It 'has the losses of a network' {
        $proxy = Start-UdpProxy $upstream -Profile HotelWiFi
        (Get-NetFault $proxy).Name | Should -Be 'HotelWiFi-Latency', 'HotelWiFi-Down', 'HotelWiFi-Up', 'HotelWiFi-Loss'
    }
}
