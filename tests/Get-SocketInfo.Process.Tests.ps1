BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/sockets.ps1
}

Describe 'Get-SocketInfo finds the process' {
    BeforeAll {
        $python = Start-PythonShell
        Invoke-Python $python 'listener, client, accepted = connected()'
        $server, $client = Invoke-Python $python '[s.getsockname()[1] for s in (listener, client)]'
        $id = Invoke-Python $python 'os.getpid()'
        if ($IsLinux) {
            $path = Invoke-Python $python 'os.path.realpath("/proc/self/exe")'
            $name = Invoke-Python $python 'open("/proc/self/comm").read().strip()'
        }
        else { $name, $path = (Get-Process -Id $id).ForEach({ $_.ProcessName, $_.Path }) }
    }

    AfterAll { $python.Stop() }

    It '-IncludeProcess: number, name and path' {
        $socket = Get-SocketInfo -LocalPort $server -State Listen -IncludeProcess
        $socket.ProcessId | Should -Be $id
        $socket.ProcessId | Should -BeOfType int
        $socket.ProcessName | Should -Be $name
        $socket.ProcessPath | Should -Be $path
    }

    It 'no name or path without it, and the number only where the system tells it with the socket' {
        $socket = Get-SocketInfo -LocalPort $server -State Listen
        $socket.ProcessName, $socket.ProcessPath | Should -Be $null, $null
        $socket.ProcessId | Should -Be ($IsLinux ? $null : $id)
    }

    It '-IncludeProcess: as in ss' -Skip:(-not $IsLinux) {
        $line = ss -tlnpH "sport = :$server"
        $line | Should -Match "pid=$id,"
        $line | Should -Match "`"$((Get-SocketInfo -LocalPort $server -Listening -IncludeProcess).ProcessName)`""
    }

    It 'the user, on Linux only' {
        $socket = Get-SocketInfo -LocalPort $server -State Listen
        if (-not $IsLinux) {
            $socket.UserId, $socket.UserName | Should -Be $null, $null
            return
        }
        $socket.UserId | Should -Be (Invoke-Python $python 'os.getuid()')
        $socket.UserName | Should -Be (Invoke-Python $python '__import__("pwd").getpwuid(os.getuid()).pw_name')
    }

    It '-ProcessId: of one, and of several' {
        $all = Get-SocketInfo -ProcessId $id
        $all.Count | Should -Be 3
        $all.LocalPort | Sort-Object -Unique | Should -Be ($server, $client | Sort-Object)
        $mine = Start-TcpServer
        try {
            $both = Get-SocketInfo -ProcessId $PID, $id
            $both.LocalPort | Should -Contain $server
            $both.LocalPort | Should -Contain $mine.Port
        }
        finally {
            Remove-Job $mine -Force
        }
        Get-SocketInfo -ProcessId ([int]::MaxValue) | Should -BeNullOrEmpty
    }

    It '-ProcessName: a name, wildcards, any case' {
        foreach ($pattern in $name, $name.ToUpperInvariant(), 'pyth*', "nobody-$PID", '[p]?thon*') {
            $found = (Get-SocketInfo -ProcessName $pattern -LocalPort $server -Listening).ProcessId
            if ($pattern -like 'nobody*') { $found | Should -BeNullOrEmpty }
            else { $found | Should -Be $id -Because $pattern }
        }
        (Get-SocketInfo -ProcessName "nobody-$PID", 'p*' -LocalPort $server -Listening).ProcessName | Should -Be $name
        (Get-SocketInfo -ProcessName 'pyth*').ProcessName | ForEach-Object { $_ | Should -BeLike 'pyth*' }
    }

    It 'names each process that shares a socket, when it is asked for' -Skip:(-not $IsLinux) {
        Invoke-Python $python 'gate = os.pipe(); child = os.fork() or (os.read(gate[0], 1), os._exit(0))'
        try {
            $child = Invoke-Python $python 'child'
            (Get-SocketInfo -LocalPort $server -Listening -ProcessId $child).ProcessId | Should -Be $child
            (Get-SocketInfo -LocalPort $server -Listening -ProcessId $id).ProcessId | Should -Be $id
            (Get-SocketInfo -LocalPort $server -Listening -IncludeProcess).ProcessId | Should -BeIn $id, $child
        }
        finally {
            Invoke-Python $python 'os.write(gate[1], b"x") and os.waitpid(child, 0) and None'
        }
    }

    It '-Listening: of Unix sockets those that listen, and datagram sockets without a peer' -Skip:(-not $IsLinux) {
        Invoke-Python $python 'waits = socket.socket(socket.AF_UNIX); waits.bind("\0waits-%d" % os.getpid()); waits.listen()'
        Invoke-Python $python 'idle = socket.socket(socket.AF_UNIX); idle.bind("\0idle-%d" % os.getpid())'
        Invoke-Python $python 'ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); ear.bind("\0ear-%d" % os.getpid())'
        $found = Get-SocketInfo -Protocol Unix -Listening | Where-Object Path -Like "@*-$id"
        $found.Path | Sort-Object | Should -Be "@ear-$id", "@waits-$id"
        Invoke-Python $python '[s.close() for s in (waits, idle, ear)]'
    }

    It 'names the process of a Unix socket' -Skip:(-not $IsLinux) {
        Invoke-Python $python "unix = socket.socket(socket.AF_UNIX); unix.bind('\0process-$PID'); unix.listen()"
        $socket = Get-SocketInfo -Protocol Unix -IncludeProcess | Where-Object Path -EQ "@process-$PID"
        $socket.ProcessId | Should -Be $id
    }

    It 'shows names that others chose as symbols, and keeps them as they are' -Skip:(-not $IsLinux) {
        $other = Start-PythonShell
        try {
            Invoke-Python $other "unix = socket.socket(socket.AF_UNIX); unix.bind('\0\x1b[31mred\n$PID')"
            Invoke-Python $other 'tcp = socket.create_server(("127.0.0.1", 0))'
            Invoke-Python $other 'port = tcp.getsockname()[1]; _ = open("/proc/self/comm", "w").write("\x1b[2J\nx")'
            $port = Invoke-Python $other 'port'
            $sockets = Get-SocketInfo -Protocol Tcp, Unix -ProcessId $other.Process.Id
            $sockets.ProcessName | Sort-Object -Unique | Should -Be "`e[2J`nx"
            $sockets.Path | Should -Contain "@`e[31mred`n$PID"
            $view = $sockets | Out-String -Width 200
            $view | Should -Match "@$([char] 0x241b)\[31mred$([char] 0x240a)$PID .* $([char] 0x241b)\[2J$([char] 0x240a)x "
            "$($sockets | Where-Object Path -Like '*red*')" | Should -Match "@$([char] 0x241b)\[31mred$([char] 0x240a)$PID"
            Start-TcpServer $port -ErrorAction SilentlyContinue -ErrorVariable fault
            "$fault" | Should -Match "\(by process $($other.Process.Id), $([char] 0x241b)\[2J$([char] 0x240a)x\)"
        }
        finally { $other.Stop() }
    }

    It 'finds a process by the whole of a long name, as Get-Process shows it and completion inserts it' -Skip:(-not $IsLinux) {
        $copy = "$TestDrive/psnetlab-with-a-long-name"
        Copy-Item (Get-Command sleep -CommandType Application -TotalCount 1).Source $copy
        $held = Start-PythonPeer -NoPort -ArgumentList $copy @'
import os, socket, sys
kept = socket.create_server(('127.0.0.1', 0))
kept.set_inheritable(True)
print(kept.getsockname()[1])
os.execv(sys.argv[1], [sys.argv[1], '60'])
'@
        try {
            $port = $held.ReadLine()
            Wait-Until { (Get-Process -Id $held.Process.Id).ProcessName -eq 'psnetlab-with-a-long-name' }
            $offered = (TabExpansion2 'Get-SocketInfo -ProcessName psnetlab-w').CompletionMatches.CompletionText
            $offered | Should -Be 'psnetlab-with-a-long-name'
            $found = Get-SocketInfo -ProcessName $offered
            $found.LocalPort | Should -Be $port
            $found.ProcessName | Should -Be $offered
        }
        finally { $held.Stop() }
    }

    It 'warns once, and goes on, without the rights to see it' -Skip:(-not $IsLinux) {
        if (-not (Get-Command setpriv -ErrorAction Ignore) -or (Invoke-Python $python 'os.getuid()')) {
            Set-ItResult -Skipped -Because 'only root can try out what others may not'
        }
        # Where the user nobody can read it.
        $copy = (Copy-Item $modulePath "$TestDrive/module" -Recurse -PassThru)[0].FullName
        $script = "`$ErrorActionPreference = 'Stop'; Import-Module '$copy/PSNetLab.psd1'; " +
        "`$all = Get-SocketInfo -Protocol Tcp, Udp, Unix -IncludeProcess -WarningVariable said 3>`$null; " +
        "`$found = `$all | Where-Object { `$_.LocalPort -eq $server -and `$_.State -eq 'Listen' }; " +
        '"$($said.Count); $($found.State); $($found.ProcessId); $($found.UserName)"; "$said"'
        $user = 'setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'
        $pwsh = @(Get-PowerShellCommand)
        env @user test -r $pwsh[-1]
        if ($LASTEXITCODE) {
            cp -r $PSHOME $TestDrive/pwsh
            $pwsh = $pwsh -replace "^$([regex]::Escape($PSHOME))", "$TestDrive/pwsh"
        }
        chmod -R a+rX $TestDrive
        $lines = env HOME=$TestDrive @user @pwsh -NoProfile -Command $script 2>&1
        $lines[0] | Should -Be "1; Listen; ; $(Invoke-Python $python '__import__("pwd").getpwuid(0).pw_name')"
        $lines[1] | Should -BeLike '*other users*only root can see*'
    }

    It 'goes on when processes end during the scan' -Skip:$IsWindows {
        # Each child has a socket and lives for a moment; hundreds of them come and go.
        $busy = Start-PythonPeer -NoPort @'
import os, socket, sys, threading
going = True
def stop():
    global going
    sys.stdin.read()
    going = False
threading.Thread(target=stop, daemon=True).start()
count = 0
print('running')
while going:
    child = os.fork()
    if not child:
        kept = socket.create_server(('127.0.0.1', 0))
        os._exit(0)
    os.waitpid(child, 0)
    count += 1
print(count)
'@
        try {
            $busy.ReadLine() | Should -Be 'running'
            foreach ($round in 1..15) {
                $all = Get-SocketInfo -IncludeProcess -ErrorAction Stop -WarningAction Ignore
                $all | Where-Object { $_.LocalPort -eq $server -and $_.State -eq 'Listen' } | ForEach-Object ProcessId |
                    Should -Be $id
            }
            $busy.Process.StandardInput.Close()
            [int] $busy.ReadLine() | Should -BeGreaterThan 15
        }
        finally {
            $busy.Stop()
        }
    }

    It 'leaves no descriptor open when Select-Object -First 1 ends it' {
        $null = Get-SocketInfo -IncludeProcess -WarningAction Ignore | Select-Object -First 1
        $before = Get-OpenSocketCount
        foreach ($round in 1..50) {
            @(Get-SocketInfo -IncludeProcess -WarningAction Ignore | Select-Object -First 1).Count | Should -Be 1
            @(Get-SocketInfo -Protocol Tcp, Udp, Unix | Select-Object -First 1).Count | Should -Be 1
        }
        Wait-Until { (Get-OpenSocketCount) -le $before }
    }

    It 'ends at once on Ctrl+C: <_>' -ForEach @(
        '', '-IncludeProcess', '-ProcessName python*', '-Protocol Tcp, Udp, Unix -IncludeProcess -Detailed'
    ) {
        # The first stop is the just-in-time compiler's.
        $stops = foreach ($round in 1..3) {
            $run = Invoke-Stoppable ([scriptblock]::Create("while (`$true) { Get-SocketInfo $_ 3>`$null }"))
            $run.State | Should -Be 'Stopped'
            $run.Errors.Count | Should -Be 0
            $run.StopMs
        }
        ($stops | Measure-Object -Minimum).Minimum | Should -BeLessThan 500
    }
}

Describe 'Get-SocketInfo completes' {
    BeforeAll { $server = Start-TcpServer -Name Completed }
    AfterAll { Remove-Job $server -Force }

    It '<Line>' -ForEach @(
        @{ Line = 'Get-SocketInfo -State Cl'; Words = 'Closed', 'CloseWait', 'Closing' }
        @{ Line = 'Get-SocketInfo -Protocol '; Words = 'Tcp', 'Udp', 'Unix' }
    ) {
        (TabExpansion2 $Line).CompletionMatches.CompletionText | Sort-Object | Should -Be ($Words | Sort-Object)
    }

    It 'ports of running servers: -<_>' -ForEach 'Port', 'LocalPort', 'RemotePort' {
        $found = (TabExpansion2 "Get-SocketInfo -$_ ").CompletionMatches | Where-Object CompletionText -EQ $server.Port
        $found.ToolTip | Should -BeLike 'TcpServer Completed on 127.0.0.1:*'
    }

    It 'names of processes' {
        $me = [Diagnostics.Process]::GetCurrentProcess().ProcessName
        (TabExpansion2 "Get-SocketInfo -ProcessName $($me.Substring(0, 2))").CompletionMatches.CompletionText |
            Should -Contain $me
    }
}
