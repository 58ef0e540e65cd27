# Script blocks that answer: where they run, and when their answers go out. What they may not break is in ScriptBlock.Endings.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'A script block that answers' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'sends its output as it is produced' {
        $gate = [Threading.ManualResetEventSlim]::new()
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            'first'
            $null = ($using:gate).Wait(60000)
            'second'
        }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'go'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'first'
        $gate.Set()
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'second'
    }

    It 'runs at the location of its caller' {
        Push-Location $TestDrive
        try { $server = Start-TcpServer -Framing Line -ScriptBlock { "$PWD" } }
        finally { Pop-Location }
        (Send-TcpMessage localhost $server.Port 'where?' -Framing Line -Count 1).Text | Should -Be (Convert-Path $TestDrive)
    }

    It 'knows the cmdlets of this module, however it was imported' {
        $echo = Start-TcpServer -Framing Line -Echo
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            (Send-TcpMessage localhost ($using:echo).Port "asked: $($_.Text)" -Framing Line -Count 1).Text
        }
        (Send-TcpMessage localhost $server.Port 'x' -Framing Line -Count 1).Text | Should -Be 'asked: x'
        $server.Error | Should -BeNullOrEmpty
    }

    It 'sees objects as the prompt shows them, from the first message on' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            "$($_.Peer)"
            ($_ | Out-String -Width 100) -split '\r?\n' | Where-Object { $_ } | Select-Object -First 1
        }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'x'
        $answer = Receive-TcpMessage $client -Count 2 -TimeoutSec 20
        $answer[0].Text | Should -Be "$($client.LocalEndPoint)"
        -split $answer[1].Text | Should -Be 'Time', 'Peer', 'Conn', 'Seq', 'Length', 'Text'
    }

    It 'is refused with a variable that does not exist: <Script>' -ForEach @(
        @{ Script = { $using:missing1 }; Name = '$missing1' }
        @{ Script = { $using:missing2.Name }; Name = '$missing2' }
        @{ Script = { & { $using:script:missing3 } }; Name = '$script:missing3' }
        @{ Script = { $using:env:PSNETLAB_MISSING }; Name = '$env:PSNETLAB_MISSING' }
    ) {
        $fault = { Start-TcpServer -ScriptBlock $Script -ErrorAction Stop } | Should -Throw -PassThru -ErrorId 'InvalidParameters,*'
        "$fault" | Should -BeLike "*has no value: there is no $Name here.*"
    }

    It 'takes a variable whose value is null' {
        $empty = $null
        $server = Start-TcpServer -Framing Line -ScriptBlock { "[$using:empty][$($using:PID)][$($using:HOME)][$($using:env:PATH)]" }
        (Send-TcpMessage localhost $server.Port 'x' -Framing Line -Count 1).Text | Should -Be "[][$PID][$HOME][$env:PATH]"
    }

    It 'runs script blocks and functions of the session in its own runspace' {
        $where = 'session'
        $block = { "[$where]" }
        function Get-Where([string] $Text) { process { "$Text[$where]" } }
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            & $using:block
            & ${using:function:Get-Where} 'called '
            ${function:Get-It} = ${using:function:Get-Where}
            Get-It -Text 'taken '
        }
        $answer = Send-TcpMessage localhost $server.Port 'x' -Framing Line -Count 3
        $answer.Text | Should -Be '[]', 'called []', 'taken []'
    }

    It 'keeps its state from the first message on' {
        foreach ($round in 1..5) {
            $server = Start-TcpServer -Framing Line -ScriptBlock { $script:sum += [int] $_.Text; $script:sum }
            (1, 2, 3 | Send-TcpMessage localhost $server.Port -Framing Line -Count 3).Text | Should -Be '1', '3', '6'
            Remove-Job $server -Force
        }
    }

    It 'starts each message where its caller was, with variables of its own' {
        Push-Location $TestDrive
        try {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                "$PWD $mine"
                $mine = 'mine'
                Set-Location Env:
            }
        }
        finally { Pop-Location }
        (1, 2, 3 | Send-TcpMessage localhost $server.Port -Framing Line -Count 3).Text | Should -Be (,"$(Convert-Path $TestDrive) " * 3)
    }

    It 'keeps its runspace from message to message, until it has broken it' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            [runspace]::DefaultRunspace.InstanceId
            if ($_.Text -eq 'break') { [runspace]::DefaultRunspace.CloseAsync() }
        }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        $runspaces = foreach ($text in 1, 2, 3, 'break', 4, 5) {
            Send-TcpMessage -Connection $client $text
            (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text
        }
        $runspaces[0..3] | Select-Object -Unique | Should -HaveCount 1
        $runspaces[4] | Should -Not -Be $runspaces[0]
        $runspaces[5] | Should -Be $runspaces[4]
        Wait-Until { $server.Error.Count }
        "$($server.Error[0])" | Should -BeLike '*on message 4 of *: It closed its own runspace. Nothing more was sent back*'
    }

    It 'leaves no runspace that it has closed' {
        $before = @(Get-Runspace).Id
        $server = Start-UdpServer -ScriptBlock { [runspace]::DefaultRunspace.CloseAsync() }
        foreach ($i in 1..5) { Send-UdpMessage localhost $server.Port 'x' }
        Wait-Until { $server.Error.Count -eq 5 }
        Wait-Until { @(Get-Runspace | Where-Object Id -NotIn $before).Count -le 1 }
    }

    It 'leaves its runspace as PowerShell expects it when there is nothing to do' {
        $before = @(Get-Runspace).Id
        $server = Start-TcpServer -Framing Line -ScriptBlock { $_.Text }
        (1..3 | Send-TcpMessage localhost $server.Port -Framing Line -Count 3).Text | Should -Be '1', '2', '3'
        Wait-Until { -not (Get-Runspace | Where-Object { $_.Id -notin $before -and $_.RunspaceAvailability -ne 'Available' }) }
    }

    It 'has its own connection, whatever an earlier script did to the variable' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            $Connection.RemoteEndPoint
            Set-Variable Connection 'mine' -Option ReadOnly -Scope Global -Force
        }
        foreach ($round in 1..3) {
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            Send-TcpMessage -Connection $client 'x'
            (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be "$($client.LocalEndPoint)"
        }
        $server.Error | Should -BeNullOrEmpty
    }

    It 'answers ten thousand messages in little memory' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            Write-Progress 'at work'
            Write-Error 'hidden' -ErrorAction SilentlyContinue
            Get-Item "/no/such/$($_.Text)" -ErrorAction Ignore
            'x' * 1000
        }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        $sizes = foreach ($round in 1..6) {
            1..2000 | Send-TcpMessage -Connection $client -Count 2000 -TimeoutSec 60 | Measure-Object | ForEach-Object Count | Should -Be 2000
            $null = Receive-TcpMessage $server -TimeoutSec 0
            [GC]::GetTotalMemory($true)
        }
        Wait-Until { [GC]::GetTotalMemory($true) - $sizes[0] -lt 8MB }
    }

    It 'opens a runspace for each of -ThrottleLimit, and closes them all when the server stops' {
        $gate = [Threading.ManualResetEventSlim]::new()
        $before = @(Get-Runspace).Id
        $server = Start-TcpServer -Framing Line -ThrottleLimit 3 -ScriptBlock {
            $null = ($using:gate).Wait(60000)
            [runspace]::DefaultRunspace.Id
        }
        $clients = foreach ($i in 1..3) { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        foreach ($client in $clients) { Send-TcpMessage -Connection $client 'go' }
        Wait-Until { @(Get-Runspace | Where-Object { $_.Id -notin $before -and $_.RunspaceAvailability -eq 'Busy' }).Count -eq 3 }
        $gate.Set()
        $used = foreach ($client in $clients) { (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text }
        $used | Sort-Object -Unique | Should -HaveCount 3
        @(Get-Runspace | Where-Object Id -NotIn $before) | Should -HaveCount 3
        Stop-Job $server
        Wait-Until { -not (Get-Runspace | Where-Object Id -NotIn $before) }
    }

    It 'has its runspace before the first message, and leaves none that was never used' {
        $before = @(Get-Runspace).Id
        $server = Start-UdpServer -ScriptBlock { 'x' }
        Wait-Until { Get-Runspace | Where-Object Id -NotIn $before }
        Stop-Job $server
        Wait-Until { -not (Get-Runspace | Where-Object Id -NotIn $before) }
    }

    It 'tells the line of its error' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            $text = $_.Text
            Get-Item "/no/such/$text" -ErrorAction Stop
        }
        Send-TcpMessage localhost $server.Port 'file' -Framing Line
        Wait-Until { $server.Error.Count }
        "$($server.Error[0])" | Should -BeLike '*line 3 of the script block: Get-Item*'
    }

    It 'sends nothing after an output that could not be sent' {
        $server = Start-TcpServer -Framing Fixed:3 -ScriptBlock { 'one'; 'much too long'; 'two' }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Fixed:3
        Send-TcpMessage -Connection $client 'abc'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'one'
        Wait-Until { $server.Error.Count }
        Send-TcpMessage -Connection $client 'abc'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'one'
    }

    It 'answers others while a client does not take its answer, and then keeps no more runspaces than before' {
        $before = @(Get-Runspace).Id
        $server = Start-TcpServer -Framing Line -MaxMessageBytes 32MB -ScriptBlock {
            if ($_.Text -eq 'all') { 'x' * 20MB } else { $_.Text }
        }
        $slow = [Net.Sockets.TcpClient]::new('127.0.0.1', $server.Port)
        $slow.GetStream().Write([Text.Encoding]::ASCII.GetBytes("all`n"))
        # It has begun, and does not go on.
        $slow.GetStream().ReadByte() | Should -Be ([int] [char] 'x')

        (Send-TcpMessage localhost $server.Port 'quick' -Framing Line -Count 1 -TimeoutSec 20).Text | Should -Be 'quick'

        $left = 20MB
        $buffer = [byte[]]::new(1MB)
        while ($left -gt 0 -and ($count = $slow.GetStream().Read($buffer)) -gt 0) { $left -= $count }
        $left | Should -Be 0 -Because 'its answer is whole'
        $slow.Dispose()
        Wait-Until { @(Get-Runspace | Where-Object Id -NotIn $before).Count -le 1 } -TimeoutSec 20
        (Send-TcpMessage localhost $server.Port 'again' -Framing Line -Count 1 -TimeoutSec 20).Text | Should -Be 'again'
    }

    It 'waits while its answers wait to be sent, and loses none' {
        $server = Start-TcpServer -Framing Line -ScriptBlock { foreach ($i in 1..200) { 'x' * 100000 } }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'go'
        (Receive-TcpMessage $client -Count 200 -TimeoutSec 20 | Measure-Object Length -Sum).Sum | Should -Be 20000000
    }

    It 'passes on what it writes to the other streams while it runs' {
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            Write-Warning 'I work'
            while ($true) { Start-Sleep -Milliseconds 20 }
        }
        Send-TcpMessage 127.0.0.1 $server.Port 'go' -Framing Line
        Wait-Until { $server.Warning.Count -gt 0 }
        "$($server.Warning[0])" | Should -Be 'I work'
    }
}
