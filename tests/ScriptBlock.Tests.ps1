# Script blocks that answer: where they run, when their answers go out, and what they may not break.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'A script block that answers' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'sends what it puts out as it comes' {
        $gate = [Threading.ManualResetEventSlim]::new()
        $server = Start-TcpServer -Framing Line -ScriptBlock {
            'first'
            $null = ($using:gate).Wait(10000)
            'second'
        }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'go'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text | Should -Be 'first'
        $gate.Set()
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text | Should -Be 'second'
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

    It 'keeps its state from the first message on' {
        foreach ($round in 1..5) {
            $server = Start-TcpServer -Framing Line -ScriptBlock { $script:sum += [int] $_.Text; $script:sum }
            (1, 2, 3 | Send-TcpMessage localhost $server.Port -Framing Line -Count 3).Text | Should -Be '1', '3', '6'
            Remove-Job $server -Force
        }
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

    It 'sends nothing behind an output that could not be sent' {
        $server = Start-TcpServer -Framing Fixed:3 -ScriptBlock { 'one'; 'much too long'; 'two' }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Fixed:3
        Send-TcpMessage -Connection $client 'abc'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text | Should -Be 'one'
        Wait-Until { $server.Error.Count }
        Send-TcpMessage -Connection $client 'abc'
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 5).Text | Should -Be 'one'
    }

    It 'waits while its answers wait to be sent, and loses none' {
        $server = Start-TcpServer -Framing Line -ScriptBlock { foreach ($i in 1..200) { 'x' * 100000 } }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'go'
        (Receive-TcpMessage $client -Count 200 -TimeoutSec 20 | Measure-Object Length -Sum).Sum | Should -Be 20000000
    }

    Context 'cannot end a UDP server' {
        It 'by <Way>' -ForEach @(
            @{ Way = 'output whose ToString throws'; Script = {
                    if ($_.Text -ne 'bad') { return 'good' }
                    $object = [pscustomobject]@{}
                    $object | Add-Member ScriptMethod ToString { throw 'no text' } -Force -PassThru
                }
            }
            @{ Way = 'text that the encoding refuses'; Script = { $_.Text -eq 'bad' ? 'ü' : 'good' } }
            @{ Way = 'closing its runspace'; Script = {
                    if ($_.Text -eq 'bad') { [runspace]::DefaultRunspace.CloseAsync() }
                    'good'
                }
            }
            @{ Way = 'an exception of .NET'; Script = {
                    if ($_.Text -eq 'bad') { throw [OutOfMemoryException]::new() }
                    'good'
                }
            }
        ) {
            $strict = [Text.Encoding]::GetEncoding('us-ascii', [Text.EncoderFallback]::ExceptionFallback, [Text.DecoderFallback]::ReplacementFallback)
            $server = Start-UdpServer -ScriptBlock $Script -Encoding $strict
            Send-UdpMessage localhost $server.Port 'bad'
            foreach ($i in 1..3) {
                (Send-UdpMessage localhost $server.Port 'fine' -Count 1 -TimeoutSec 10).Text | Should -Be 'good'
            }
            $server.State | Should -Be 'Running'
        }
    }
}
