BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/dns.ps1
    $odd = Start-PythonPeer $oddServer
    $at = @{ Server = '127.0.0.1'; Port = $odd.Port; TimeoutSec = 20 }
}

AfterAll {
    if ($odd) { $odd.Stop() }
}

Describe 'What Resolve-DnsRecord gives' {
    Context '-Expect and -Quiet' {
        It 'say whether <Name> is <Expect>' -ForEach @(
            @{ Name = 'www'; Expect = '192.0.2.7'; Passed = $true }
            @{ Name = 'www'; Expect = '192.0.2.*'; Passed = $true }
            @{ Name = 'www'; Expect = '192.0.2.8'; Passed = $false; Reason = '*not there: 192.0.2.8; not expected: 192.0.2.7*' }
            @{ Name = 'www'; Expect = '192.0.2.7', '192.0.2.8'; Passed = $false; Reason = '*not there: 192.0.2.8)*' }
            @{ Name = 'code3'; Expect = 'NXDOMAIN'; Passed = $true }
            @{ Name = 'nodata'; Expect = 'NODATA'; Passed = $true }
            @{ Name = 'nodata'; Expect = 'NXDOMAIN'; Passed = $false; Reason = '*not expected: NODATA*' }
            @{ Name = 'code2'; Expect = '*'; Passed = $true }
            @{ Name = 'silent'; Expect = '*'; Passed = $false; Reason = 'No answer*' }
        ) {
            $reply = Resolve-DnsRecord $Name @at -Expect $Expect -TimeoutSec ($Name -eq 'silent' ? 0.2 : 20)
            $reply.Passed | Should -Be $Passed
            $reply.Reason | Should -BeLike "$Reason"
            Resolve-DnsRecord $Name @at -Expect $Expect -TimeoutSec ($Name -eq 'silent' ? 0.2 : 20) -Quiet | Should -Be $Passed
        }

        It 'answers with one Boolean' {
            Resolve-DnsRecord a, b @at -Quiet | Should -BeTrue
            Resolve-DnsRecord a, code3 @at -Quiet | Should -BeFalse
        }
    }

    Context 'stopping' {
        It 'ends within 100 ms on Ctrl+C, with no socket left, over <_>' -ForEach 'UDP', 'TCP' {
            $before = Get-OpenSocketCount
            # Generous: this machine may be busy.
            $stopped = Invoke-StoppableWithin 1000 { Resolve-DnsRecord ('silent', 'bigsilent' * 50) -Server $args[0] -TimeoutSec 60 -Tcp:$args[1] } "127.0.0.1:$($odd.Port)", ($_ -eq 'TCP')
            $stopped.State | Should -Be 'Stopped'
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'ends with Select-Object -First, and leaves no socket' {
            $before = Get-OpenSocketCount
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($n in 1..50) {
                (Resolve-DnsRecord www, silent, silent @at -TimeoutSec 60 | Select-Object -First 1).Name | Should -Be 'www'
            }
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }
    }

    Context 'objects' {
        It 'suit JSON, CSV and copies' {
            $reply = Resolve-DnsRecord www @at -Expect 192.0.2.7
            $json = $reply | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue | ConvertFrom-Json
            $warnings | Should -BeNullOrEmpty
            $json.Status | Should -Be 'Answered'
            $json.Data | Should -Be '192.0.2.7'
            $json.Transport | Should -Be 'Udp'
            $json.Answers[0].Data | Should -Be '192.0.2.7'
            $csv = $reply | ConvertTo-Csv | ConvertFrom-Csv
            $csv.Status | Should -Be 'Answered'
            $csv.Data | Should -Be '192.0.2.7'
            $csv.Passed | Should -Be 'True'
            $csv.Answers | Should -Be 'www 300 IN A 192.0.2.7'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($reply, 4))
            $copy.Status | Should -Be 'Answered'
            $copy.Answers[0].Data | Should -Be '192.0.2.7'
            $copy.Duration.TotalMilliseconds | Should -Be $reply.Milliseconds
        }

        It 'have a table that fits in <_> columns, live and deserialized' -ForEach 80, 120 {
            $width = $_
            $replies = Resolve-DnsRecord www, code3 @at | Sort-Object Name -Descending
            $copies = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($replies, 4))
            foreach ($some in $replies, $copies) {
                $lines = @(($some | Out-String -Width $width) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ })
                -split $lines[0] | Should -Be 'Name', 'Type', 'Server', 'ms', 'Data'
                $lines[2] | Should -Match "^www +A +127\.0\.0\.1:$($odd.Port) +\d+\.\d{3} 192\.0\.2\.7"
                $lines[3] | Should -Match '\(NameNotFound\)'
                $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual $width }
            }
            $records = @((($replies.Answers | Out-String -Width $width) -split '\r?\n' | Where-Object { $_ }))
            -split ($records[0] -replace '\e\[[\d;]*m') | Should -Be 'Name', 'TTL', 'Type', 'Data'
        }

        It 'have a line as their text' {
            "$(Resolve-DnsRecord www @at)" | Should -Be 'www A 192.0.2.7'
            "$(Resolve-DnsRecord code3 @at)" | Should -Be 'code3 A NameNotFound'
        }
    }

    It 'completes types and servers' {
        (TabExpansion2 'Resolve-DnsRecord www -Type CN').CompletionMatches.CompletionText | Should -Be 'CNAME'
        (TabExpansion2 'Resolve-DnsRecord www -Server 255.').CompletionMatches.CompletionText | Should -Be '255.'
    }

    It 'asks 5000 questions with 300 descriptors' -Skip:(-not $IsLinux) {
        $command = "Import-Module '$modulePath/PSNetLab.psd1'; `$all = 1..5000 | ForEach-Object { ""n`$_"" } | Resolve-DnsRecord -Server 127.0.0.1:$($odd.Port) -ThrottleLimit 1000 -TimeoutSec 20 -Retry 2; ``
            (`$all | Group-Object Status | ForEach-Object { `$_.Name + '=' + `$_.Count }) -join ' '"
        $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $command
        $out = bash -c 'ulimit -n 300; exec "$@"' bash $program @line
        $out | Should -Be 'Answered=5000'
    }
}
