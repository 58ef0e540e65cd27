BeforeAll {
    . $PSScriptRoot/common.ps1

    # Listens on a port when told to, and stops when told to; 'relay' closes what it accepts until told to 'serve'.
    $switch = @'
import socket, sys, threading
port = int(sys.argv[1])
listener = None
closes = True
def accept(l):
    while True:
        try:
            c = l.accept()[0]
        except OSError:
            return
        if closes:
            c.close()
        else:
            c.sendall(b'220 ready\r\n')
for line in sys.stdin:
    word = line.strip()
    if word in ('relay', 'listen'):
        closes = word == 'relay'
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(('127.0.0.1', port))
        listener.listen(64)
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    elif word == 'serve':
        closes = False
    elif word == 'stop':
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    print(word, flush=True)
'@

    # Waits in a runspace of its own, and runs the script meanwhile, once the wait is under way.
    function Invoke-During([hashtable] $Wait, [scriptblock] $Script) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript('Import-Module $args[0]').AddArgument("$modulePath/PSNetLab.psd1").Invoke()
            $shell.Commands.Clear()
            $null = $shell.AddCommand('Wait-TcpPort').AddParameters($Wait)
            $run = $shell.BeginInvoke()
            $run.AsyncWaitHandle.WaitOne(300) | Should -BeFalse
            & $Script
            $run.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
            @($shell.EndInvoke($run))
            $shell.Streams.Error | Should -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
    }

    # The wait ends with one error like this. Of a machine that stands still for so long, it has seen nothing yet: then once more.
    function Assert-TimeOut([string] $Like, [scriptblock] $Wait) {
        $ErrorActionPreference = 'Continue'
        foreach ($try in 1..3) {
            $faults = @(& $Wait 2>&1)
            if ("$faults" -like $Like) { break }
        }
        $faults | Should -HaveCount 1
        "$faults" | Should -BeLike $Like
    }
}

