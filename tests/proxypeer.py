# Both ends of a proxy, for proxies.ps1: the server prints its port, and each line of input is a case and the port to connect to.
import hashlib
import socket
import struct
import sys
import threading
import time

LIMIT = 20


def listen():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    s.listen(1024)
    return s


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.close()


def drain(s):
    data = b''
    try:
        while part := s.recv(65536):
            data += part
        return data, 'end'
    except ConnectionResetError:
        return data, 'reset'
    except socket.timeout:
        return data, 'timeout'


def pair(port, serve):
    """Connects, and has the accepted side served by a thread; returns the client and what serve returns later."""
    result = []

    def run():
        s, _ = server.accept()
        s.settimeout(LIMIT)
        result.append(serve(s))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    client = socket.create_connection(('127.0.0.1', port), LIMIT)
    client.settimeout(LIMIT)

    def later():
        thread.join(LIMIT)
        return result[0] if result else 'nothing'

    return client, later


def half_close(port):
    def serve(s):
        data, how = drain(s)
        s.sendall(b'%d %s' % (len(data), how.encode()))
        s.close()

    c, _ = pair(port, serve)
    c.sendall(b'x' * 1000)
    c.shutdown(socket.SHUT_WR)
    data, how = drain(c)
    return f'{data.decode()} {how}'


def server_half_close(port):
    def serve(s):
        s.shutdown(socket.SHUT_WR)
        data, how = drain(s)
        return f'{len(data)} {how}'

    c, later = pair(port, serve)
    _, how = drain(c)
    for _ in range(10):
        c.sendall(b'y' * 1000)
    c.close()
    return f'{how} {later()}'


def server_reset(port):
    def serve(s):
        s.recv(1)
        reset(s)

    c, _ = pair(port, serve)
    c.sendall(b'x')
    return drain(c)[1]


def client_reset(port):
    there = threading.Event()

    def serve(s):
        s.recv(1)
        there.set()
        return drain(s)[1]

    c, later = pair(port, serve)
    c.sendall(b'x')
    there.wait(LIMIT)
    reset(c)
    return later()


def held_reset(port):
    """The server does not read, so the proxy cannot send on; then the client resets."""
    go = threading.Event()

    def serve(s):
        go.wait(LIMIT)
        return drain(s)[1]

    c, later = pair(port, serve)
    c.settimeout(0.1)
    sent = 0
    try:
        while True:
            sent += c.send(b'z' * 65536)
    except socket.timeout:
        pass
    reset(c)
    time.sleep(0.1)
    go.set()
    return later()


def refused(port):
    try:
        c = socket.create_connection(('127.0.0.1', port), LIMIT)
        c.settimeout(LIMIT)
        return drain(c)[1]
    except ConnectionRefusedError:
        return 'refused'
    except ConnectionResetError:
        return 'reset'


def echo(port, size=100000):
    """Whether what comes back is what was sent."""
    def serve(s):
        while part := s.recv(65536):
            s.sendall(part)
        s.close()

    c, _ = pair(port, serve)
    sent = bytes(i * 7 % 251 for i in range(size))
    threading.Thread(target=lambda: (c.sendall(sent), c.shutdown(socket.SHUT_WR)), daemon=True).start()
    data, how = drain(c)
    return f'{"same" if data == sent else f"{len(data)} bytes"} {how}'


def churn(port, count=5000):
    def serve(s):
        s.sendall(s.recv(10))
        s.close()

    def accept():
        for _ in range(count):
            s, _ = server.accept()
            serve(s)

    threading.Thread(target=accept, daemon=True).start()
    good = 0
    for _ in range(count):
        c = socket.create_connection(('127.0.0.1', port), LIMIT)
        c.sendall(b'hello')
        good += drain(c) == (b'hello', 'end')
        c.close()
    return str(good)


def first_bytes(port, size=10000):
    """What a server gets of the bytes sent, and how it ends for both."""
    c, later = pair(port, drain)
    try:
        c.sendall(b'x' * size)
        c.shutdown(socket.SHUT_WR)
    except OSError:
        pass
    _, how = drain(c)
    data, at_server = later()
    return f'{len(data)} {at_server} {how}'


def digest(port, piece=1 << 20):
    """A digest of what the server gets of 200,000 bytes."""
    c, later = pair(port, drain)
    for start in range(0, 200000, piece):
        c.sendall(b'x' * min(piece, 200000 - start))
    c.close()
    data, _ = later()
    return f'{len(data)} {hashlib.md5(data).hexdigest()}'


def digest_in_pieces(port):
    return digest(port, 997)


def transfer(port, size=1000000):
    """The seconds that a server takes to get so many bytes."""
    c, later = pair(port, drain)
    started = time.perf_counter()
    c.sendall(b'x' * size)
    c.close()
    data, how = later()
    return f'{len(data)} {how} {time.perf_counter() - started:.3f}'


def trip(port):
    """The milliseconds of one round trip."""
    def serve(s):
        while part := s.recv(100):
            s.sendall(part)

    c, _ = pair(port, serve)
    c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    started = time.perf_counter()
    c.sendall(b'x')
    c.recv(1)
    taken = time.perf_counter() - started
    c.close()
    return f'{taken * 1000:.1f}'


def late(port):
    """The milliseconds between the first 100 bytes of a message, sent when the connection is no longer new, and the rest."""
    def serve(s):
        count = 0
        while count < 100:
            count += len(s.recv(100 - count))
        started = time.perf_counter()
        while count < 200:
            count += len(s.recv(200 - count))
        return f'{(time.perf_counter() - started) * 1000:.1f}'

    c, later = pair(port, serve)
    time.sleep(0.5)
    c.sendall(b'x' * 200)
    result = later()
    c.close()
    return result


def pieces(port):
    """The sizes in which 10 bytes arrive."""
    def serve(s):
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        s.sendall(b'0123456789')
        s.close()

    c, _ = pair(port, serve)
    sizes = []
    while part := c.recv(100):
        sizes.append(str(len(part)))
    return ' '.join(sizes)


def ends(port, count=200):
    """How many of many connections that never stop sending are ended by the proxy."""
    def send(c):
        try:
            while True:
                c.sendall(b'x' * 1000)
                c.recv(65536)
        except OSError:
            ended.append(c)

    ended = []
    threads = [threading.Thread(target=send, args=(socket.create_connection(('127.0.0.1', port), LIMIT),), daemon=True) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(LIMIT)
    return str(len(ended))


def fetch(port, clients=20, each=50):
    """How many requests of many clients are answered whole, and how many connections are reset."""
    seen = []

    def run():
        for _ in range(each):
            c = socket.create_connection(('127.0.0.1', port), LIMIT)
            c.settimeout(LIMIT)
            c.sendall(b'GET /page.html HTTP/1.0\r\n\r\n')
            data, how = drain(c)
            seen.append('whole' if how == 'end' and len(data) > 5000 else how)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(LIMIT)
    return f'{seen.count("whole")} {seen.count("reset")}'


server = listen()
print('PORT', server.getsockname()[1], flush=True)
for line in sys.stdin:
    case, port = line.split()
    if case == 'leave':
        server.close()
        print('gone', flush=True)
        continue
    if case == 'back':
        where = server.getsockname() if server.fileno() >= 0 else ('127.0.0.1', int(port))
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(where)
        server.listen(1024)
        print('back', flush=True)
        continue
    try:
        print(globals()[case](int(port)), flush=True)
    except Exception as error:
        print(f'{type(error).__name__}: {error}', flush=True)
