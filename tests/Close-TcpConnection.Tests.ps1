BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Close-TcpConnection' {
    BeforeEach {
        $server = Start-TcpServer -Framing Line -Echo
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Wait-Until { $server.ConnectionCount -eq 1 }
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'closes gracefully' {
        Close-TcpConnection $connection
        $connection.State | Should -Be 'Closed'
        $connection.CloseReason | Should -Be 'LocalClosed'
        Get-TcpConnection | Should -BeNullOrEmpty
        Wait-Until { $server.Information.Count -eq 2 }
        "$($server.Information[1])" | Should -BeLike '*closed: PeerClosed'
        $server.Error | Should -BeNullOrEmpty
    }

    It 'closes connections from the pipeline and from an array' {
        $more = 1..4 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port }
        Close-TcpConnection $more[0], $more[1]
        $connection, $more[2], $more[3] | Close-TcpConnection
        Get-TcpConnection | Should -BeNullOrEmpty
        Wait-Until { $server.ConnectionCount -eq 0 }
    }

    It 'resets with -Reset' {
        Close-TcpConnection $connection -Reset
        $connection.CloseReason | Should -Be 'LocalReset'
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionReset*'
        $server.Error[0].CategoryInfo.Category | Should -Be 'ConnectionError'
        "$($server.Error[0].TargetObject)" | Should -Be "$($connection.LocalEndPoint)"
        "$($server.Error[0])" | Should -BeLike "$($connection.LocalEndPoint) reset the connection*"
        Wait-Until { $server.Information.Count -eq 2 }
        "$($server.Information[1])" | Should -BeLike '*closed: PeerReset'
    }

    It 'only ends sending with -HalfClose; replies still arrive' {
        1..3 | Send-TcpMessage -Connection $connection
        Close-TcpConnection $connection -HalfClose
        $connection.State | Should -BeIn 'FinWait', 'Closed'
        (Receive-TcpMessage $connection -TimeoutSec 5).Text | Should -Be '1', '2', '3'
        { 'more' | Send-TcpMessage -Connection $connection -ErrorAction Stop } |
            Should -Throw -ErrorId 'ConnectionClosed,PSNetLab.Commands.SendTcpMessageCommand'
    }

    It 'says after -HalfClose that this side has ended sending, and still receives' {
        'asked' | Send-TcpMessage -Connection $connection
        Close-TcpConnection $connection -HalfClose
        $fault = { 'more' | Send-TcpMessage -Connection $connection -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        "$fault" | Should -BeLike '*has ended sending*'
        (Receive-TcpMessage $connection -Count 1 -TimeoutSec 20).Text | Should -Be 'asked'
    }

    It 'lets a server go on receiving after -HalfClose' {
        'first' | Send-TcpMessage -Connection $connection
        (Receive-TcpMessage $server -Count 1 -TimeoutSec 20).Text | Should -Be 'first'
        Get-TcpConnection $server | Close-TcpConnection -HalfClose
        (Receive-TcpMessage $connection -TimeoutSec 10).Text | Should -Be 'first'
        'second', 'third' | Send-TcpMessage -Connection $connection
        (Receive-TcpMessage $server -Count 2 -TimeoutSec 20).Text | Should -Be 'second', 'third'
        $server.Error | Should -BeNullOrEmpty
    }

    It 'half-closes twice, or after a close, without an error' {
        Close-TcpConnection $connection -HalfClose
        Close-TcpConnection $connection -HalfClose -ErrorAction Stop
        Close-TcpConnection $connection
        Close-TcpConnection $connection -HalfClose -ErrorAction Stop
        Close-TcpConnection $connection -ErrorAction Stop
        $connection.CloseReason | Should -Be 'LocalClosed'
    }

    It 'closes the connections of a server' {
        Get-TcpConnection $server | Close-TcpConnection
        Receive-TcpMessage $connection -TimeoutSec 5 | Should -BeNullOrEmpty
        $connection.State | Should -Be 'CloseWait'
        Wait-Until { $server.Information.Count -eq 2 }
        "$($server.Information[1])" | Should -BeLike '*closed: LocalClosed'
        $server.Error | Should -BeNullOrEmpty
        $server.State | Should -Be 'Running'
    }

    It 'resets the clients of a server' {
        Get-TcpConnection $server | Close-TcpConnection -Reset
        $fault = { Receive-TcpMessage $connection -TimeoutSec 5 -ErrorAction Stop } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionReset,*'
        $fault.CategoryInfo.Category | Should -Be 'ConnectionError'
        "$($fault.TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
        "$fault" | Should -BeLike "127.0.0.1:$($server.Port) reset the connection*Open a new one*"
        $connection.CloseReason | Should -Be 'PeerReset'
    }

    It 'ends a receiver that waits on the connection' {
        $shell = [powershell]::Create().AddCommand('Import-Module').AddArgument("$modulePath/PSNetLab.psd1").
            AddStatement().AddCommand('Receive-TcpMessage').AddParameter('Connection', $connection)
        try {
            $run = $shell.BeginInvoke()
            'first' | Send-TcpMessage -Connection $connection
            # The answer comes out of the cmdlet only when it has ended, so its counting shows that it waits for another.
            Wait-Until { $connection.MessagesReceived -eq 1 }
            Close-TcpConnection $connection
            Wait-Until { $run.IsCompleted }
            $shell.EndInvoke($run) | Should -Be 'first'
            $shell.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
    }

    It 'does nothing with -WhatIf' {
        Close-TcpConnection $connection -WhatIf
        Close-TcpConnection $connection -HalfClose -WhatIf
        Close-TcpConnection $connection -Reset -WhatIf
        'alive' | Send-TcpMessage -Connection $connection
        Receive-TcpMessage $connection -Count 1 -TimeoutSec 20 | Should -Be 'alive'
    }

    It 'takes either -HalfClose or -Reset' {
        { Close-TcpConnection $connection -HalfClose -Reset } | Should -Throw -ErrorId 'AmbiguousParameterSet*'
    }
}
