BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"

    function Wait-NoConnection($Proxy) { Wait-Until { $Proxy.ConnectionCount -eq 0 } }
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'New-NetFault' {
    It 'makes a fault that says what it does: <Effect>' -ForEach @(
        @{ Given = @{ LatencyMs = 100 }; Kind = 'Latency'; Effect = '100 ms' }
        @{ Given = @{ LatencyMs = 100; JitterMs = 2.5 }; Kind = 'Latency'; Effect = '100 ms ± 2.5 ms' }
        @{ Given = @{ JitterMs = 20; Distribution = 'Pareto' }; Kind = 'Latency'; Effect = '0 ms + 20 ms (Pareto)' }
        @{ Given = @{ BytesPerSecond = 1MB }; Kind = 'Bandwidth'; Effect = '1048576 bytes/s' }
        @{ Given = @{ SliceBytes = 1 }; Kind = 'Slice'; Effect = 'pieces of 1 bytes, 1 ms apart' }
        @{ Given = @{ LossPercent = 5; Burst = 3 }; Kind = 'Loss'; Effect = '5 % lost, 3 in a row' }
        @{ Given = @{ DuplicatePercent = 1 }; Kind = 'Duplicate'; Effect = '1 % twice' }
        @{ Given = @{ ReorderPercent = 2 }; Kind = 'Reorder'; Effect = '2 % passed by 3' }
        @{ Given = @{ CorruptPercent = 0.1 }; Kind = 'Corrupt'; Effect = '0.1 % with a bit flipped' }
        @{ Given = @{ Reset = $true }; Kind = 'Reset'; Effect = 'reset (RST)' }
        @{ Given = @{ Close = $true }; Kind = 'Close'; Effect = 'close (FIN)' }
        @{ Given = @{ HalfClose = $true }; Kind = 'HalfClose'; Effect = 'half-close (FIN)' }
        @{ Given = @{ Stall = $true }; Kind = 'Stall'; Effect = 'nothing passes' }
        @{ Given = @{ Refuse = $true }; Kind = 'Refuse'; Effect = 'port closed' }
    ) {
        $fault = New-NetFault @Given
        $fault | Should -BeOfType PSNetLab.NetFault
        $fault.Kind, $fault.Name | Should -Be $Kind, $Kind
        $fault.Effect | Should -Be $Effect
        $fault.When | Should -BeNullOrEmpty
        $fault.Hits | Should -Be 0
    }

    It 'says when and for whom' {
        $fault = New-NetFault -Reset -First 2 -AfterBytes 1KB -AfterSec 1.5 -ForSec 10 -Match 10.0.0.0/8 -Name cut -Direction ToClient
        $fault.When | Should -Be 'first 2, after 1024 bytes, after 1.5 s, for 10 s, from 10.0.0.0/8'
        "$fault" | Should -Be "cut: reset (RST), $($fault.When)"
        $fault.Direction | Should -Be ToClient
        (New-NetFault -Stall -Every 3).When | Should -Be 'one of 3'
        (New-NetFault -Stall -Probability 12.5).When | Should -Be '12.5 % of connections'
    }

    It 'makes several of several settings' {
        $faults = New-NetFault -LatencyMs 10 -BytesPerSecond 1000 -Direction ToServer
        $faults.Kind | Should -Be Latency, Bandwidth
        $faults.Direction | Should -Be ToServer, ToServer
        $faults[0].BytesPerSecond | Should -BeNullOrEmpty
    }

    It 'knows networks' {
        (New-NetFault -Profile 3g).Effect | Should -Be '150 ms', '200000 bytes/s', '96000 bytes/s'
        (New-NetFault -Profile HotelWiFi).Kind | Should -Contain Loss
    }

    It 'refuses <Given.Keys> <Given.Values>' -ForEach @(
        @{ Given = @{}; Says = 'A fault does something: give -LatencyMs*' }
        @{ Given = @{ LossPercent = 101 }; Says = '-LossPercent 101 is out of range: it takes 0 to 100.' }
        @{ Given = @{ LossPercent = -1 }; Says = '*out of range*' }
        @{ Given = @{ CorruptPercent = [double]::NaN }; Says = '*out of range*' }
        @{ Given = @{ LatencyMs = -5 }; Says = '-LatencyMs -5 is out of range*' }
        @{ Given = @{ BytesPerSecond = 0 }; Says = '*it takes 1 or more.' }
        @{ Given = @{ Reset = $true; First = 0 }; Says = '-First 0 is out of range: it takes 1 or more.' }
        @{ Given = @{ Reset = $true; First = 1; Every = 2 }; Says = '-First and -Every both choose*' }
        @{ Given = @{ Refuse = $true; First = 1 }; Says = '-Refuse closes the port for everybody*use -Reset.' }
        @{ Given = @{ LatencyMs = 1; Burst = 2 }; Says = '-Burst goes with -LossPercent, which is missing.' }
        @{ Given = @{ LatencyMs = 1; Distribution = 'Normal' }; Says = '-Distribution goes with -JitterMs*' }
        @{ Given = @{ LatencyMs = 1; LossPercent = 1; Name = 'x' }; Says = "'x' would be the name of 2 faults*" }
        @{ Given = @{ Profile = 'mars' }; Says = "There is no profile 'mars'. There are 3G, DSL, Cable, Satellite, HotelWiFi." }
        @{ Given = @{ Profile = '3G'; LatencyMs = 1 }; Says = '-Profile stands for faults*' }
        @{ Given = @{ Reset = $true; Match = 'nobody' }; Says = "'nobody' is neither an IP address nor a CIDR range*" }
    ) {
        $fault = { New-NetFault @Given } | Should -Throw -PassThru
        "$fault" | Should -BeLike $Says
        $fault.FullyQualifiedErrorId | Should -BeIn 'InvalidParameters,PSNetLab.Commands.NewNetFaultCommand', 'InvalidAddress,PSNetLab.Commands.NewNetFaultCommand'
    }

    It 'survives <How>' -ForEach @(
        @{ How = 'JSON'; Copy = { $args[0] | ConvertTo-Json | ConvertFrom-Json } }
        @{ How = 'CSV'; Copy = { $args[0] | ConvertTo-Csv | ConvertFrom-Csv } }
        @{ How = 'Clixml'; Copy = { $args[0] | Export-Clixml TestDrive:/f.xml; Import-Clixml TestDrive:/f.xml } }
    ) {
        $copy = & $Copy (New-NetFault -LatencyMs 100 -JitterMs 5)
        "$($copy.Kind) $($copy.LatencyMs) $($copy.Distribution) $($copy.Effect)" | Should -Be 'Latency 100 Uniform 100 ms ± 5 ms'
        if ($How -eq 'Clixml') { ($copy | Out-String) | Should -Match 'Name +Direction +Effect' }
    }
}

