BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Get-TcpConnection' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -Echo
        $opened = 1..3 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        Wait-Until { $server.ConnectionCount -eq 3 }
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'gets those that were opened here, in the order of their numbers' {
        $all = Get-TcpConnection
        $all.Id | Should -Be $opened.Id
        [object]::ReferenceEquals($all[0], $opened[0]) | Should -BeTrue
    }

    It 'gets those of a server, given by position or pipeline' {
        $peers = Get-TcpConnection $server
        $peers | Should -HaveCount 3
        "$($peers.RemoteEndPoint | Sort-Object Port)" | Should -Be "$($opened.LocalEndPoint | Sort-Object Port)"
        $peers.Id | Should -Be ($peers.Id | Sort-Object)
        ($server | Get-TcpConnection).Id | Should -Be $peers.Id
        (Get-TcpConnection -Job $server).Id | Should -Be $peers.Id
        $peers.Id | Should -Not -BeIn $opened.Id
    }

    It 'gets those of several servers' {
        $other = Start-TcpServer
        $null = Open-TcpConnection 127.0.0.1 $other.Port
        Wait-Until { $other.ConnectionCount -eq 1 }
        $server, $other | Get-TcpConnection | Should -HaveCount 4
    }

    It 'gets those with -Id' {
        (Get-TcpConnection -Id $opened[2].Id, $opened[0].Id).Id | Should -Be $opened[2].Id, $opened[0].Id
        $id = $server.Connections[1].Id
        (Get-TcpConnection $server -Id $id).Id | Should -Be $id
    }

    It 'shows the counts as they are now' {
        'hello' | Send-TcpMessage -Connection $opened[1]
        $null = Receive-TcpMessage $opened[1] -Count 1 -TimeoutSec 20
        $peer = Get-TcpConnection $server | Where-Object MessagesReceived -GT 0
        "$($peer.RemoteEndPoint)" | Should -Be "$($opened[1].LocalEndPoint)"
        Wait-Until { $peer.MessagesSent }
        $peer.BytesReceived | Should -Be 6
        $peer.BytesSent | Should -Be 6
        $peer.MessagesSent | Should -Be 1
    }

    It 'leaves out what is closed' {
        Close-TcpConnection $opened[0]
        (Get-TcpConnection).Id | Should -Be $opened[1, 2].Id
        Wait-Until { $server.ConnectionCount -eq 2 }
        Get-TcpConnection $server | Should -HaveCount 2
        $opened[1, 2] | Close-TcpConnection
        Get-TcpConnection | Should -BeNullOrEmpty
        Wait-Until { $server.ConnectionCount -eq 0 }
        Get-TcpConnection $server | Should -BeNullOrEmpty
    }

    It 'says ConnectionNotFound for each -Id that is not open, and goes on' {
        $found = Get-TcpConnection -Id $opened[0].Id, 999999, $opened[1].Id -ErrorVariable faults -ErrorAction SilentlyContinue
        $found.Id | Should -Be $opened[0, 1].Id
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionNotFound,*'
        $faults[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $faults[0].TargetObject | Should -Be 999999
        "$($faults[0])" | Should -BeLike '*no open connection 999999 that was opened here; use -Job*Get-TcpConnection without -Id lists them.'

        $null = Get-TcpConnection $server -Id $opened[0].Id -ErrorVariable faults -ErrorAction SilentlyContinue
        "$($faults[0])" | Should -BeLike "*no open connection $($opened[0].Id) on $($server.LocalEndPoint).*"
    }

    It 'knows the state of each half' {
        Close-TcpConnection $opened[0] -HalfClose
        $opened[0].State | Should -Be 'FinWait'
        $quiet = Start-TcpServer
        $half = Open-TcpConnection 127.0.0.1 $quiet.Port
        Wait-Until { $quiet.ConnectionCount -eq 1 }
        Get-TcpConnection $quiet | Close-TcpConnection -HalfClose
        (Get-TcpConnection $quiet).State | Should -Be 'FinWait'
        Receive-TcpMessage $half -TimeoutSec 5 | Should -BeNullOrEmpty
        $half.State | Should -Be 'CloseWait'
        'the other way still works' | Send-TcpMessage -Connection $half
        Receive-TcpMessage -Job $quiet -Count 1 -TimeoutSec 20 | Should -Be 'the other way still works'
    }

    It 'keeps nothing of those that have ended, however they did' {
        # In functions, whose variables nothing holds afterwards.
        function Open-Gone([scriptblock] $End) {
            $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            'kept' | Send-TcpMessage -Connection $connection
            $null = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
            & $End $connection
            [WeakReference]::new($connection)
        }
        $gone = @(
            foreach ($i in 1..5) {
                Open-Gone { param($one) $one.Dispose() }
                Open-Gone {
                    param($one)
                    Get-TcpConnection $server | Where-Object RemoteEndPoint -EQ $one.LocalEndPoint | Close-TcpConnection -Reset
                    Receive-TcpMessage $one -TimeoutSec 10 -ErrorAction Ignore
                    $one.State | Should -Be 'Closed'
                }
            }
        )
        # PowerShell itself keeps the last few objects that went through it.
        Wait-Until { [GC]::Collect(); [GC]::WaitForPendingFinalizers(); @($gone | Where-Object IsAlive).Count -le 2 }
    }
}
