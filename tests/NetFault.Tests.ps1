BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"
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

Describe 'Faults of a running proxy' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'can be added, changed and removed while a connection is open' {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy
        $client = Open-TcpConnection localhost $proxy.Port
        function Get-Trip {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Send-TcpMessage $client x
            Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be x
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
        # The latency would delay each of them by more.
        Wait-Until { (Get-Trip) -lt 150 }
        Add-NetFault $proxy (New-NetFault -Stall)
        Send-TcpMessage $client held
        Receive-TcpMessage $client -Count 1 -TimeoutSec 0.2 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Wait-Until { $proxy.Connections.BytesHeld -eq 4 }
        Remove-NetFault $proxy *
        Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be held
        Add-NetFault $proxy (New-NetFault -HalfClose -Direction ToClient)
        Receive-TcpMessage $client -TimeoutSec 10 | Should -BeNullOrEmpty
        $client.State | Should -Be CloseWait
        Wait-Until { $proxy.Connections.State -eq 'HalfClosed' }
        Add-NetFault $proxy (New-NetFault -Reset)
        Wait-NoConnection $proxy
        { Send-TcpMessage $client x -ErrorAction Stop; Start-Sleep -Milliseconds 100; Send-TcpMessage $client x -ErrorAction Stop } | Should -Throw
        Wait-Until { -not $server.Connections }
        Close-TcpConnection $client -ErrorAction Ignore
    }

    It 'can be described where they are added' {
        $proxy = Start-TcpProxy $upstream
        Add-NetFault $proxy -LatencyMs 5 -Direction ToServer -Name slow
        (Add-NetFault $proxy @{ Stall = $true; AfterSec = 100 } -Reset -First 1 -PassThru).Name | Should -Be Stall, Reset
        (Get-NetFault $proxy).Name | Should -Be slow, Stall, Reset
        (Add-NetFault $proxy @{ LatencyMs = 1; Name = $null } -PassThru).Name | Should -Be Latency
        Add-NetFault $proxy -ErrorVariable faults -ErrorAction SilentlyContinue
        "$faults" | Should -BeLike 'Say what is to go wrong: give a fault of New-NetFault*'
        @() | Add-NetFault $proxy
        Set-NetFault $proxy slow -ErrorVariable faults -ErrorAction SilentlyContinue
        "$faults" | Should -BeLike 'Say what is to change*'
    }

    It 'are over with the proxy: <Line>' -ForEach @(
        @{ Line = 'Add-NetFault $proxy @{ Reset = $true }' }
        @{ Line = 'Set-NetFault $proxy Latency -LatencyMs 2' }
        @{ Line = 'Remove-NetFault $proxy Latency' }
    ) {
        $proxy = Start-TcpProxy $upstream -Fault @{ LatencyMs = 1 }
        Stop-Job $proxy
        $output = & ([scriptblock]::Create("$Line -ErrorVariable faults -ErrorAction SilentlyContinue; `$faults"))
        $output.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        "$output" | Should -BeLike '* has ended, and its faults act no more. Start another proxy.'
        (Get-NetFault $proxy).Effect | Should -Be '1 ms' -Because 'one may look at what they did'
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
        @{ Given = @{ LatencyMs = 1; Name = '' }; Says = 'The name of a fault is not empty*leave -Name out.' }
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
