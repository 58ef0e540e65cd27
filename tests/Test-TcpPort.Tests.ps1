BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/ports.ps1
    $full = Start-PythonPeer $fullListener
}

AfterAll {
    if ($full) { $full.Stop() }
}

Describe 'Test-TcpPort' {
    BeforeAll {
        $server = Start-TcpServer -Echo
        $open = $server.Port
        $closed = Get-FreePort
    }

    AfterAll {
        Remove-Job $server -Force
    }

    Context 'what becomes of an attempt' {
        It 'tells an open port from a closed one' {
            $one, $other = Test-TcpPort 127.0.0.1 -Port $open, $closed | Sort-Object Open -Descending
            $one.Status | Should -Be 'Open'
            $one.Open | Should -BeTrue
            $one.Reason | Should -BeNullOrEmpty
            $one.LocalEndPoint | Should -Match '^127\.0\.0\.1:\d+$'
            $other.Status | Should -Be 'Refused'
            $other.Open | Should -BeFalse
            $other.Reason | Should -Match 'Nothing is listening'
            $one, $other | ForEach-Object {
                $_.ComputerName | Should -Be '127.0.0.1'
                $_.Address | Should -Be '127.0.0.1'
                $_.LatencyMilliseconds | Should -BeGreaterThan 0
                $_.Latency.TotalMilliseconds | Should -Be $_.LatencyMilliseconds
                $_.ResolveMilliseconds | Should -BeNullOrEmpty
            }
        }

        It 'says TimedOut without an answer, with no latency' {
            $result = Test-TcpPort 127.0.0.1 $full.Port -TimeoutSec 0.2
            $result.Status | Should -Be 'TimedOut'
            $result.LatencyMilliseconds | Should -BeNullOrEmpty
            $result.Reason | Should -BeLike 'No answer within 0.2 s.*'
        }

        It 'says NameNotFound of a name without an address, and why' {
            $result = Test-TcpPort nosuch.invalid 80 -ErrorVariable faults
            $result.Status | Should -Be 'NameNotFound'
            $result.Address | Should -BeNullOrEmpty
            $result.ResolveMilliseconds | Should -BeGreaterThan 0
            $result.Reason | Should -BeLike "The name 'nosuch.invalid' cannot be resolved*"
            $faults | Should -BeNullOrEmpty
        }

        It 'says ClosedAtOnce of a port that accepts and then does <_>' -ForEach 'close', 'reset' {
            $peer = Start-PythonPeer $door $_
            try {
                $result = Test-TcpPort 127.0.0.1 $peer.Port -Banner -TimeoutSec 20
                $result.Status | Should -Be 'ClosedAtOnce'
                $result.Open | Should -BeFalse
            }
            finally { $peer.Stop() }
        }

        It 'ends the connection gracefully, also after a banner that nobody wanted' {
            $peer = Start-PythonPeer $door 'SSH-2.0-x\r\n'
            try {
                (Test-TcpPort 127.0.0.1 $peer.Port).Status | Should -Be 'Open'
                $peer.ReadLine() | Should -Be 'end'
            }
            finally { $peer.Stop() }
        }
    }

    Context 'hosts and ports' {
        It 'takes <_>' -ForEach "127.0.0.1:{0}", "[127.0.0.1]:{0}", 'localhost:{0}', ' 127.0.0.1:{0} ' {
            (Test-TcpPort ($_ -f $open)).Port | Should -Be $open
        }

        It 'takes an IPv6 address with brackets and a port' {
            $six = Start-TcpServer -Address IPv6Loopback
            $result = Test-TcpPort "[::1]:$($six.Port)"
            Remove-Job $six -Force
            $result.Status | Should -Be 'Open'
            $result.ComputerName | Should -Be '::1'
        }

        It 'takes IPv6 addresses with a scope' -Skip:(-not $IsLinux) {
            # The address need not exist: what it says must not be NameNotFound.
            (Test-TcpPort '[fe80::1%lo]:9' -TimeoutSec 0.2).Status | Should -Not -Be 'NameNotFound'
        }

        It 'takes ranges and lists of ports' {
            (Test-TcpPort 127.0.0.1 -Port 1, '3-5', '7,9' | Sort-Object Port).Port | Should -Be 1, 3, 4, 5, 7, 9
            $table = @{ 5 = 'five'; 7 = 'seven' }
            (Test-TcpPort 127.0.0.1 -Port $table.Keys | Sort-Object Port).Port | Should -Be 5, 7
        }

        It 'lets the port of a host go before -Port' {
            (Test-TcpPort "127.0.0.1:$open", 127.0.0.1 -Port 9 | Sort-Object Port).Port | Should -Be 9, $open
        }

        It 'takes rows of a CSV file, with several ports in a cell' {
            $rows = "ComputerName,Port`n127.0.0.1,$open`n127.0.0.1,`"8,9`"" | ConvertFrom-Csv
            ($rows | Test-TcpPort | Sort-Object Port).Port | Should -Be 8, 9, $open
            (Test-TcpPort $rows | Sort-Object Port).Port | Should -Be 8, 9, $open
        }

        It 'takes text, servers, connections, endpoints and URIs by pipeline' {
            $connection = Open-TcpConnection 127.0.0.1 $open
            $web = Start-StaticHttpServer $TestDrive
            $endPoint = [Net.IPEndPoint]::new([ipaddress]::Loopback, $open)
            $results = "127.0.0.1:$open", $server, $connection, $endPoint, $web.Uri, $web | Test-TcpPort
            Close-TcpConnection $connection
            Remove-Job $web -Force
            $results | Should -HaveCount 6
            $results.Status | Should -Be (, 'Open' * 6)
            @($results.Port) -eq $open | Should -HaveCount 4
        }

        It 'takes its own results again' {
            (Test-TcpPort 127.0.0.1 $open | Test-TcpPort).Port | Should -Be $open
        }

        It 'tries every address of a name; -AllAddresses has a row of each' {
            $result = Test-TcpPort localhost $open
            $result.Status | Should -Be 'Open'
            $result.Address | Should -Be '127.0.0.1'
            $all = @(Test-TcpPort localhost $open -AllAddresses)
            ($all | ForEach-Object Address | Sort-Object) | Should -Be ([Net.Dns]::GetHostAddresses('localhost') | ForEach-Object ToString | Sort-Object -Unique)
            ($all | Where-Object Open | ForEach-Object Address) | Should -Be '127.0.0.1'
        }

        It 'takes only addresses of -AddressFamily' {
            (Test-TcpPort localhost $open -AddressFamily IPv4).Address | Should -Be '127.0.0.1'
            (Test-TcpPort 127.0.0.1 $open -AddressFamily IPv6).Status | Should -Be 'NameNotFound'
        }
    }

    Context 'stopping' {
        It 'ends within 100 ms on Ctrl+C, with no socket left' {
            $before = Get-OpenSocketCount
            # Generous: this machine may be busy.
            $stopped = Invoke-StoppableWithin 1000 { Test-TcpPort (, "127.0.0.1:$($args[0])" * 200) -TimeoutSec 60 } $full.Port
            $stopped.EndedBefore | Should -BeFalse
            $stopped.State | Should -Be 'Stopped'
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'ends with Select-Object -First, and leaves no socket' {
            $before = Get-OpenSocketCount
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($n in 1..50) {
                (Test-TcpPort 127.0.0.1 -Port $closed, $full.Port, $full.Port -TimeoutSec 60 | Select-Object -First 1).Port | Should -Be $closed
            }
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'emits results while it gets input' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $seen = & {
                while ($clock.Elapsed.TotalSeconds -lt 20) { "127.0.0.1:$closed" }
            } | Test-TcpPort | Select-Object -First 1
            $seen.Status | Should -Be 'Refused'
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        }
    }

    Context 'objects' {
        It 'suit JSON and CSV' {
            $result = Test-TcpPort 127.0.0.1 $open
            $json = $result | ConvertTo-Json | ConvertFrom-Json
            $json.Status | Should -Be 'Open'
            $json.Address | Should -Be '127.0.0.1'
            $json.LatencyMilliseconds | Should -BeGreaterThan 0
            $csv = $result | ConvertTo-Csv | ConvertFrom-Csv
            $csv.Status | Should -Be 'Open'
            $csv.Open | Should -Be 'True'
            "$($csv.Latency)" | Should -BeNullOrEmpty
        }

        It 'have a table that fits in <_> columns, live and deserialized' -ForEach 80, 120 {
            $result = Test-TcpPort 127.0.0.1 $open -Send 'hello'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($result))
            foreach ($one in $result, $copy) {
                $lines = @(($one | Out-String -Width $_) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ })
                -split $lines[0] | Should -Be 'ComputerName', 'Port', 'Status', 'ms', 'Banner'
                $lines[2] | Should -Match "^127\.0\.0\.1 +$open Open +\d+\.\d{3} hello"
                $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 120 }
            }
        }

        It 'have a line as their text' {
            "$(Test-TcpPort 127.0.0.1 $closed)" | Should -Match "^127\.0\.0\.1:$closed Refused in [\d.]+ ms$"
        }
    }

    It 'takes a connection to itself for Refused' -Skip:(-not $IsLinux) {
        # The system connects from the even ports of this range in turn, so that one of so many comes from the port it goes to.
        $least, $most = -split (Get-Content /proc/sys/net/ipv4/ip_local_port_range) | ForEach-Object { [int] $_ }
        $port = [Math]::Floor(($least + $most) / 4) * 2
        # It skips some at random: several rounds, until it has happened.
        $all = foreach ($round in 1..6) {
            ($rows = Test-TcpPort (, "127.0.0.1:$port" * ($most - $least + 5000)) -ThrottleLimit 1)
            if ($rows.Reason -like '*came back to its own port*') { break }
        }
        $all | Where-Object Status -NE Refused | Should -BeNullOrEmpty
        @($all.Reason -like '*came back to its own port*').Count | Should -BeGreaterThan 0
        # A graceful close would keep it in TIME_WAIT, and with it the port, for a minute.
        Get-SocketInfo -LocalPort $port -RemotePort $port | Should -BeNullOrEmpty
    }

    It 'tests <_> ports in memory that does not grow with their number' -ForEach 131070 -Skip:(-not $IsLinux) {
        # Not 127.0.0.1, where other programs of this machine have servers.
        $command = "Import-Module '$modulePath/PSNetLab.psd1'
            `$null = Test-TcpPort 127.77.0.1 -Port '1-10000' | Measure-Object
            [GC]::Collect()
            `$before = (Get-Process -Id `$PID).WorkingSet64
            `$count = (Test-TcpPort 127.77.0.1, 127.77.0.2 -Port '1-65535' | Measure-Object).Count
            `$most = (Get-Process -Id `$PID).PeakWorkingSet64
            ""`$count `$([Math]::Ceiling((`$most - `$before) / 1MB))"""
        # How much garbage the runtime lets grow depends on the cache of the processor: more than all results on some. Here, 4 MiB.
        $env:DOTNET_GCgen0size = '0x400000'
        try { $count, $growth = [int[]] (-split (Invoke-PowerShell -Command $command)) }
        finally { Remove-Item Env:DOTNET_GCgen0size }
        $count | Should -Be 131070
        # All results together would take 46.
        $growth | Should -BeLessThan 30
    }

    It 'tests <_> targets with 300 descriptors' -ForEach 5000 -Skip:(-not $IsLinux) {
        $command = "Import-Module '$modulePath/PSNetLab.psd1'; `$all = Test-TcpPort (, '127.0.0.1:$($full.Port)' * 300 + , '127.0.0.1:$closed' * 4700) -TimeoutSec 0.5; ``
            (`$all | Group-Object Status | Sort-Object Name | ForEach-Object { `$_.Name + '=' + `$_.Count }) -join ' '"
        $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $command
        $exact = 'Refused=4700 TimedOut=300'
        # A machine that stands still for half a second makes some of the closed ones time out, too: then once more.
        foreach ($try in 1..3) {
            $out = bash -c 'ulimit -n 300; exec "$@"' bash $program @line
            if ($out -eq $exact) { break }
        }
        $out | Should -Be $exact
    }
}
