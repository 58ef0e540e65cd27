BeforeAll {
    . $PSScriptRoot/common.ps1

    # A listener that accepts nobody, with its queue full: the system drops what else comes.
    $full = Start-PythonPeer @'
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(0)
port = s.getsockname()[1]
held = [socket.socket() for _ in range(2)]
for c in held:
    c.setblocking(False)
    c.connect_ex(('127.0.0.1', port))
print('PORT', port)
sys.stdin.read()
'@

    # Says how each of its clients left: with an end of the stream, or with a reset. 'close' closes at once, 'reset' resets at once,
    # other words are sent as a banner.
    $door = @'
import socket, struct, sys, threading
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(64)
print('PORT', s.getsockname()[1])
def serve(c):
    word = sys.argv[1]
    if word == 'reset':
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    elif word != 'close':
        c.sendall(word.encode().decode('unicode_escape').encode('latin-1'))
        try:
            print('end' if c.recv(1000) == b'' else 'data', flush=True)
        except OSError:
            print('reset', flush=True)
    c.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
'@
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
            $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.59
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

    Context 'stopping' {
        It 'ends within 100 ms on Ctrl+C, with no socket left' {
            $before = Get-OpenSocketCount
            $stopped = Invoke-Stoppable { Test-TcpPort (, "127.0.0.1:$($args[0])" * 200) -TimeoutSec 60 } -ArgumentList $full.Port
            $stopped.EndedBefore | Should -BeFalse
            $stopped.State | Should -Be 'Stopped'
            # Generous: this machine may be busy.
            $stopped.StopMs | Should -BeLessThan 1000
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
        $count, $growth = [int[]] (-split (Invoke-PowerShell -Command $command))
        $count | Should -Be 131070
        # All results together would take 60.
        $growth | Should -BeLessThan 40
    }

    It 'tests <_> targets with 300 descriptors' -ForEach 5000 -Skip:(-not $IsLinux) {
        $command = "Import-Module '$modulePath/PSNetLab.psd1'; `$all = Test-TcpPort (, '127.0.0.1:$($full.Port)' * 300 + , '127.0.0.1:$closed' * 4700) -TimeoutSec 0.5; ``
            (`$all | Group-Object Status | Sort-Object Name | ForEach-Object { `$_.Name + '=' + `$_.Count }) -join ' '"
        $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $command
        $out = bash -c 'ulimit -n 300; exec "$@"' bash $program @line
        $out | Should -Be 'Refused=4700 TimedOut=300'
    }
}
