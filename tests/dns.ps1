# Name servers for tests, beside common.ps1.

# What dnsmasq(8) knows: a zone of its own, and nothing else.
$zone = @(
    '--host-record=www.lab.test,192.0.2.7,2001:db8::7,600'
    '--address=/many.lab.test/192.0.2.1'
    '--address=/many.lab.test/192.0.2.2'
    '--cname=alias.lab.test,www.lab.test'
    '--mx-host=lab.test,mail.lab.test,10'
    '--txt-record=lab.test,v=spf1 -all'
    '--txt-record=two.lab.test,one,two'
    "--txt-record=long.lab.test,$((1..12 | ForEach-Object { "$_-".PadRight(200, 'x') }) -join ',')"
    '--srv-host=_sip._tcp.lab.test,sip.lab.test,5060,1,2'
    '--caa-record=lab.test,0,issue,ca.example'
    '--naptr-record=lab.test,1,2,u,E2U+sip,!^.*$!sip:info@lab.test!'
    '--dns-rr=svc.lab.test,65,0001000001000302683200030002 20FB'.Replace(' ', '')
    "--dns-rr=lab.test,43,12340802$('AB' * 32)"
    '--edns-packet-max=4096'
    '--dns-rr=lab.test,65280,0102'
    '--local=/lab.test/'
    '--local=/2.0.192.in-addr.arpa/'
)

# dnsmasq in the foreground on a port of its own, over UDP and TCP, IPv4 and IPv6; $null where there is none.
function Start-Dnsmasq([string[]] $Options = $zone) {
    # Debian puts it where only root looks.
    $program = Get-Command dnsmasq, /usr/sbin/dnsmasq -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $program) { return }
    foreach ($try in 1..5) {
        $port = Get-FreePort
        $start = [Diagnostics.ProcessStartInfo]::new($program.Source)
        $common = '--no-daemon', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--no-poll', '--pid-file=', '--bind-interfaces',
            '--listen-address=127.0.0.1', '--listen-address=::1', "--port=$port"
        foreach ($option in $common + $Options) { $start.ArgumentList.Add($option) }
        $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        $server = [pscustomobject]@{ Process = $process; Port = $port; Said = $process.StandardError.ReadToEndAsync() } |
            Add-Member ScriptMethod Stop { if (-not $this.Process.HasExited) { $this.Process.Kill() }; $this.Process.WaitForExit(); $this.Process.Dispose() } -PassThru
        Wait-Until { $process.HasExited -or (Test-TcpPort 127.0.0.1 $port -Quiet) }
        if (-not $process.HasExited) { return $server }
    }
    throw "dnsmasq did not start: $($server.Said.Result)"
}

# A name server that does what the first label of the name says, over UDP and TCP on one port.
$oddServer = @'
import socket, struct, sys, threading
A = b'\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x07'
SOA = b'\xc0\x0c\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x16\x00\x00' + struct.pack('!5I', 1, 2, 3, 4, 5)
def record(rtype, data, name=b'\xc0\x0c'):
    return name + struct.pack('!HHIH', rtype, 1, 60, len(data)) + data
def question(query):
    end = 12
    while query[end]:
        end += query[end] + 1
    return query[12:end + 5]
def reply(query, flags=0x8580, answers=(A,), authorities=(), additionals=(), ident=None, asked=None):
    asked = question(query) if asked is None else asked
    head = (query[:2] if ident is None else ident) + struct.pack('!5H', flags, 1, len(answers), len(authorities), len(additionals))
    return head + asked + b''.join(answers) + b''.join(authorities) + b''.join(additionals)
def wrong(query):
    return bytes([query[0] ^ 255]) + query[1:2]
def strays(query):
    other = b'\x05other' + question(query)
    return [reply(query, ident=wrong(query)), reply(query, asked=other), reply(query, flags=0x0180), b'', b'x']
