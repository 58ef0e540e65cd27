# The errors of a script block, at the prompt of whoever waits for its server.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # The warnings that come while the wait goes on; it would last a minute.
    function Get-Warning([scriptblock] $Wait, [object[]] $ArgumentList) {
        $ended = Invoke-Stoppable $Wait $ArgumentList -When { param($output) $output | Where-Object { $_ -is [Management.Automation.WarningRecord] } }
        $ended.EndedBefore | Should -BeFalse
        $ended.Output | Where-Object { $_ -is [Management.Automation.WarningRecord] } | ForEach-Object { "$_" }
    }
}

Describe 'An error in a script block' {
    BeforeEach {
        $failing = {
            $text = $_.Text
            throw "no $text"
        }
        $server = Start-TcpServer -Framing Line -Name lab -ScriptBlock $failing
        $udp = Start-UdpServer -Name lab -ScriptBlock $failing
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'is a warning with its line for whoever waits: <Line>' -ForEach @(
        @{ Line = 'Send-TcpMessage localhost $server.Port hi -Framing Line -Count 1 -TimeoutSec 60 3>&1' }
        @{ Line = 'Send-TcpMessage localhost $server.Port hi -Framing Line -Receive -TimeoutSec 60 3>&1' }
        @{ Line = '$c = Open-TcpConnection localhost $server.Port -Framing Line; Send-TcpMessage $c hi; Receive-TcpMessage $c -Count 1 3>&1' }
        @{ Line = '$c = Open-TcpConnection localhost $server.Port -Framing Line; Send-TcpMessage $c hi; Receive-TcpMessage $c 3>&1' }
        @{ Line = 'Send-TcpMessage localhost $server.Port hi -Framing Line; Receive-TcpMessage $server -Count 2 -TimeoutSec 60 3>&1' }
        @{ Line = 'Send-UdpMessage localhost $udp.Port hi -Count 1 -TimeoutSec 60 3>&1' }
        @{ Line = 'Send-UdpMessage localhost $udp.Port hi; Receive-UdpMessage $udp -Count 2 3>&1' }
    ) {
        # A server that closes at the end of the stream would end -Receive.
        $wait = [scriptblock]::Create("param(`$server, `$udp) $Line")
        if ($Line -like '*-Receive *') {
            $gate = [Threading.ManualResetEventSlim]::new()
            Remove-Job $server -Force
            $server = Start-TcpServer -Framing Line -Name lab -ScriptBlock {
                Write-Error "no $($_.Text)"
                $null = ($using:gate).Wait(20000)
            }
        }
        try {
            Get-Warning $wait $server, $udp |
                Should -BeLike 'lab: The script block *: no hi (line ?*).*'
        }
        finally { if ($gate) { $gate.Set() } }
    }

    It 'is a warning also if the script goes on' {
        $server = Start-TcpServer -Framing Line -Name lab -ScriptBlock {
            Get-Item -LiteralPath "/no/such/$($_.Text)"
        }
        Get-Warning { param($port) Send-TcpMessage localhost $port file -Framing Line -Count 1 -TimeoutSec 60 3>&1 } $server.Port |
            Should -BeLike 'lab: The script block wrote an error: Cannot find path * (line 2: Get-Item *).'
    }

    It 'is shown once, and remains an error of the job' {
        Send-TcpMessage localhost $server.Port hi -Framing Line
        Wait-Until { $server.Error.Count }
        foreach ($expected in 1, 0) {
            $null = Receive-TcpMessage $server -TimeoutSec 0 -WarningVariable warned -WarningAction SilentlyContinue
            $warned | Should -HaveCount $expected
        }
        $server.Error | Should -HaveCount 1
    }

    It 'is no warning once Receive-Job has shown it' {
        Send-TcpMessage localhost $server.Port hi -Framing Line
        Wait-Until { $server.Error.Count }
        $null = Receive-Job $server -ErrorAction SilentlyContinue
        $null = Receive-TcpMessage $server -TimeoutSec 0 -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -BeNullOrEmpty
    }

    It 'is no warning for those who do not wait, or wait for the answer to another message' {
        $c, $d = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        $quiet = @{ WarningVariable = '+warned'; WarningAction = 'SilentlyContinue' }
        Send-TcpMessage $c hi @quiet
        Wait-Until { $server.Error.Count }
        Send-TcpMessage $c hi @quiet
        $null = Get-TcpConnection $server @quiet
        $null = Receive-TcpMessage $d -TimeoutSec 0 @quiet
        $warned | Should -BeNullOrEmpty
        $null = Receive-TcpMessage $c -TimeoutSec 0 @quiet
        $warned | Should -Not -BeNullOrEmpty
    }

    It 'quotes what a peer sent without its commands for the terminal, and only the beginning: <Script>' -ForEach @(
        @{ Script = { Write-Error $_.Text } }
        @{ Script = { throw $_.Text } }
        @{ Script = { Get-Item -LiteralPath "/no/such/$($_.Text)" } }
    ) {
        $server = Start-TcpServer -Framing Line -ScriptBlock $Script
        Send-TcpMessage localhost $server.Port "`e[2J$([char] 13)x$([char] 0x85)$('long' * 100KB)" -Framing Line
        Wait-Until { $server.Error.Count }
        $null = Receive-TcpMessage $server -TimeoutSec 0 -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -Not -BeNullOrEmpty
        "$warned" | Should -Match "`u{241b}\[2J`u{240d}x`u{fffd}long"
        "$warned" | Should -Not -Match '\p{Cc}'
        "$($warned[0])".Length | Should -BeLessThan 2000
    }

    It 'is one of ten warnings at most' {
        1..20 | Send-TcpMessage localhost $server.Port -Framing Line
        Wait-Until { $server.Error.Count -eq 20 }
        $null = Receive-TcpMessage $server -TimeoutSec 0 -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 10
        "$($warned[-1])" | Should -BeLike '*: no 20 (line*'
    }
}
