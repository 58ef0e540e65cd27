BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'Faults of a stream' {
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
        $taken | Should -BeLessThan ($Least + 9000)
        $proxy.FaultCounts.Latency | Should -Be ($Least / 50)
    }

    It 'limit the bandwidth' {
        $proxy = Start-TcpProxy $upstream -Fault @{ BytesPerSecond = 2000000 }
        $bytes, $how, [double] $seconds = -split (Invoke-ProxyCase $peer transfer $proxy.Port)
        $bytes, $how | Should -Be 1000000, end
        $seconds | Should -BeGreaterThan 0.495
        $seconds | Should -BeLessThan 30
    }

    It 'cut a stream into pieces' {
        $proxy = Start-TcpProxy $upstream -Fault @{ SliceBytes = 3; SliceDelayMs = 20; Direction = 'ToClient' }
        # A client that cannot read for so long finds two of them together: then once more.
        $times = @{ Run = 0 }
        Wait-Until {
            $times.Run++
            (Invoke-ProxyCase $peer pieces $proxy.Port) -eq '3 3 3 1'
        }
        $proxy.FaultCounts.Slice | Should -Be (4 * $times.Run)
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

    It 'act for so long from the first byte after -AfterBytes, however late it comes: <Kind>' -ForEach @(
        @{ Kind = 'Stall'; Fault = @{ Stall = $true } }
        @{ Kind = 'Latency'; Fault = @{ LatencyMs = 300 } }
    ) {
        $proxy = Start-TcpProxy $upstream -Fault ($Fault + @{ AfterBytes = 100; ForSec = 0.3; Direction = 'ToServer' })
        # The server may notice the first bytes late, and too late when the machine stands still: then once more.
        $times = @{ Run = 0 }
        Wait-Until {
            $times.Run++
            [double] (Invoke-ProxyCase $peer late $proxy.Port) -gt 200
        }
        $proxy.FaultCounts[$Kind] | Should -Be $times.Run
    }
}