Describe 'Faults of a TCP proxy' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'leave the connection as it is, with <Name>: <Case>' -ForEach @(
        foreach ($fault in @(
                @{ Name = 'latency'; Fault = @{ LatencyMs = 10; JitterMs = 5 } }
                @{ Name = 'bandwidth'; Fault = @{ BytesPerSecond = 2MB } }
                @{ Name = 'slices'; Fault = @{ SliceBytes = 20000 } }
                @{ Name = 'all three'; Fault = @{ LatencyMs = 5; BytesPerSecond = 4MB; SliceBytes = 50000 } }
                @{ Name = 'a reset far away'; Fault = @{ Reset = $true; AfterBytes = 100MB } }
            )) {
            @{ Case = 'half_close'; Sees = '1000 end end' } + $fault
            @{ Case = 'server_half_close'; Sees = 'end 10000 end' } + $fault
            @{ Case = 'server_reset'; Sees = 'reset' } + $fault
            @{ Case = 'client_reset'; Sees = 'reset' } + $fault
            @{ Case = 'held_reset'; Sees = 'reset' } + $fault
            @{ Case = 'echo'; Sees = 'same end' } + $fault
        }
    ) {
        $proxy = Start-TcpProxy $upstream -Fault $Fault
        Invoke-ProxyCase $peer $Case $proxy.Port | Should -Be $Sees
        Wait-NoConnection $proxy
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'delay each direction: <Direction>' -ForEach @(
        @{ Direction = 'Both'; Least = 100 }
        @{ Direction = 'ToServer'; Least = 50 }
        @{ Direction = 'ToClient'; Least = 50 }
    ) {
        $proxy = Start-TcpProxy $upstream -Fault @{ LatencyMs = 50; Direction = $Direction }
        [double] $taken = Invoke-ProxyCase $peer trip $proxy.Port
        $taken | Should -BeGreaterOrEqual $Least
        $taken | Should -BeLessThan ($Least + 1000)
        $proxy.FaultCounts.Latency | Should -Be ($Least / 50)
    }

    It 'limit the bandwidth' {
        $proxy = Start-TcpProxy $upstream -Fault @{ BytesPerSecond = 2000000 }
        $bytes, $how, [double] $seconds = -split (Invoke-ProxyCase $peer transfer $proxy.Port)
        $bytes, $how | Should -Be 1000000, end
        $seconds | Should -BeGreaterThan 0.495
        $seconds | Should -BeLessThan 5
    }

    It 'cut a stream into pieces' {
        $proxy = Start-TcpProxy $upstream -Fault @{ SliceBytes = 3; SliceDelayMs = 20; Direction = 'ToClient' }
        Invoke-ProxyCase $peer pieces $proxy.Port | Should -Be '3 3 3 1'
        $proxy.FaultCounts.Slice | Should -Be 4
    }

    It 'end a connection after exactly so many bytes: <Kind> <Direction>' -ForEach @(
        @{ Kind = 'Reset'; Direction = 'Both'; Sees = '1000 reset reset' }
        @{ Kind = 'Reset'; Direction = 'ToServer'; Sees = '1000 reset reset' }
        @{ Kind = 'Close'; Direction = 'ToServer'; Sees = '1000 end end' }
        @{ Kind = 'HalfClose'; Direction = 'ToServer'; Sees = '1000 end end' }
        @{ Kind = 'Reset'; Direction = 'ToClient'; Sees = '10000 end end' }
    ) {
        $proxy = Start-TcpProxy $upstream -Fault @{ $Kind = $true; AfterBytes = 1000; Direction = $Direction }
        Invoke-ProxyCase $peer first_bytes $proxy.Port | Should -Be $Sees
        Wait-NoConnection $proxy
        $proxy.FaultCounts[$Kind] | Should -Be ($Sees -like '1000 *' ? 1 : 0)
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).Faults | Should -Be ($Sees -like '1000 *' ? $Kind : $null)
    }

    It 'end a silent connection after so many seconds: <Kind>' -ForEach @(
        @{ Kind = 'Reset'; Sees = 'reset' }
        @{ Kind = 'Close'; Sees = 'end' }
    ) {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ $Kind = $true; AfterSec = 0.1 }
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be $Sees
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).CloseReason | Should -Be Fault
    }

    It 'fail the first two, then work: -First 2 -Reset' {
        $proxy = Start-TcpServer -Reply welcome | Start-TcpProxy -Fault (New-NetFault -Reset -First 2)
        foreach ($attempt in 1, 2) {
            { Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 5 -ErrorAction Stop } | Should -Throw
        }
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 5 | ForEach-Object Text | Should -Be welcome
        $fault = Get-NetFault $proxy
        $fault.Hits, $fault.ConnectionHits | Should -Be 2, 2
        $proxy.MessageCount | Should -Be 3
        Wait-Until { @($proxy.Information | Where-Object Tags -Contains Fault).Count -eq 2 }
        @($proxy.Information | Where-Object Tags -Contains Fault)[0] | Should -BeLike 'Connection 1 from 127.0.0.1:*: Reset: reset (RST), first 2'
    }

    It 'choose connections: <Name>' -ForEach @(
        @{ Name = 'every third'; Fault = @{ Every = 3 }; Sees = 'end end reset end end reset end end reset end' }
        @{ Name = 'from here'; Fault = @{ Match = '127.0.0.0/8' }; Sees = (@('reset') * 10) -join ' ' }
        @{ Name = 'from elsewhere'; Fault = @{ Match = '192.0.2.7' }; Sees = (@('end') * 10) -join ' ' }
        @{ Name = 'by chance, the same for a seed'; Fault = @{ Probability = 50 }; Sees = $null }
    ) {
        $runs = foreach ($run in 1, 2) {
            $proxy = Start-TcpProxy "127.0.0.1:$(Get-FreePort)" -WhenUpstreamFails Close -Seed 7 -Fault (@{ Reset = $true } + $Fault)
            (1..10 | ForEach-Object { Invoke-ProxyCase $peer refused $proxy.Port }) -join ' '
        }
        $runs[1] | Should -Be $runs[0]
        if ($Sees) { $runs[0] | Should -Be $Sees } else { $runs[0] | Should -Match 'end'; $runs[0] | Should -Match 'reset' }
    }

    It 'flip the same bits for the same seed, however the bytes arrive' {
        $digests = foreach ($run in @{ Seed = 1; Case = 'digest' }, @{ Seed = 1; Case = 'digest_in_pieces' }, @{ Seed = 2; Case = 'digest' }) {
            $proxy = Start-TcpProxy $upstream -Seed $run.Seed -Fault @{ CorruptPercent = 20 }
            $proxy.Seed | Should -Be $run.Seed
            Invoke-ProxyCase $peer $run.Case $proxy.Port
            $proxy.FaultCounts.Corrupt | Should -BeGreaterThan 10
        }
        $digests[0] | Should -BeLike '200000 *'
        $digests[1] | Should -Be $digests[0]
        $digests[2] | Should -Not -Be $digests[0]
    }

    It 'let nothing pass for a while' {
        $proxy = Start-TcpProxy $upstream -Fault @{ Stall = $true; ForSec = 0.2 }
        [double] (Invoke-ProxyCase $peer trip $proxy.Port) | Should -BeGreaterOrEqual 199
    }

    It 'close the port, and open it again' {
        $server = Start-TcpServer -Reply welcome
        $proxy = $server | Start-TcpProxy
        $client = Open-TcpConnection localhost $proxy.Port
        Add-NetFault $proxy (New-NetFault -Refuse)
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be refused
        Send-TcpMessage $client hi
        Receive-TcpMessage $client -Count 1 -TimeoutSec 5 | ForEach-Object Text | Should -Be welcome -Because 'the fault is about new connections'
        Remove-NetFault $proxy Refuse
        Send-TcpMessage localhost $proxy.Port hi -Count 1 | ForEach-Object Text | Should -Be welcome
        Add-NetFault $proxy (New-NetFault -Refuse -ForSec 0.2)
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be refused
        Wait-TcpPort localhost:$($proxy.Port) -TimeoutSec 5 -Quiet | Should -BeTrue
        Close-TcpConnection $client
        Stop-Job $proxy
        Start-TcpServer $proxy.Port | Should -Not -BeNullOrEmpty
    }

    It 'keep a closed port from others, and tell of it' -Skip:(-not $IsLinux) {
        $proxy = Start-TcpServer -Reply welcome | Start-TcpProxy -Fault (New-NetFault -Refuse)
        Start-TcpServer $proxy.Port -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        Remove-NetFault $proxy *
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 5 | ForEach-Object Text | Should -Be welcome
        Add-NetFault $proxy (New-NetFault -Refuse -Name shut)
        Wait-Until { @($proxy.Information | Where-Object Tags -Contains Fault).Count -eq 2 }
        @($proxy.Information | Where-Object Tags -Contains Fault)[-1] | Should -Be "Port $($proxy.Port) closed: shut: port closed"
        $proxy.FaultCounts.shut | Should -Be 1
    }

    It 'say that a port cannot be opened again, and try until it can' -Skip:(-not $IsLinux) {
        # Without SO_REUSEADDR, the connections of the proxy are in the way of its own port.
        $proxy = Start-TcpServer -Reply welcome | Start-TcpProxy -ReuseAddress:$false
        $client = Open-TcpConnection localhost $proxy.Port
        Wait-Until { $proxy.ConnectionCount -eq 1 }
        Add-NetFault $proxy (New-NetFault -Refuse), (New-NetFault -Refuse -Name again -AfterSec 1000)
        Set-NetFault $proxy Refuse -AfterSec 1000 -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'PortInUse,PSNetLab.Commands.SetNetFaultCommand'
        "$faults" | Should -BeLike "*$($proxy.Port)*The proxy tries again twice a second.*"
        (Get-NetFault $proxy Refuse).When | Should -Be 'after 1000 s' -Because 'the fault has changed all the same'
        Remove-NetFault $proxy Refuse -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'PortInUse,PSNetLab.Commands.RemoveNetFaultCommand'
        Close-TcpConnection $client -Reset
        Wait-TcpPort localhost:$($proxy.Port) -TimeoutSec 10 -Quiet | Should -BeTrue
    }

    It 'count an end once, whichever direction it comes from' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ Reset = $true; AfterSec = 0.05 }, @{ Close = $true; AfterSec = 0.05 }
        Invoke-ProxyCase $peer ends $proxy.Port | Should -Be 200
        Wait-NoConnection $proxy
        $proxy.FaultCounts.Reset + $proxy.FaultCounts.Close | Should -Be 200
    }

    It 'can be added, changed and removed while a connection is open' {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy
        $client = Open-TcpConnection localhost $proxy.Port
        function Get-Trip {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Send-TcpMessage $client x
            Receive-TcpMessage $client -Count 1 -TimeoutSec 10 | ForEach-Object Text | Should -Be x
            $clock.ElapsedMilliseconds
        }
        $null = Get-Trip
        $fault = Add-NetFault $proxy @{ LatencyMs = 100; Direction = 'ToClient' } -PassThru
        $fault.Name | Should -Be Latency
        Get-Trip | Should -BeGreaterOrEqual 100
        (Set-NetFault $proxy Latency -LatencyMs 300 -PassThru).Effect | Should -Be '300 ms'
        Get-Trip | Should -BeGreaterOrEqual 300
        (Get-NetFault $proxy Lat*).Hits | Should -Be 2
        Set-NetFault $proxy Latency -Direction ToServer -LatencyMs 150
        Get-Trip | Should -BeGreaterOrEqual 150
        Get-NetFault $proxy | Remove-NetFault $proxy
        Get-NetFault $proxy | Should -BeNullOrEmpty
        Get-Trip | Should -BeLessThan 100
        Add-NetFault $proxy (New-NetFault -Stall)
        Send-TcpMessage $client held
        Receive-TcpMessage $client -Count 1 -TimeoutSec 0.2 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $proxy.Connections.BytesHeld | Should -Be 4
        Remove-NetFault $proxy *
        Receive-TcpMessage $client -Count 1 -TimeoutSec 10 | ForEach-Object Text | Should -Be held
        Add-NetFault $proxy (New-NetFault -HalfClose -Direction ToClient)
        Receive-TcpMessage $client -TimeoutSec 10 | Should -BeNullOrEmpty
        $client.State | Should -Be CloseWait
        Wait-Until { $proxy.Connections.State -eq 'HalfClosed' }
        Add-NetFault $proxy (New-NetFault -Reset)
        Wait-NoConnection $proxy
        { Send-TcpMessage $client x -ErrorAction Stop; Start-Sleep -Milliseconds 100; Send-TcpMessage $client x -ErrorAction Stop } | Should -Throw
        $server.Connections | Should -BeNullOrEmpty
        Close-TcpConnection $client -ErrorAction Ignore
    }

    It 'have names of their own' {
        $proxy = Start-TcpProxy $upstream -Fault @{ LatencyMs = 1 }, @{ LatencyMs = 2 }, @{ LatencyMs = 3; Name = 'slow' }
        (Get-NetFault $proxy).Name | Should -Be Latency, Latency2, slow
        Add-NetFault $proxy @{ Reset = $true; Name = 'SLOW' } -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.AddNetFaultCommand'
        "$faults" | Should -BeLike "The proxy already has a fault named 'SLOW'*Set-NetFault*"
        $proxy.FaultCounts.Keys | Should -Be Latency, Latency2, slow
    }

    It 'are those of a network: <Name>' -ForEach @{ Name = '3G' }, @{ Name = 'HotelWiFi' } {
        $proxy = Start-TcpProxy $upstream -Profile $Name
        (Get-NetFault $proxy).Kind | Should -Be Latency, Bandwidth, Bandwidth -Because 'a client never sees what TCP loses'
        [double] (Invoke-ProxyCase $peer trip $proxy.Port) | Should -BeGreaterThan 79
    }

    It 'end with the job, in the middle of <Name>' -ForEach @(
        @{ Name = 'latency'; Fault = @{ LatencyMs = 60000 } }
        @{ Name = 'a limited bandwidth'; Fault = @{ BytesPerSecond = 1 } }
        @{ Name = 'slices'; Fault = @{ SliceBytes = 1; SliceDelayMs = 60000 } }
        @{ Name = 'a stall'; Fault = @{ Stall = $true } }
        @{ Name = 'a closed port'; Fault = @{ Refuse = $true; AfterSec = 0.05 } }
        @{ Name = 'a half-close'; Fault = @{ HalfClose = $true; Direction = 'ToServer' } }
        @{ Name = 'a reset to come'; Fault = @{ Reset = $true; AfterSec = 60 } }
    ) {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy -Fault $Fault
        $client = Open-TcpConnection localhost $proxy.Port
        Send-TcpMessage $client ('x' * 1000)
        Wait-Until { $proxy.BytesReceived -eq 1000 }
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Stop-Job $proxy
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 5
        $proxy.State | Should -Be Stopped
        $proxy.ConnectionCount | Should -Be 0
        Wait-Until { $server.ConnectionCount -eq 0 }
        $proxy.Error | Should -BeNullOrEmpty
        Close-TcpConnection $client -ErrorAction Ignore
    }

    It 'reset connections by the thousand and leave nothing behind' -Skip:(-not $IsLinux) {
        $proxy = Start-TcpProxy $upstream -NoRecord -Fault @{ LatencyMs = 0.1 }
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 2000
        Wait-NoConnection $proxy
        $sockets = Get-OpenSocketCount
        $memory = [GC]::GetTotalMemory($true)
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 2000
        Wait-NoConnection $proxy
        Get-OpenSocketCount | Should -Be $sockets
        [GC]::GetTotalMemory($true) - $memory | Should -BeLessThan 2MB
        (Get-NetFault $proxy).ConnectionHits | Should -Be 4000
    }
}

