BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/ports.ps1
    $full = Start-PythonPeer $fullListener
}

AfterAll {
    if ($full) { $full.Stop() }
}

Describe 'What Test-TcpPort takes' {
    BeforeAll {
        $server = Start-TcpServer -Echo
        $open = $server.Port
        $closed = Get-FreePort
    }

    AfterAll {
        Remove-Job $server -Force
    }

    Context 'parameters' {
        It 'reads the banner with -Banner' {
            $peer = Start-PythonPeer $door '220 ready\r\n'
            try { $result = Test-TcpPort 127.0.0.1 $peer.Port -Banner }
            finally { $peer.Stop() }
            $result.Banner | Should -Be '220 ready'
            $result.BannerBytes | Should -Be ([Text.Encoding]::ASCII.GetBytes("220 ready`r`n"))
        }

        It 'shows a banner that commands no terminal, and keeps its lines' {
            $peer = Start-PythonPeer $door '220-\x1b[2Ja\x9b\r\n220\tb\r\n'
            try {
                $result = Test-TcpPort 127.0.0.1 $peer.Port -Banner
                Wait-TcpPort 127.0.0.1 $peer.Port -Banner '^220-\x1b' -TimeoutSec 10 -Quiet | Should -BeTrue
            }
            finally { $peer.Stop() }
            $result.Banner | Should -Be "220-$([char] 0x241b)[2Ja$([char] 0xfffd)`r`n220`tb"
            $result.BannerBytes[4] | Should -Be 27
        }

        It 'sends first with -Send, text in -Encoding or bytes' {
            $result = Test-TcpPort 127.0.0.1 $open -Send '中' -Encoding GB18030
            $result.BannerBytes | Should -Be 0xD6, 0xD0
            $result.Banner | Should -Be '中'
            (Test-TcpPort 127.0.0.1 $open -Send ([byte[]] (1, 2))).BannerBytes | Should -Be 1, 2
        }

        It 'is still open when no banner comes' {
            $silent = Start-TcpServer
            $result = Test-TcpPort 127.0.0.1 $silent.Port -Banner -TimeoutSec 0.1
            Remove-Job $silent -Force
            $result.Status | Should -Be 'Open'
            $result.Banner | Should -BeNullOrEmpty
        }

        It 'repeats with -Count and -IntervalMs' {
            $results = Test-TcpPort 127.0.0.1 $closed -Count 3 -IntervalMs 60
            $results.Attempt | Should -Be 1, 2, 3
            ($results[2].Time - $results[0].Time).TotalMilliseconds | Should -BeGreaterThan 100
        }

        It 'holds no place of -ThrottleLimit while a repetition waits for its time' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $results = Test-TcpPort 127.0.0.1 -Port $open, $closed -Count 2 -IntervalMs 20000 -ThrottleLimit 1 | Select-Object -First 2
            $results.Port | Sort-Object | Should -Be ($open, $closed | Sort-Object)
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        }

        It 'answers with one Boolean with -Quiet' {
            Test-TcpPort 127.0.0.1 $open -Quiet | Should -BeTrue
            "127.0.0.1:$open", "127.0.0.1:$closed" | Test-TcpPort -Quiet | Should -BeFalse
        }

        It 'knows the answer of -Quiet as soon as one port is not open' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Test-TcpPort 127.0.0.1 -Port $closed, $full.Port -TimeoutSec 60 -Quiet | Should -BeFalse
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        }

        It 'runs no more than -ThrottleLimit at a time' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $null = 1..3 | ForEach-Object { "127.0.0.1:$($full.Port)" } | Test-TcpPort -TimeoutSec 0.2 -ThrottleLimit 1
            # A timer counts ticks of the system, which are up to 16 ms apart, and may so end each of the three one tick early.
            $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.55
        }

        It 'runs them side by side otherwise' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $results = 1..100 | ForEach-Object { "127.0.0.1:$($full.Port)" } | Test-TcpPort -TimeoutSec 0.3
            $results | Should -HaveCount 100
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 15
        }
    }

    Context 'errors' {
        It 'are about <Value> of -<Name>' -ForEach @(
            @{ Name = 'Port'; Value = 0 }
            @{ Name = 'Port'; Value = 65536 }
            @{ Name = 'Port'; Value = '90-80' }
            @{ Name = 'Port'; Value = '1-2-3' }
            @{ Name = 'Port'; Value = 'http' }
            @{ Name = 'ComputerName'; Value = 'web1:99999' }
            @{ Name = 'ComputerName'; Value = 'web1:http' }
        ) {
            $arguments = @{ ComputerName = '127.0.0.1'; Port = 80 }
            $arguments[$Name] = $Value
            $fault = { Test-TcpPort @arguments } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.TestTcpPortCommand'
            "$fault" | Should -BeLike "*'$Value'*"
        }

        It 'say which host has no port, and go on' {
            $results = Test-TcpPort web1, "127.0.0.1:$open" -ErrorVariable faults -ErrorAction SilentlyContinue
            $results.Port | Should -Be $open
            $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.TestTcpPortCommand'
            $faults.TargetObject | Should -Be 'web1'
            "$faults" | Should -BeLike "*'web1'*web1:443*"
        }
    }
}
