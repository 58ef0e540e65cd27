# Both ends of a UDP proxy, for proxies.ps1: the server prints its port, and each line of input is a case, the port to send to, and more.
import hashlib
import socket
import sys
import time

LIMIT = 20


def bound():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind(('127.0.0.1', 0))
    s.settimeout(LIMIT)
    return s


def client(port):
    s = bound()
    s.connect(('127.0.0.1', port))
    return s


def collect(s, quiet):
    """What comes until nothing comes for a while."""
    s.settimeout(quiet)
    data = []
    try:
        while True:
            data.append(s.recvfrom(65535)[0])
    except socket.timeout:
        s.settimeout(LIMIT)
        return data


def echo(port):
    """Datagrams of all sizes there and back; the server answers who sent."""
    c = client(port)
    result = []
    for size in 0, 1, 1500, 65507:
        sent = bytes(i % 251 for i in range(size))
        c.send(sent)
        data, peer = server.recvfrom(65535)
        server.sendto(data, peer)
        result.append(str(len(data)) if c.recv(65535) == sent else 'differs')
    return ' '.join(result)


def clients(port):
    """Answers find the way back to who asked."""
    many = [client(port) for _ in range(20)]
    for i, c in enumerate(many):
        c.send(b'%d' % i)
    for _ in many:
        data, peer = server.recvfrom(100)
        server.sendto(data + b'!', peer)
    return str(sum(c.recv(100) == b'%d!' % i for i, c in enumerate(many)))


def sealed(number):
    """A datagram that shows whether it was changed."""
    text = b'%08d' % number
    return text + hashlib.md5(text).digest()


def count(port, number=1000):
    """Of many datagrams: how many are lost, come twice, come late, are changed, in how many runs they are lost, and a digest of all."""
    c = client(port)
    seen = []
    for i in range(number):
        c.send(sealed(i))
        if i % 50 == 49:
            drain_now(seen)
    seen += collect(server, 0.3)
    numbers = [int(data[:8]) for data in seen if data[:8].isdigit() and data == sealed(int(data[:8]))]
    changed = len(seen) - len(numbers)
    lost = number - len(set(numbers)) - changed
    twice = len(numbers) - len(set(numbers))
    highest, late = -1, 0
    for n in dict.fromkeys(numbers):
        late += n < highest
        highest = max(highest, n)
    missing = sorted(set(range(number)) - set(numbers))
    runs = sum(1 for m in missing if m - 1 not in set(missing))
    return f'{lost} {twice} {late} {changed} {runs} {hashlib.md5(b"".join(seen)).hexdigest()}'


def drain_now(seen):
    server.setblocking(False)
    try:
        while True:
            seen.append(server.recvfrom(65535)[0])
    except BlockingIOError:
        pass
    server.settimeout(LIMIT)


def trip(port):
    c = client(port)
    started = time.perf_counter()
    c.send(b'x')
    data, peer = server.recvfrom(100)
    server.sendto(data, peer)
    c.recv(100)
    return f'{(time.perf_counter() - started) * 1000:.1f}'


def transfer(port, number=100, size=1000):
    """The seconds that a server takes to get so many datagrams."""
    c = client(port)
    started = time.perf_counter()
    for _ in range(number):
        c.send(b'x' * size)
    for _ in range(number):
        server.recvfrom(65535)
    return f'{time.perf_counter() - started:.3f}'


def send(port, number=1):
    c = client(port)
    for _ in range(number):
        c.send(b'x')
    return 'sent'


def empty(port, number=20):
    c = client(port)
    for _ in range(number):
        c.send(b'')
    return str(number)


server = bound()
print('PORT', server.getsockname()[1], flush=True)
for line in sys.stdin:
    case, port = line.split()
    try:
        print(globals()[case](int(port)), flush=True)
    except Exception as error:
        print(f'{type(error).__name__}: {error}', flush=True)
