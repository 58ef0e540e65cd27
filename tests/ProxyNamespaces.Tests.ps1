# A proxy between two hosts in different networks, which reach each other only through it:
#   client  10.78.1.2  fd78:1::2    (python3 only)
#   middle  10.78.1.1  fd78:1::1    10.78.2.1  fd78:2::1, and towards the client also 10.78.1.11
#   server  10.78.2.2  fd78:2::2    (python3 only)

BeforeDiscovery {
    . $PSScriptRoot/namespaces.ps1
    $whyNot = Test-Namespace
    $skipped = $whyNot ? " (skipped: $whyNot)" : ''
}

Describe "A proxy between two networks$skipped" -Skip:([bool] $whyNot) {
    BeforeAll {
        . $PSScriptRoot/common.ps1
        . $PSScriptRoot/namespaces.ps1

        $client = [NetHost]::new('client')
        $middle = [NetHost]::new('middle')
        $server = [NetHost]::new('server')
        $middle.StartPwsh()
        $middle.Ip("link add near type veth peer name near netns $($client.Namespace)")
        $middle.Ip("link add far type veth peer name far netns $($server.Namespace)")
        $client.SetLink('near', @('10.78.1.2/24', 'fd78:1::2/64'))
        $middle.SetLink('near', @('10.78.1.1/24', '10.78.1.11/24', 'fd78:1::1/64'))
        $middle.SetLink('far', @('10.78.2.1/24', 'fd78:2::1/64'))
        $server.SetLink('far', @('10.78.2.2/24', 'fd78:2::2/64'))

        # The first byte says what the server does at the end of the stream: answer with a count, or reset.
        $far = Start-PeerOn $server @'
import socket, struct, threading
tcp = socket.socket(socket.AF_INET6)
tcp.bind(('::', 0)) # both families
tcp.listen(8)
port = tcp.getsockname()[1]
udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
udp.bind(('::', port))
def answer():
    while True:
        data, peer = udp.recvfrom(65535)
        udp.sendto(data, peer)
threading.Thread(target=answer, daemon=True).start()
print('PORT', port, flush=True)
while True:
    s, peer = tcp.accept()
    first = s.recv(1)
    count = 1
    if first == b'l':
        s.sendall(b'.') # so that the client knows its byte has come
    if first == b'r':
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    else:
        try:
            while part := s.recv(65536):
                count += len(part)
            s.sendall(b'%d from %s' % (count, peer[0].encode()))
        except ConnectionResetError:
            print('reset', flush=True)
    s.close()
'@
        $near = Start-PeerOn $client -Code @'
import socket, struct, sys
print('PORT', 1, flush=True)
for line in sys.stdin:
    case, host, port = line.split()
    try:
        if case == 'both':
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(20)
            for one in host.split(','):
                s.sendto(one.encode(), (one, int(port)))
            print(*sorted('%s from %s' % (data.decode(), peer[0]) for data, peer in (s.recvfrom(99), s.recvfrom(99))), sep=', ', flush=True)
            continue
        if case == 'udp':
            s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(10)
            s.connect((host, int(port)))
            s.send(b'x' * 9000)
            print(len(s.recv(65535)), flush=True)
            continue
        s = socket.create_connection((host, int(port)), 10)
        s.sendall({'count': b'c', 'reset': b'r', 'leave': b'l'}[case])
        if case == 'leave':
            s.recv(1)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            s.close()
            print('left', flush=True)
            continue
        if case == 'count':
            s.sendall(b'y' * 299999)
            s.shutdown(socket.SHUT_WR)
        data = b''
        while part := s.recv(1000):
            data += part
        print(data.decode() or 'end', flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
'@
        foreach ($name in 'near', 'far') { $middle.WaitLink($name) }
        Wait-NetHost $middle $modulePath
        $port = $far.Port

        function Invoke-Near([string] $Case, [string] $To, [int] $Port) {
            $near.WriteLine("$Case $To $Port")
            $near.ReadLine(20)
        }
    }

    AfterAll {
        foreach ($one in $near, $far, $client, $middle, $server) { if ($one) { $one.Stop() } }
        Remove-NetHost
    }

    AfterEach { $null = Invoke-On $middle { Get-Job | Remove-Job -Force } }

    It 'forwards a half-closed stream from <Listen> to <Upstream>' -ForEach @(
        @{ Listen = '10.78.1.1'; Upstream = '10.78.2.2'; From = '::ffff:10.78.2.1' }
        @{ Listen = 'fd78:1::1'; Upstream = '10.78.2.2'; From = '::ffff:10.78.2.1' }
        @{ Listen = '10.78.1.1'; Upstream = 'fd78:2::2'; From = 'fd78:2::1' }
    ) {
        $at = Invoke-On $middle { (Start-TcpProxy $args[0] -Address Any).Port } ($Upstream -match ':' ? "[$Upstream]:$port" : "${Upstream}:$port")
        Invoke-Near count $Listen $at | Should -Be "300000 from $From"
    }

    It 'forwards resets, both ways' {
        $at = Invoke-On $middle { (Start-TcpProxy "10.78.2.2:$($args[0])" -Address 10.78.1.1).Port } $port
        Invoke-Near reset 10.78.1.1 $at | Should -Be ConnectionResetError
        Invoke-Near leave 10.78.1.1 $at | Should -Be left
        $far.ReadLine(10) | Should -Be reset
    }

    It 'refuses to be its own server, by each of its addresses' {
        $errors = Invoke-On $middle {
            foreach ($address in '10.78.1.1', '10.78.2.1', '127.0.0.1') {
                Start-TcpProxy "${address}:4444" 4444 0.0.0.0 -ErrorVariable faults -ErrorAction SilentlyContinue
                $faults[0].FullyQualifiedErrorId
            }
        }
        $errors | Should -Be (@('ProxyLoop,PSNetLab.Commands.StartTcpProxyCommand') * 3)
    }

    It 'starts on the port of a server whose name nobody can look up yet' {
        Invoke-On $middle {
            $proxy = Start-TcpProxy server.example:4445 4445 -ErrorAction Stop
            "$($proxy.State) $($proxy.Upstream)"
        } | Should -Be 'Running server.example:4445'
    }

    It 'tells a client when the server is cut off' {
        $at = Invoke-On $middle { (Start-TcpProxy "10.78.2.2:$($args[0])" -Address 10.78.1.1 -ConnectTimeoutSec 0.5).Port } $port
        $server.Ip('link set far down')
        try { Invoke-Near count 10.78.1.1 $at | Should -BeIn 'ConnectionResetError', 'BrokenPipeError' }
        finally { $server.Ip('link set far up') }
        Invoke-On $middle {
            $proxy = Get-Job
            while (-not $proxy.Output.Count) { Start-Sleep -Milliseconds 20 }
            "$((Receive-Job $proxy 3>$null).CloseReason)"
        } | Should -Be UpstreamFailed
        $middle.WaitLink('far')
    }

    It 'forwards datagrams, and answers from the address that was asked: <Listen>' -ForEach @(
        @{ Listen = '10.78.1.1' }
        @{ Listen = 'fd78:1::1' }
    ) {
        $at = Invoke-On $middle { (Start-UdpProxy "10.78.2.2:$($args[0])" -Address Any -Fault @{ LatencyMs = 5 }).Port } $port
        # A connected socket takes answers from the address it asked, and no other.
        Invoke-Near udp $Listen $at | Should -Be 9000
    }

    It 'has a session and a conversation for each address that a client talks to from one port' {
        # Both datagrams are there before the first answer goes back.
        $at = Invoke-On $middle { (Start-UdpProxy "10.78.2.2:$($args[0])" -Address 0.0.0.0 -Fault @{ LatencyMs = 300 } -Transcript).Port } $port
        Invoke-Near both '10.78.1.1,10.78.1.11' $at | Should -Be '10.78.1.1 from 10.78.1.1, 10.78.1.11 from 10.78.1.11'
        $ends = Invoke-On $middle {
            # A client may be ahead of the recorder.
            while (@(Get-NetTranscript (Get-Job) | Where-Object Text).Count -lt 4) { Start-Sleep -Milliseconds 20 }
            $all = Get-NetTranscript (Get-Job)
            "$((Get-Job).ConnectionCount)"
            $all | Group-Object ConnectionId | ForEach-Object { "$($_.Group[0].ServerEndPoint.Address) $($_.Group.Text | Where-Object { $_ })" }
        }
        $ends | Should -Be '2', '10.78.1.1 10.78.1.1 10.78.1.1', '10.78.1.11 10.78.1.11 10.78.1.11'
    }
}
