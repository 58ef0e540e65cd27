# Peers that know nothing of .NET: python3's socket module, ncat and socat.

BeforeDiscovery {
    $noNcat = -not (Get-Command ncat -CommandType Application -ErrorAction Ignore)
    $noSocat = -not (Get-Command socat -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1

    # Runs a program with a text as its input; what it printed once it has ended, or once it has printed -Until.
    function Invoke-Program([string] $Name, [string[]] $ArgumentList, [string] $Text, [string] $Until) {
        $start = [Diagnostics.ProcessStartInfo]::new((Get-Command $Name -CommandType Application | Select-Object -First 1).Source)
        foreach ($argument in $ArgumentList) { $start.ArgumentList.Add($argument) }
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
        $start.StandardInputEncoding = [Text.UTF8Encoding]::new($false)
        $process = [Diagnostics.Process]::Start($start)
        try {
            $process.StandardInput.Write($Text)
            $process.StandardInput.Flush()
            if ($Until) {
                $buffer = [char[]]::new($Until.Length)
                $reading = $process.StandardOutput.ReadBlockAsync($buffer, 0, $buffer.Length)
                if (-not $reading.Wait(30000)) { throw "$Name did not print '$Until' within 30 s." }
                -join $buffer
            }
            else {
                $process.StandardInput.Close()
                if (-not $process.WaitForExit(30000)) { throw "$Name did not end within 30 s." }
                $process.StandardOutput.ReadToEnd()
            }
        }
        finally {
            if (-not $process.HasExited) { $process.Kill() }
            $process.Dispose()
        }
    }

    # The lesson's server: shows who sent what, and answers.
    $pythonServer = @'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print('PORT', s.getsockname()[1])
while True:
    data, peer = s.recvfrom(1024)
    print(peer[0], peer[1], data.decode(), flush=True)
    s.sendto(('收到消息 ' + data.decode()).encode(), peer)
'@
}

Describe 'UDP with peers in other languages' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-Job | Remove-Job -Force
    }

    Context 'python3' {
        It 'talks to a python server' {
            $peer = Start-PythonPeer $pythonServer
            $answers = '来', 'again' | Send-UdpMessage 127.0.0.1 $peer.Port -Count 2 -TimeoutSec 20 -PassThru
            $sent = $answers | Where-Object { $_.Text -notlike '收到消息*' }
            $peer.ReadLine() | Should -Be "127.0.0.1 $($sent[0].LocalEndPoint.Port) 来"
            $peer.ReadLine() | Should -Be "127.0.0.1 $($sent[0].LocalEndPoint.Port) again"
            ($answers | Where-Object { $_ -notin $sent }).Text | Should -Be '收到消息 来', '收到消息 again'
        }

        It 'answers a python client that sends line by line' {
            $server = Start-UdpServer -ScriptBlock { "接收到消息 $($_.Text)" }
            $peer = Start-PythonPeer -NoPort -ArgumentList 127.0.0.1, $server.Port -Code @'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
while text := input():
    s.sendto(text.encode(), (sys.argv[1], int(sys.argv[2])))
    print(s.recvfrom(1024)[0].decode(), flush=True)
'@
            foreach ($text in 'one', '二') {
                $peer.WriteLine($text)
                $peer.ReadLine() | Should -Be "接收到消息 $text"
            }
            $peer.WriteLine('')
            $peer.WaitForExit(10) | Should -Be 0
            (Receive-UdpMessage $server -Count 2 -TimeoutSec 20).Text | Should -Be 'one', '二'
        }

        It 'answers 1,000 senders, each its own' -Skip:$IsWindows {
            if (-not (Test-LargeBuffer)) { Set-ItResult -Skipped -Because 'the system gives no receive buffer of 4 MB' }
            $server = Start-UdpServer -Echo
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port, 1000 -Code @'
import resource, socket, sys
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
port, count = int(sys.argv[1]), int(sys.argv[2])
sockets = []
for i in range(count):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(('127.0.0.1', port))
    s.settimeout(10)
    sockets.append(s)
for i, s in enumerate(sockets):
    s.send(b'I am %d' % i)
print(sum(s.recv(100) == b'I am %d' % i for i, s in enumerate(sockets)))
'@
            $peer.ReadLine(30) | Should -Be '1000'
            $messages = Receive-UdpMessage $server -Count 1000 -TimeoutSec 20
            ($messages.RemoteEndPoint.Port | Sort-Object -Unique).Count | Should -Be 1000
            ($messages.Text | Sort-Object -Unique).Count | Should -Be 1000
            Wait-Until { $server.MessagesSent -eq 1000 }
        }

        It 'hears and answers broadcasts like the lesson: a socket with SO_BROADCAST and SO_REUSEADDR' -Skip:(-not $IsLinux) {
            $peer = Start-PythonPeer @'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('', 0))
print('PORT', s.getsockname()[1])
while True:
    data, peer = s.recvfrom(1024)
    print(data.decode(), flush=True)
    s.sendto(b'I am here', peer)
'@
            $mine = Start-UdpServer $peer.Port -Broadcast -Reply 'me, too'
            $out = Send-Broadcast $peer.Port 'who is there?' -Address 127.255.255.255 -TimeoutSec 20 | Select-Object -First 3
            $peer.ReadLine() | Should -Be 'who is there?'
            Receive-UdpMessage $mine -Count 1 -TimeoutSec 20 | Should -Be 'who is there?'
            ($out | Select-Object -Skip 1).Text | Sort-Object | Should -Be 'I am here', 'me, too'
        }

        It 'hears a broadcast from python' -Skip:(-not $IsLinux) {
            $job = Start-UdpServer -Broadcast -Reply 'I am here'
            $peer = Start-PythonPeer -NoPort -ArgumentList $job.Port -Code @'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.settimeout(10)
s.sendto(b'from python', ('127.255.255.255', int(sys.argv[1])))
print(s.recvfrom(1024)[0].decode())
'@
            $peer.ReadLine() | Should -Be 'I am here'
            Receive-UdpMessage $job -Count 1 -TimeoutSec 20 | Should -Be 'from python'
        }

        It 'speaks multicast with python, both ways' -Skip:(-not $IsLinux) {
            $peer = Start-PythonPeer @'
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('', 0))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack('=4s4si', socket.inet_aton('239.77.4.1'), bytes(4), socket.if_nametoindex('lo')))
print('PORT', s.getsockname()[1])
data, peer = s.recvfrom(1024)
s.sendto(b'heard ' + data, peer)
port = int(input())
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack('=4s4si', bytes(4), bytes(4), socket.if_nametoindex('lo')))
out.sendto(b'from python', ('239.77.4.2', port))
'@
            'hello' | Send-UdpMessage -MulticastGroup 239.77.4.1 -Port $peer.Port -InterfaceAlias lo -Count 1 -TimeoutSec 20 | Should -Be 'heard hello'
            $server = Start-UdpServer -MulticastGroup 239.77.4.2 -InterfaceAlias lo
            $peer.WriteLine($server.Port)
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be 'from python'
        }

        It 'survives a sender that is gone before it is answered' {
            $gate = [Threading.ManualResetEventSlim]::new()
            $server = Start-UdpServer -ScriptBlock { $null = ($using:gate).Wait(60000); 'late' }
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
for i in range(10):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b'gone', ('127.0.0.1', int(sys.argv[1])))
'@
            $peer.WaitForExit(10) | Should -Be 0
            $gate.Set()
            'still there?' | Send-UdpMessage 127.0.0.1 $server.Port -Count 1 -TimeoutSec 20 | Should -Be 'late'
            $server.MessageCount | Should -Be 11
            $server.Error | Should -BeNullOrEmpty
            $server.State | Should -Be 'Running'
        }
    }

    Context 'ncat -u' -Skip:$noNcat {
        It 'answers ncat' {
            $server = Start-UdpServer -ScriptBlock { "you said $($_.Text.Trim())" }
            Invoke-Program ncat '-u', '127.0.0.1', $server.Port -Text "hello`n" -Until 'you said hello' | Should -Be 'you said hello'
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be "hello`n"
        }

        It 'answers ncat over IPv6' -Skip:(-not [Net.Sockets.Socket]::OSSupportsIPv6) {
            $server = Start-UdpServer -Address Any -AllowAddress 127.0.0.0/8, ::1 -Reply 'six'
            Invoke-Program ncat '-6', '-u', '::1', $server.Port -Text "x`n" -Until 'six' | Should -Be 'six'
        }

        It 'hears what ncat sends and ends' {
            $server = Start-UdpServer
            Invoke-Program ncat '-u', '--send-only', '127.0.0.1', $server.Port -Text "one line`n"
            Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be "one line`n"
        }
    }

    Context 'socat' -Skip:$noSocat {
        It 'answers socat' {
            $server = Start-UdpServer -Echo
            Invoke-Program socat '-t', '1', '-', "UDP4:127.0.0.1:$($server.Port)" -Text 'echo me' -Until 'echo me' | Should -Be 'echo me'
        }

        It 'hears socat, one datagram for each write' {
            $server = Start-UdpServer
            Invoke-Program socat '-u', '-b', '4', '-', "UDP4-SENDTO:127.0.0.1:$($server.Port)" -Text '123456789'
            (Receive-UdpMessage $server -Count 3 -TimeoutSec 20).Text | Should -Be '1234', '5678', '9'
        }

        It 'gets answers from a socat server' {
            $port = Get-FreePort
            $start = [Diagnostics.ProcessStartInfo]::new('socat')
            foreach ($argument in "UDP4-RECVFROM:$port,bind=127.0.0.1,fork", 'EXEC:cat') { $start.ArgumentList.Add($argument) }
            $socat = [Diagnostics.Process]::Start($start)
            try {
                Wait-Until {
                    # Until socat listens, the system refuses.
                    $script:answer = 'to cat' | Send-UdpMessage 127.0.0.1 $port -Count 1 -TimeoutSec 5 -ErrorAction Ignore
                    $script:answer
                }
                $script:answer | Should -Be 'to cat'
            }
            finally {
                $socat.Kill($true)
                $socat.Dispose()
            }
        }
    }
}