Describe 'The cmdlets for faults of a running proxy' {
    BeforeAll {
        $proxy = Start-TcpProxy $upstream -Fault @{ LatencyMs = 1 } -Name faulty
        $server = Start-TcpServer
    }

    AfterAll { Get-Job | Remove-Job -Force }

    It 'say that a fault is not there: <Line>' -ForEach @(
        @{ Line = 'Get-NetFault faulty nope' }
        @{ Line = 'Set-NetFault faulty nope -LatencyMs 1' }
        @{ Line = 'Remove-NetFault faulty nope' }
    ) {
        $output = & ([scriptblock]::Create("$Line -ErrorVariable faults -ErrorAction SilentlyContinue; `$faults"))
        $output.FullyQualifiedErrorId | Should -BeLike 'NetFaultNotFound,*'
        "$output" | Should -Be "The proxy has no fault 'nope'. Its faults: 'Latency'."
    }

    It 'say that a job is no proxy: <Line>' -ForEach @(
        @{ Line = 'Get-NetFault $server' }
        @{ Line = 'Add-NetFault $server @{ Reset = $true }' }
        @{ Line = 'Set-NetFault $server x -LatencyMs 1' }
        @{ Line = 'Remove-NetFault $server x' }
    ) {
        $output = & ([scriptblock]::Create("$Line -ErrorVariable faults -ErrorAction SilentlyContinue; `$faults"))
        $output.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        "$output" | Should -BeLike '* is not a proxy, and has no faults. Start one with Start-TcpProxy*'
    }

    It 'keep the kind of a fault' {
        Set-NetFault faulty Latency -LossPercent 5 -ErrorVariable faults -ErrorAction SilentlyContinue
        "$faults" | Should -BeLike "'Latency' is a fault of the kind Latency and stays one.*"
        (Get-NetFault faulty).Effect | Should -Be '1 ms'
    }

    It 'refuse what makes no sense on TCP: <Name>' -ForEach @(
        @{ Name = 'Reorder'; Fault = @{ ReorderPercent = 5 } }
        @{ Name = 'Loss'; Fault = @{ LossPercent = 5 } }
        @{ Name = 'Duplicate'; Fault = @{ DuplicatePercent = 5 } }
    ) {
        Add-NetFault faulty $Fault -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.AddNetFaultCommand'
        "$faults" | Should -BeLike "'$Name' is about datagrams: TCP keeps the order*Use Start-UdpProxy*"
        Start-TcpProxy localhost:9 -Fault $Fault -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.StartTcpProxyCommand'
    }

    It 'refuse what is no fault: <Given>' -ForEach @(
        @{ Given = 'slow'; Says = "'slow' is not a fault. Use New-NetFault*" }
        @{ Given = @{ Latenz = 1 }; Says = "A fault has no setting 'Latenz'. It may have Name, Direction, LatencyMs*" }
        @{ Given = @{ LatencyMs = 'x' }; Says = "'x' is not a value for LatencyMs:*" }
    ) {
        Add-NetFault faulty $Given -ErrorVariable faults -ErrorAction SilentlyContinue
        "$faults" | Should -BeLike $Says
    }

    It 'change nothing with -WhatIf' {
        Set-NetFault faulty Latency -LatencyMs 9 -WhatIf
        Remove-NetFault faulty * -WhatIf
        (Get-NetFault faulty).Effect | Should -Be '1 ms'
    }

    It 'complete names of faults, proxies and profiles' {
        (TabExpansion2 'Get-NetFault faulty L').CompletionMatches.CompletionText | Should -Be Latency
        (TabExpansion2 'Get-NetFault -Job ').CompletionMatches.CompletionText | Should -Be "(Get-Job $($proxy.Id))"
        (TabExpansion2 'Start-TcpProxy x:1 -Profile d').CompletionMatches.CompletionText | Should -Be DSL
        (TabExpansion2 'Start-TcpProxy ').CompletionMatches.CompletionText | Should -Contain "127.0.0.1:$($server.Port)"
    }
}
