# A web server that misbehaves by its path, one thread for each connection. Prints PORT n, and then each request line that it gets.
import socket, struct, sys, threading, time

CRLF = b'\r\n'


def answer(body, status=b'200 OK', *fields):
    lines = [b'HTTP/1.1 ' + status, b'Content-Length: %d' % len(body), *fields, b'', b'']
    return CRLF.join(lines) + body


def chunked(*chunks, end=b'0\r\n\r\n'):
    head = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    return head + b''.join(b'%x\r\n%s\r\n' % (len(c), c) for c in chunks) + end


def redirect(status, where):
    return answer(b'', status, b'Location: ' + where)


def read_head(conn):
    data = b''
    while CRLF + CRLF not in data:
        got = conn.recv(4096)
        if not got:
            return None
        data += got
    head, rest = data.split(CRLF + CRLF, 1)
    return head, rest


def header(head, name):
    for line in head.split(CRLF)[1:]:
        if line.lower().startswith(name.lower() + b':'):
            return line.split(b':', 1)[1].strip()
    return b''


def serve(conn):
    try:
        while True:
            got = read_head(conn)
            if got is None:
                return
            head, rest = got
            line = head.split(CRLF)[0]
            print(line.decode('latin-1'), flush=True)
            method, target = line.split(b' ')[:2]
            path = target.split(b'?')[0]
            if path.startswith(b'http://'):
                path = b'/' + path.split(b'/', 3)[3]
                if path == b'/ok':
                    path = b'/proxied'
            length = int(header(head, b'Content-Length') or 0)
            if header(head, b'Expect') == b'100-continue':
                conn.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
            while len(rest) < length:
                rest += conn.recv(65536)
            if not respond(conn, path, method, head, rest):
                return
    except OSError:
        pass
    finally:
        conn.close()


def respond(conn, path, method, head, body):
    if path == b'/ok':
        conn.sendall(answer(b'ok'))
    elif path == b'/proxied':
        conn.sendall(answer(b'by the proxy'))
    elif path == b'/echo':
        conn.sendall(answer(head + CRLF + CRLF + body))
    elif path == b'/trailers':
        conn.sendall(chunked(b'hel', b'lo', end=b'0\r\nX-Sum: 5\r\n\r\n'))
    elif path == b'/early':
        conn.sendall(b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' + answer(b'ok'))
    elif path == b'/slow':
        time.sleep(30)
    elif path == b'/slowbody':
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
        time.sleep(30)
    elif path == b'/truncated':
        conn.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')
        return False
    elif path == b'/chunkerror':
        conn.sendall(chunked(b'ok', end=b'nonsense\r\n'))
        return False
    elif path == b'/nothing':
        return False
    elif path == b'/reset':
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        return False
    elif path == b'/garbage':
        conn.sendall(b'220 mail.example ESMTP\r\n')
        return False
    elif path == b'/barelf':
        conn.sendall(b'HTTP/1.1 200 OK\nContent-Length: 2\n\nok')
        return False
    elif path == b'/endless':
        conn.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        while True:
            conn.sendall(b'x' * 65536)
    elif path == b'/loop':
        conn.sendall(redirect(b'302 Found', b'/pool'))
    elif path == b'/pool':
        conn.sendall(redirect(b'302 Found', b'/loop'))
    elif path == b'/deeper':
        n = int(dict(p.split(b'=') for p in [head.split(b' ')[1].split(b'?')[1]])[b'n'])
        conn.sendall(redirect(b'302 Found', b'/deeper?n=%d' % (n + 1)))
    elif path == b'/nowhere':
        conn.sendall(redirect(b'302 Found', b'mailto:a@b'))
    elif path.startswith(b'/to/'):
        _, _, status, where = path.split(b'/', 3)
        conn.sendall(redirect(status + b' Moved', where if b':' in where else b'/' + where))
    elif path == b'/close':
        conn.sendall(answer(b'ok', b'200 OK', b'Connection: close'))
        return False
    else:
        conn.sendall(answer(b'not here', b'404 Not Found'))
    return True


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('127.0.0.1', 0))
listener.listen(64)
print('PORT', listener.getsockname()[1], flush=True)
while True:
    accepted, _ = listener.accept()
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(accepted,), daemon=True).start()