seen = {}
def over_udp(query, sender):
    word = question(query)[1:1 + query[12]].decode().lower()
    has_edns = query[10:12] != b'\0\0'
    times = seen[word] = seen.get(word, 0) + 1
    def send(data, sock=udp):
        sock.sendto(data, sender)
    if word == 'strays':
        for data in strays(query):
            send(data)
        send(reply(query), elsewhere)
        send(reply(query))
    elif word == 'onlystrays':
        for data in strays(query):
            send(data)
        send(reply(query), elsewhere)
    elif word == 'flood':
        data = reply(query, ident=wrong(query))
        for _ in range(30000):
            send(data)
    elif word == 'silent':
        pass
    elif word == 'second':
        if times % 2 == 0:
            send(reply(query))
    elif word == 'late':
        if times % 2:
            seen['waiting'] = (query, sender)
        else:
            first, then = seen['waiting']
            udp.sendto(reply(first), then)
            send(reply(first))
            send(reply(query))
    elif word.startswith('code'):
        send(reply(query, flags=0x8180 | int(word[4:]), answers=()))
    elif word == 'bare':
        send(query[:2] + struct.pack('!5H', 0x8185, 0, 0, 0, 0))
    elif word == 'noedns':
        send(query[:2] + struct.pack('!5H', 0x8181, 0, 0, 0, 0) if has_edns else reply(query))
    elif word == 'extended':
        send(reply(query, flags=0x8182, answers=(), additionals=(b'\0' + struct.pack('!HHIHHHH', 41, 1232, 0, 10, 15, 6, 7) + b'old!',)))
    elif word == 'badvers':
        send(reply(query, flags=0x8180, answers=(), additionals=(b'\0' + struct.pack('!HHIH', 41, 1232, 1 << 24, 0),)))
    elif word == 'nodata':
        send(reply(query, answers=(), authorities=(SOA,)))
    elif word == 'empty':
        send(reply(query, answers=()))
    elif word == 'referral':
        send(reply(query, flags=0x8100, answers=(), authorities=(record(2, b'\x02ns\xc0\x0c'),)))
    elif word == 'alias':
        send(reply(query, answers=(record(5, b'\x06target\xc0\x0c'), record(1, b'\xc0\x00\x02\x08', b'\x06target\xc0\x0c'))))
    elif word == 'deadend':
        send(reply(query, answers=(record(5, b'\x06target\xc0\x0c'),)))
    elif word == 'ring':
        send(reply(query, answers=(record(5, b'\x06target\xc0\x0c'), record(5, b'\xc0\x0c', b'\x06target\xc0\x0c'))))
    elif word == 'loop':
        at = 12 + len(question(query))
        send(reply(query, answers=(struct.pack('!H', 0xc000 | at) + A[2:],)))
    elif word == 'cut':
        send(reply(query)[:-3])
    elif word == 'header':
        send(query[:2] + b'\x85\x80')
    elif word == 'claims':
        send(reply(query)[:6] + b'\xff\xff' + reply(query)[8:])
    elif word == 'control':
        send(reply(query, answers=(record(16, b'\x05\x1b[2J!'),)))
    elif word == 'case':
        send(reply(query, asked=question(query).upper()))
    elif word.startswith('big'):
        send(reply(query, flags=0x8780)[:-2])
    else:
        send(reply(query))
def over_tcp(c):
    with c:
        data = b''
        while len(data) < 2 or len(data) < 2 + int.from_bytes(data[:2], 'big'):
            more = c.recv(4096)
            if not more:
                return
            data += more
        query = data[2:]
        word = question(query)[1:1 + query[12]].decode().lower()
        whole = reply(query, answers=(A,) * 200)
        framed = len(whole).to_bytes(2, 'big') + whole
        if word == 'bigsilent':
            c.recv(1)
        elif word == 'bigclosed':
            c.sendall(framed[:1000])
        elif word == 'bigstray':
            other = reply(query, ident=wrong(query))
            c.sendall(len(other).to_bytes(2, 'big') + other + b'\0\0' + framed)
        elif word == 'bigshort':
            c.sendall(b'\0\4' + query[:4])
        elif word == 'bigpieces':
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for i in range(0, 40):
                c.sendall(framed[i:i + 1])
            c.sendall(framed[40:])
        else:
            c.sendall(framed)
def serve():
    while True:
        c = tcp.accept()[0]
        threading.Thread(target=over_tcp, args=(c,), daemon=True).start()
address = sys.argv[1] if len(sys.argv) > 1 else '127.0.0.1'
family = socket.AF_INET6 if ':' in address else socket.AF_INET
while True:
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind((address, 0))
    tcp = socket.socket(family)
    try:
        tcp.bind(udp.getsockname())
        break
    except OSError:
        udp.close()
elsewhere = socket.socket(family, socket.SOCK_DGRAM)
elsewhere.bind((address, 0))
tcp.listen(16)
threading.Thread(target=serve, daemon=True).start()
print('PORT', udp.getsockname()[1])
while True:
    query, sender = udp.recvfrom(4096)
    over_udp(query, sender)
'@
