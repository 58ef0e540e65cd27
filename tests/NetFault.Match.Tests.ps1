BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Faults with a script block in -Match' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'end a connection before the bytes that they choose: <Kind>' -ForEach @{ Kind = 'Reset' }, @{ Kind = 'Close' } {
        $server = Start-TcpServer -Echo
        $proxy = $server | Start-TcpProxy -Fault @{ $Kind = $true; Match = { $_.Text -like '*DROP TABLE*' } }
        $client = Open-TcpConnection localhost $proxy.Port
        'SELECT 1', 'SELECT 2' | ForEach-Object {
            Send-TcpMessage $client $_
            Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be $_
        }
        Send-TcpMessage $client 'DROP TABLE users'
        Receive-TcpMessage $client -TimeoutSec 10 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        Wait-Until { $proxy.ConnectionCount -eq 0 -and $server.ConnectionCount -eq 0 }
        $server.BytesReceived | Should -Be 16
        $proxy.FaultCounts[$Kind] | Should -Be 1
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).Faults | Should -Be $Kind
        $proxy.Error | Should -BeNullOrEmpty
        Close-TcpConnection $client -ErrorAction Ignore
    }

    It 'delay what they choose, and know what it is' {
        $slow = 'slow'
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault (
            New-NetFault -LatencyMs 200 -Match { $_.Direction -eq 'ToServer' -and $_.Text -eq $using:slow -and $_.Number -eq 1 -and
                $_.Offset -eq 4 -and $_.Length -eq 4 -and $_.Data[0] -eq 115 -and $_.ClientEndPoint.Address -eq '127.0.0.1' })
        $client = Open-TcpConnection localhost $proxy.Port
        foreach ($one in @{ Text = 'fast'; Hits = 0 }, @{ Text = 'slow'; Hits = 1 }, @{ Text = 'slow'; Hits = 1 }) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Send-TcpMessage $client $one.Text
            Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be $one.Text
            $proxy.FaultCounts.Latency | Should -Be $one.Hits
            if ($one.Hits -and -not $delayed) { $delayed = $clock.ElapsedMilliseconds }
        }
        $delayed | Should -BeGreaterOrEqual 200
        Close-TcpConnection $client
    }

    It 'let everything pass, in its order and to the end of the stream, when they choose nothing' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ Stall = $true; Match = { $false } }
        $client = Open-TcpConnection localhost $proxy.Port
        $text = -join (1..20000)
        Send-TcpMessage $client $text
        Close-TcpConnection $client -HalfClose
        -join (Receive-TcpMessage $client -TimeoutSec 20 | ForEach-Object Text) | Should -BeExactly $text
        Close-TcpConnection $client
        Wait-Until { $proxy.Output.Count }
        (Receive-Job $proxy).CloseReason | Should -Be Finished
    }

    It 'lose the datagrams that they choose, and keep the order of the others' {
        $server = Start-UdpServer
        $proxy = $server | Start-UdpProxy -Fault (New-NetFault -LossPercent 100 -Match { [int] $_.Text % 3 -eq 0 })
        1..30 | Send-UdpMessage localhost $proxy.Port
        $got = Receive-UdpMessage $server -Count 20 -TimeoutSec 20
        $got.Text | Should -Be (1..30 | Where-Object { $_ % 3 })
        Wait-Until { $proxy.FaultCounts.Loss -eq 10 }
    }

    It 'are asked only about clients that fit, and only while the fault is active' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ Reset = $true; Match = '192.0.2.0/24', { throw 'asked' } },
            @{ Reset = $true; AfterBytes = 1000; Match = { throw 'asked' } }
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be hi
        $proxy.Error | Should -BeNullOrEmpty
    }

    It 'are reported when they fail, and the bytes pass' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy -Fault @{ Reset = $true; Direction = 'ToServer'; Match = { throw 'no idea' } }
        Send-TcpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be hi
        Wait-Until { $proxy.Error.Count }
        $proxy.Error[0].FullyQualifiedErrorId | Should -Be ReplyScriptFailed
        "$($proxy.Error[0])" | Should -BeLike "The script block failed on 2 bytes of 127.0.0.1:* for the fault 'Reset': no idea*The fault did not act on them; the proxy goes on."
    }

    It 'can be changed and taken away' {
        $proxy = Start-TcpServer -Echo | Start-TcpProxy
        Add-NetFault $proxy @{ Stall = $true; Match = { $_.Text -eq 'x' } }
        (Get-NetFault $proxy).When | Should -Be "where { `$_.Text -eq 'x' }"
        (Get-NetFault $proxy).Match | Should -Be "`$_.Text -eq 'x'"
        Send-TcpMessage localhost $proxy.Port y -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be y
        Set-NetFault $proxy Stall -Match { $_.Text -eq 'y' }
        Send-TcpMessage localhost $proxy.Port x -Count 1 -TimeoutSec 20 | ForEach-Object Text | Should -Be x
        Set-NetFault $proxy Stall -Match '10.0.0.0/8'
        (Get-NetFault $proxy).When | Should -Be 'from 10.0.0.0/8'
        Set-NetFault $proxy Stall -Match $null
        (Get-NetFault $proxy).When | Should -BeNullOrEmpty
    }

    It 'end with the job in the middle of a script: <Proxy>' -ForEach @(
        @{ Proxy = 'TCP'; Start = { Start-TcpServer -Echo | Start-TcpProxy -Fault $args[0] }; Send = { Open-TcpConnection localhost $args[0] | Send-TcpMessage -Data x } }
        @{ Proxy = 'UDP'; Start = { Start-UdpServer -Echo | Start-UdpProxy -Fault $args[0] }; Send = { Send-UdpMessage localhost $args[0] x } }
    ) {
        $null = Invoke-Within 1000 {
            $job = & $Start (New-NetFault -Stall -Match { Write-Warning begun; Start-Sleep 60; $true })
            & $Send $job.Port
            Wait-Until { $job.Warning.Count }
            Measure-Stop $job
            if ($Proxy -eq 'UDP') { $job.Discarded | Should -Be 1 }
            Get-TcpConnection | Close-TcpConnection -ErrorAction Ignore
        }
    }

    It 'are not for <Given.Keys>' -ForEach @(
        @{ Given = @{ Refuse = $true; Match = { $true } }; Says = '-Refuse closes the port for everybody*' }
        @{ Given = @{ Reset = $true; Match = { 1 }, { 2 } }; Says = '-Match takes one script block. Join the conditions with -or, or make two faults.' }
    ) {
        $fault = { New-NetFault @Given } | Should -Throw -PassThru
        "$fault" | Should -BeLike $Says
        $fault.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.NewNetFaultCommand'
    }
}
