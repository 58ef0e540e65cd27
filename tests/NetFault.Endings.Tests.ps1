BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'Faults that end connections' {
    AfterEach { Get-Job | Remove-Job -Force }

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
            { Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 20 -ErrorAction Stop } | Should -Throw
        }
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be welcome
        $fault = Get-NetFault $proxy
        $fault.Hits, $fault.ConnectionHits | Should -Be 2, 2
        $proxy.MessageCount | Should -Be 3
        Wait-Until { @($proxy.Information | Where-Object Tags -Contains Fault).Count -eq 2 }
        @($proxy.Information | Where-Object Tags -Contains Fault)[0] | Should -BeLike 'Connection 1 from 127.0.0.1:*: Reset: reset (RST), first 2'
    }

    It 'count an end once, whichever direction it comes from' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ Reset = $true; AfterSec = 0.05 }, @{ Close = $true; AfterSec = 0.05 }
        Invoke-ProxyCase $peer ends $proxy.Port | Should -Be 200
        Wait-NoConnection $proxy
        $proxy.FaultCounts.Reset + $proxy.FaultCounts.Close | Should -Be 200
    }

    It 'end with the job, in the middle of <Name>' -ForEach @(
        @{ Name = 'latency'; Fault = @{ LatencyMs = 60000 } }
        @{ Name = 'a limited bandwidth'; Fault = @{ BytesPerSecond = 1 } }
        @{ Name = 'slices'; Fault = @{ SliceBytes = 1; SliceDelayMs = 60000 } }
        @{ Name = 'a stall'; Fault = @{ Stall = $true } }
        @{ Name = 'a closed port'; Fault = @{ Refuse = $true } }
        @{ Name = 'a half-close'; Fault = @{ HalfClose = $true; Direction = 'ToServer' } }
        @{ Name = 'a reset to come'; Fault = @{ Reset = $true; AfterSec = 60 } }
        @{ Name = 'a close to come'; Fault = @{ Close = $true; AfterBytes = 1MB } }
        @{ Name = 'corruption'; Fault = @{ CorruptPercent = 100 } }
    ) {
        $null = Invoke-Within 1000 {
            $server = Start-TcpServer -Echo
            $proxy = $server | Start-TcpProxy
            $client = Open-TcpConnection localhost $proxy.Port
            Wait-Until { $proxy.ConnectionCount -eq 1 }
            Add-NetFault $proxy $Fault
            Send-TcpMessage $client ('x' * 1000)
            Wait-Until { $proxy.BytesReceived -eq 1000 }
            Measure-Stop $proxy
            $proxy.ConnectionCount | Should -Be 0
            Wait-Until { $server.ConnectionCount -eq 0 }
            $proxy.Error | Should -BeNullOrEmpty
            Close-TcpConnection $client -ErrorAction Ignore
        }
    }

    It 'come and go with connections by the ten thousand and leave nothing behind' -Skip:(-not $IsLinux) {
        $proxy = Start-TcpProxy $upstream -NoRecord -Fault @{ LatencyMs = 0.1 }, @{ Reset = $true; AfterSec = 3600 }
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 5000
        Wait-NoConnection $proxy
        $sockets = Get-OpenSocketCount
        $memory = [GC]::GetTotalMemory($true)
        Invoke-ProxyCase $peer churn $proxy.Port | Should -Be 5000
        Wait-NoConnection $proxy
        Wait-Until { (Get-OpenSocketCount) -le $sockets }
        Wait-Until { [GC]::GetTotalMemory($true) - $memory -lt 2MB }
        (Get-NetFault $proxy Latency).ConnectionHits | Should -Be 10000
    }
}