Describe 'Wait-TcpPort' {
    BeforeAll {
        $server = Start-TcpServer
        $open = $server.Port
        $closed = Get-FreePort
    }

    AfterAll {
        Remove-Job $server -Force
    }

    BeforeEach {
        $port = Get-FreePort
        $peer = Start-PythonPeer $switch $port -NoPort
        function Set-Peer([string] $Word) {
            $peer.WriteLine($Word)
            $peer.ReadLine() | Should -Be $Word
        }
    }

    AfterEach {
        $peer.Stop()
    }

    It 'emits nothing for a port that is open; -PassThru emits the test' {
        Wait-TcpPort 127.0.0.1 $open | Should -BeNullOrEmpty
        $result = Wait-TcpPort localhost $open -PassThru
        $result.Status | Should -Be 'Open'
        $result.Attempt | Should -Be 1
        $result.GetType().Name | Should -Be 'TcpPortResult'
    }

    It 'waits until a port opens' {
        $result = Invoke-During @{ ComputerName = 'localhost'; Port = $port; PassThru = $true } { Set-Peer 'listen' }
        $result.Status | Should -Be 'Open'
        $result.Attempt | Should -BeGreaterThan 1
    }

    It 'waits until a port closes' {
        Set-Peer 'listen'
        $result = Invoke-During @{ ComputerName = "127.0.0.1:$port"; State = 'Closed'; PassThru = $true } { Set-Peer 'stop' }
        $result.Status | Should -Be 'Refused'
    }

    It 'does not take a relay without a service for open' {
        Set-Peer 'relay'
        (Test-TcpPort 127.0.0.1 $port).Status | Should -Be 'ClosedAtOnce'
        $result = Invoke-During @{ ComputerName = "127.0.0.1:$port"; PassThru = $true } { Set-Peer 'serve' }
        $result.Status | Should -Be 'Open'
    }

    It 'waits for a banner' {
        Set-Peer 'listen'
        (Wait-TcpPort 127.0.0.1 $port -Banner '^220' -PassThru -TimeoutSec 30).Banner | Should -Be '220 ready'
        Assert-TimeOut "*'220 ready', does not match ^221.*" { Wait-TcpPort 127.0.0.1 $port -Banner '^221' -TimeoutSec 0.3 }
    }

    It 'waits for all of them, or with -Any for one' {
        (Wait-TcpPort 127.0.0.1 -Port $open, $closed -Any -PassThru -TimeoutSec 60).Port | Should -Be $open
        # Not even the open one is seen when the machine stands still for so long: then once more.
        Wait-Until {
            $script:seen = "127.0.0.1:$open", "127.0.0.1:$closed" | Wait-TcpPort -PassThru -TimeoutSec 0.2 -ErrorVariable script:unseen -ErrorAction SilentlyContinue
            $script:seen
        }
        $script:seen.Port | Should -Be $open
        $script:unseen | Should -HaveCount 1
        $script:unseen.TargetObject | Should -Be "127.0.0.1:$closed"
    }

    It 'says of each port that did not open what was seen last and how often' {
        Wait-TcpPort 127.0.0.1 -Port $closed, $port -TimeoutSec 0.3 -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults | Should -HaveCount 2
        foreach ($fault in $faults) {
            $fault.FullyQualifiedErrorId | Should -Be 'WaitTimeout,PSNetLab.Commands.WaitTcpPortCommand'
            $fault.CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$fault" | Should -Match '^127\.0\.0\.1:\d+ was not open within 0.3 s: refused \d+ times?, last refused \d+ ms ago\. Nothing is listening'
        }
        $faults.TargetObject | Sort-Object | Should -Be ("127.0.0.1:$closed", "127.0.0.1:$port" | Sort-Object)
    }

    It 'says so of a name that is not found, and takes it neither for open nor for closed' {
        Assert-TimeOut 'nosuch.invalid:80 was not open within 0.2 s: name not found *' { Wait-TcpPort nosuch.invalid 80 -TimeoutSec 0.2 }
        Assert-TimeOut 'nosuch.invalid:80 was not closed within 0.2 s: name not found *' { Wait-TcpPort nosuch.invalid 80 -State Closed -TimeoutSec 0.2 }
    }

    It 'says so of a port that does not close' {
        Assert-TimeOut "127.0.0.1:$open was not closed within 0.2 s: open *" { Wait-TcpPort 127.0.0.1 $open -State Closed -TimeoutSec 0.2 }
    }

    It 'demands with -StableMs that the state holds' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $result = Wait-TcpPort 127.0.0.1 $open -StableMs 300 -PassThru
        # By the same clock, of which it leaves no part out.
        $clock.Elapsed.TotalMilliseconds | Should -BeGreaterOrEqual 300
        $result.Attempt | Should -BeGreaterThan 1
        Wait-TcpPort 127.0.0.1 $open -StableMs 1000 -TimeoutSec 0.3 -ErrorVariable faults -ErrorAction SilentlyContinue
        "$faults" | Should -BeLike '*was not open for 1000 ms at a time within 0.3 s*'
    }

    It 'answers with one Boolean with -Quiet' {
        Wait-TcpPort 127.0.0.1 $open -Quiet | Should -BeTrue
        Wait-TcpPort 127.0.0.1 $open, $closed -Quiet -TimeoutSec 0.2 -ErrorVariable faults | Should -BeFalse
        Wait-TcpPort 127.0.0.1 $open, $closed -Quiet -Any | Should -BeTrue
        Wait-TcpPort 127.0.0.1 $closed -Quiet -Any -TimeoutSec 0.2 -ErrorVariable +faults | Should -BeFalse
        $faults | Should -BeNullOrEmpty
    }

    It 'waits for many side by side' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Wait-TcpPort 127.0.0.1 -Port '1-1000' -TimeoutSec 1 -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.Count | Should -BeGreaterThan 900
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
    }

    It 'keeps to -TimeoutSec when more ports wait than may be tried at a time' -Skip:(-not $IsLinux) {
        # A listener that accepts nobody, with its queue full: every attempt takes all the time there is.
        $full = Start-PythonPeer @'
import socket, sys
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(0)
held = [socket.socket() for _ in range(2)]
for c in held:
    c.setblocking(False)
    c.connect_ex(s.getsockname())
print('PORT', s.getsockname()[1])
sys.stdin.read()
'@
        try {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            Wait-TcpPort (, "127.0.0.1:$($full.Port)" * 40) -ThrottleLimit 1 -TimeoutSec 0.5 -ErrorVariable faults -ErrorAction SilentlyContinue
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        }
        finally { $full.Stop() }
        $faults | Should -HaveCount 40
        $faults -like '*not even tried*-ThrottleLimit*' | Should -Not -BeNullOrEmpty
    }

    It 'refuses a banner of a closed port' {
        $fault = { Wait-TcpPort 127.0.0.1 $open -State Closed -Banner x } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.WaitTcpPortCommand'
    }

    It 'ends on Ctrl+C, with no socket left' {
        $before = Get-OpenSocketCount
        $stopped = Invoke-StoppableWithin 1000 { Wait-TcpPort 127.0.0.1 -Port (@($args[0]) * 100) -TimeoutSec 60 } $closed
        $stopped.EndedBefore | Should -BeFalse
        if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
    }
}
