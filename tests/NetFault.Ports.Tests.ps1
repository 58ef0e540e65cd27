BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/proxies.ps1
    $peer = Start-ProxyPeer
    $upstream = "127.0.0.1:$($peer.Port)"
}

AfterAll { if ($peer) { $peer.Stop() } }

Describe 'Faults that close the port' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'close the port, and open it again' {
        $server = Start-TcpServer -Reply welcome
        $proxy = $server | Start-TcpProxy
        $client = Open-TcpConnection localhost $proxy.Port
        Wait-Until { $proxy.ConnectionCount -eq 1 } # only on Linux are those served that wait to be accepted
        Add-NetFault $proxy (New-NetFault -Refuse)
        Invoke-ProxyCase $peer refused $proxy.Port | Should -Be refused
        Send-TcpMessage $client hi
        Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be welcome -Because 'the fault is about new connections'
        Remove-NetFault $proxy Refuse
        Send-TcpMessage localhost $proxy.Port hi -Count 1 | ForEach-Object Text | Should -Be welcome
        # Whoever comes too late finds it open again.
        Wait-Until {
            Add-NetFault $proxy (New-NetFault -Refuse -ForSec 0.2)
            (Invoke-ProxyCase $peer refused $proxy.Port) -eq 'refused'
        }
        Wait-TcpPort localhost:$($proxy.Port) -TimeoutSec 20 -Quiet | Should -BeTrue
        Close-TcpConnection $client
        Stop-Job $proxy
        Start-TcpServer $proxy.Port | Should -Not -BeNullOrEmpty
    }

    It 'keep a closed port from others, and tell of it' -Skip:(-not $IsLinux) {
        $proxy = Start-TcpServer -Reply welcome | Start-TcpProxy -Fault (New-NetFault -Refuse)
        Start-TcpServer $proxy.Port -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        Remove-NetFault $proxy *
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be welcome
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
        Wait-TcpPort localhost:$($proxy.Port) -TimeoutSec 20 -Quiet | Should -BeTrue
    }
}
