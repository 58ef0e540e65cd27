# For the tests of socket inspection: BeforeAll { . $PSScriptRoot/common.ps1; . $PSScriptRoot/sockets.ps1 }

# A peer that does what it is told, one expression or statement of Python at a time.
function Start-PythonShell {
    $peer = Start-PythonPeer -NoPort @'
import sys, json
scope = {}
exec("""
import os, select, socket, struct

def fill(peer):
    # Until the other side, which does not read, holds the sender back.
    peer.setblocking(False)
    while True:
        try:
            peer.send(bytes(65536))
        except BlockingIOError:
            if not select.select([], [peer], [], 0.2)[1]:
                return

def connected(**options):
    # A client and what the server accepted; the listener stays open.
    listener = socket.socket()
    for option, value in options.items():
        listener.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
    listener.bind(('127.0.0.1', 0))
    listener.listen()
    client = socket.create_connection(listener.getsockname())
    accepted = listener.accept()[0]
    return listener, client, accepted
""", scope)
for line in sys.stdin:
    try:
        answer = eval(line, scope)
    except SyntaxError:
        exec(line, scope)
        answer = None
    print(json.dumps(answer))
'@
    $peer
}

function Invoke-Python($Peer, [string] $Code) {
    $Peer.WriteLine($Code)
    $line = $Peer.ReadLine()
    if ($null -eq $line) { throw "Python did not take '$Code': $($Peer.Errors.Result)" }
    if ($line -ne 'null') { ConvertFrom-Json $line }
}

# What python3 says of a descriptor of this process; nothing where the system does not hand out a copy (pidfd_getfd(2)).
function Get-PythonView([long] $Handle, [string[]] $Option = @()) {
    $peer = Start-PythonPeer -NoPort -ArgumentList (@($PID, $Handle) + $Option) @'
import ctypes, json, os, socket, sys
system = ctypes.CDLL(None).syscall
descriptor = system(438, system(434, int(sys.argv[1]), 0), int(sys.argv[2]), 0)
if descriptor >= 0:
    peer = socket.socket(fileno=descriptor)
    try:
        remote = peer.getpeername()
    except OSError:
        remote = None
    print(json.dumps({
        'family': peer.family.name, 'type': peer.type.name, 'proto': peer.proto, 'local': peer.getsockname(),
        'remote': remote, 'blocking': os.get_blocking(descriptor), 'inode': os.fstat(descriptor).st_ino,
        'options': [peer.getsockopt(*map(int, option.split('/'))) for option in sys.argv[3:]]}))
'@
    try {
        $line = $peer.ReadLine()
        if ($line) { ConvertFrom-Json $line }
    }
    finally {
        $peer.Stop()
    }
}

$ssStates = @{
    'ESTAB' = 'Established'; 'SYN-SENT' = 'SynSent'; 'SYN-RECV' = 'SynReceived'; 'FIN-WAIT-1' = 'FinWait1'
    'FIN-WAIT-2' = 'FinWait2'; 'TIME-WAIT' = 'TimeWait'; 'UNCONN' = 'Closed'; 'CLOSE-WAIT' = 'CloseWait'
    'LAST-ACK' = 'LastAck'; 'LISTEN' = 'Listen'; 'CLOSING' = 'Closing'
}

# What ss says of the sockets with one of the ports on either side, as lines that Format-Socket makes, too. A port may have
# been another test's a moment ago, also of a socket for IPv6 that served IPv4, whose addresses are of IPv4 to the module.
function Get-SsLine([string] $Kind, [int[]] $Port) {
    foreach ($line in ss "-${Kind}anHe") {
        $state, $received, $sent, $local, $remote, $rest = $line -split '\s+'
        $here, $there = $local, $remote | ForEach-Object { ($_ -split ':')[-1] }
        if ($here -notin $Port -and $there -notin $Port) { continue }
        $inode = "$rest" -match 'ino:(\d+)' ? $Matches[1] : 0
        $there = $there -eq '*' ? '-' : $remote
        "$($ssStates[$state]) $received $sent $local $there $inode" -replace '[][]' -replace '::ffff:(?=\d+\.)'
    }
}

filter Format-Socket {
    $remote = $null -eq $_.RemotePort ? '-' : "$($_.RemoteAddress):$($_.RemotePort)"
    "$($_.State) $($_.ReceiveQueue) $($_.SendQueue) $($_.LocalAddress):$($_.LocalPort) $remote $($_.Inode)"
}

# The same endpoints, states, queues and inodes as in ss, which is asked between two looks that agree.
function Compare-WithSs([string] $Kind, [int[]] $Port, [int] $Least = 1) {
    $protocol = $Kind -eq 't' ? 'Tcp' : 'Udp'
    $here = { @(Get-SocketInfo -Protocol $protocol | Where-Object {
                $_.LocalPort -in $Port -or $_.RemotePort -in $Port } | Format-Socket | Sort-Object) -join "`n" }
    $clock = [Diagnostics.Stopwatch]::StartNew()
    do {
        $before = & $here
        $ss = @(Get-SsLine $Kind $Port | Sort-Object) -join "`n"
    } until ($before -eq (& $here) -or $clock.Elapsed.TotalSeconds -gt 20)
    $before | Should -Be $ss
    @($before -split "`n" -ne '').Count | Should -BeGreaterOrEqual $Least
}
