# Clients that do not wait for a server to be ready, and the end of many servers at once.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # Knocks at a port until it is answered, then at the next, round and round: so it is at the door of the server that starts next.
    # At its end it says how often it was answered, and how often left waiting.
    $knocker = @'
import itertools, socket, ssl, sys, threading
kind, threads, ports = sys.argv[1], int(sys.argv[2]), [int(p) for p in sys.argv[3:]]
over, answered, waiting = threading.Event(), [0], [0]
question = b'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n' if kind == 'Http' else b'x'
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
def client():
    if kind != 'Udp': return socket.socket()
    while True:
        s = socket.socket(type=socket.SOCK_DGRAM)
        s.bind(('127.0.0.1', 0))
        if s.getsockname()[1] not in ports: return s
        s.close() # a server needs that one
def ask(port):
    with client() as s:
        s.settimeout(0.02 if kind == 'Udp' else 30)
        try:
            s.connect(('127.0.0.1', port))
            with (tls.wrap_socket(s) if kind == 'Tls' else s) as c:
                c.sendall(question)
                if c.recv(1000):
                    answered[0] += 1
                    return True
        except TimeoutError:
            # A datagram may be lost when its server ends; a connection may not be forgotten.
            if kind != 'Udp': waiting[0] += 1
        except OSError:
            pass
def knock():
    for port in itertools.cycle(ports):
        while not over.is_set() and not ask(port): pass
        if over.is_set(): return
knocking = [threading.Thread(target=knock) for _ in range(threads)]
for t in knocking: t.start()
print('PORT 1', flush=True)
input()
over.set()
for t in knocking: t.join()
print(answered[0], waiting[0], flush=True)
'@

    # Runs a script with the module in a runspace of its own, then what is to be seen while it is open; returns how long the end took.
    function Invoke-InRunspace([string] $Script, [object[]] $ArgumentList, [scriptblock] $While, [string] $End) {
        $runspace = [runspacefactory]::CreateRunspace()
        $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("Import-Module '$modulePath/PSNetLab.psd1'; $Script")
        foreach ($argument in $ArgumentList) { $null = $shell.AddArgument($argument) }
        try {
            $output = $shell.Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            & $While $output
            $clock = [Diagnostics.Stopwatch]::StartNew()
            if ($End) {
                $shell.Commands.Clear()
                $null = $shell.AddScript($End).Invoke()
            }
            else { $runspace.Dispose() }
            $clock.ElapsedMilliseconds
        }
        finally {
            $runspace.Dispose()
            $shell.Dispose()
        }
    }
}

Describe 'Clients that knock before, during and after 200 starts' {
    It 'are answered or turned away by <Start>, and nothing fails' -ForEach @(
        @{ Kind = 'Tcp'; Start = 'Start-TcpServer -Echo' }
        @{ Kind = 'Tls'; Start = 'Start-TcpServer -Echo -Tls' }
        @{ Kind = 'Udp'; Start = 'Start-UdpServer -Echo' }
        @{ Kind = 'Http'; Start = 'Start-StaticHttpServer .' }
        @{ Kind = 'Tcp'; Start = 'Start-TcpServer -Echo -DenyAddress 127.0.0.2' }
    ) {
        $ports = 1..25 | ForEach-Object { Get-FreePort } | Sort-Object -Unique
        $rounds = [math]::Ceiling(200 / $ports.Count)
        $peer = Start-PythonPeer $knocker -ArgumentList (@($Kind, 4) + $ports)
        try {
            foreach ($round in 1..$rounds) {
                $null = Invoke-InRunspace "foreach (`$port in `$args) { $Start -Port `$port }" $ports -While {
                    param($servers)
                    $script:servers = $servers
                    Wait-Until { -not ($servers | Where-Object { -not $_.MessageCount -and $_.State -eq 'Running' }) }
                }
                Wait-Until { -not ($servers | Where-Object State -NE 'Stopped') }
                $servers.Error | Should -BeNullOrEmpty
                ($servers | Measure-Object ConnectionCount -Sum).Sum | Should -Be 0
            }
            $peer.WriteLine('')
            $answered, $waiting = $peer.ReadLine(60) -split ' '
            [int] $answered | Should -BeGreaterThan 200
            $waiting | Should -Be 0
            $null = $peer.WaitForExit(10)
        }
        finally { $peer.Stop() }
    }
}

Describe 'Eight servers with a client that never stops talking' {
    It 'end in the time of one with <Name>' -ForEach @(
        @{ Name = 'their runspace' }
        @{ Name = 'Remove-Module'; End = 'Remove-Module PSNetLab' }
    ) {
        try {
            $ms = Invoke-InRunspace '1..8 | ForEach-Object { Start-TcpServer -NoRecord }' -End $End -While {
                param($started)
                $script:servers = $started
                $script:talker = Start-PythonPeer @'
import socket, sys, threading
def talk(port):
    with socket.create_connection(('127.0.0.1', port)) as c:
        try:
            while True: c.sendall(b'x')
        except OSError:
            pass
talking = [threading.Thread(target=talk, args=[int(port)]) for port in sys.argv[1:]]
for t in talking: t.start()
print('PORT 1', flush=True)
for t in talking: t.join()
'@ -ArgumentList $started.Port
                Wait-Until { -not ($started | Where-Object { $_.MessageCount -lt 100 }) }
            }
            # One after the other, they would take eight seconds.
            $ms | Should -BeLessThan 6000
            $servers.State | Sort-Object -Unique | Should -Be 'Stopped'
            $talker.WaitForExit(10) | Should -Be 0
        }
        finally { $talker.Stop() }
    }
}
