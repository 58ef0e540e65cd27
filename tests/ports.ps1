# Peers of the port checks, as programs of Python.

# A listener that accepts nobody, with its queue full: the system drops what else comes.
$fullListener = @'
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
