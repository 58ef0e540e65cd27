# What other programs get of a connection that is closed here with their replies unread, twenty times of twenty.

BeforeDiscovery {
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
    $versions = @{ Version = '1.2' }, @{ Version = '1.3' }
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    $rounds = 20
    $message = [byte[]]::new(800000)
    [Array]::Fill($message, [byte] 0xfe)
    $all = @("$($message.Length)") * $rounds

    function New-PemCertificate([string] $Folder) {
        $null = openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=localhost' `
            -addext 'subjectAltName=DNS:localhost' -keyout "$Folder/key.pem" -out "$Folder/cert.pem" 2>&1
    }

    # Sends the message to a peer and closes, over and over.
    function Send-AndClose([int] $Port, [hashtable] $With = @{ Tls = $true; SkipCertificateCheck = $true }) {
        foreach ($round in 1..$rounds) {
            $connection = Open-TcpConnection 127.0.0.1 $Port @With
            , $message | Send-TcpMessage -Connection $connection
            Close-TcpConnection $connection
        }
    }

    # Sends the message to each client of a server that comes, and closes.
    function Send-AndCloseClient($Server) {
        foreach ($round in 1..$rounds) {
            Wait-Until { $Server.ConnectionCount }
            $client = Get-TcpConnection $Server
            , $message | Send-TcpMessage -Job $Server
            Close-TcpConnection $client
        }
    }
}

Describe 'A closed connection' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection -Reset
        Get-Job | Remove-Job -Force
    }

    It 'delivers everything to a plain server whose replies nobody read' {
        $peer = Start-PythonPeer -ArgumentList $rounds -Code @'
import socket, sys
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
for _ in range(int(sys.argv[1])):
    peer = listener.accept()[0]
    total = 0
    while data := peer.recv(65536):
        total += len(data)
        peer.sendall(b'more than enough')
    print(total)
    peer.close()
'@
        Send-AndClose $peer.Port -With @{}
        $peer.ReadToEnd() | Should -Be $all
    }

    Context 'over TLS <Version>' -ForEach $versions -Skip:(-not $hasOpenSsl) {
        BeforeAll {
            New-PemCertificate $TestDrive
            Get-Content "$TestDrive/key.pem", "$TestDrive/cert.pem" | Set-Content "$TestDrive/both.pem"
        }

        It 'delivers everything, and the end of the stream, to a Python server' {
            $peer = Start-PythonPeer -ArgumentList $rounds, $Version, $TestDrive -Code @'
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = context.maximum_version = ssl.TLSVersion['TLSv' + sys.argv[2].replace('.', '_')]
context.load_cert_chain(sys.argv[3] + '/cert.pem', sys.argv[3] + '/key.pem')
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
for _ in range(int(sys.argv[1])):
    # Without close_notify, reading would raise an error.
    peer = context.wrap_socket(listener.accept()[0], server_side=True, suppress_ragged_eofs=False)
    total = 0
    peer.sendall(b'a reply that nobody reads')
    while data := peer.recv(16384):
        total += len(data)
    peer.unwrap()
    print(total)
    peer.close()
'@
            Send-AndClose $peer.Port
            $peer.ReadToEnd() | Should -Be $all
        }

        It 'delivers everything, and the end of the stream, to a Python client' {
            $server = Start-TcpServer -Certificate "$TestDrive/both.pem" -NoRecord
            $peer = Start-PythonPeer -NoPort -ArgumentList $rounds, $Version, $server.Port -Code @'
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.minimum_version = context.maximum_version = ssl.TLSVersion['TLSv' + sys.argv[2].replace('.', '_')]
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
for _ in range(int(sys.argv[1])):
    plain = socket.create_connection(('127.0.0.1', int(sys.argv[3])))
    peer = context.wrap_socket(plain, suppress_ragged_eofs=False)
    peer.sendall(b'a word that nobody reads')
    total = 0
    while data := peer.recv(16384):
        total += len(data)
    print(total)
    peer.close()
'@
            Send-AndCloseClient $server
            $peer.ReadToEnd() | Should -Be $all
            $server.Error
        }

        It 'delivers everything to openssl s_server' {
            $peer = Start-PythonPeer -ArgumentList $rounds, $Version, $TestDrive -Code @'
import subprocess, sys
version = '-tls' + sys.argv[2].replace('.', '_')
files = ['-cert', sys.argv[3] + '/cert.pem', '-key', sys.argv[3] + '/key.pem']
server = subprocess.Popen(
    ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', sys.argv[1], version] + files,
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
while not (line := server.stdout.readline()).startswith(b'ACCEPT'):
    pass
print('PORT', line.split(b':')[1].decode().strip())
print(server.stdout.read().count(b'\xfe'))
'@
            Send-AndClose $peer.Port
            $peer.ReadLine() | Should -Be "$($rounds * $message.Length)"
        }

        It 'delivers everything to openssl s_client' {
            $server = Start-TcpServer -Certificate "$TestDrive/both.pem" -NoRecord
            $peer = Start-PythonPeer -NoPort -ArgumentList $rounds, $Version, $server.Port -Code @'
import subprocess, sys
version = '-tls' + sys.argv[2].replace('.', '_')
for _ in range(int(sys.argv[1])):
    client = subprocess.Popen(
        ['openssl', 's_client', '-connect', '127.0.0.1:' + sys.argv[3], '-quiet', version],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    print(client.stdout.read().count(b'\xfe'))
'@
            Send-AndCloseClient $server
            $peer.ReadToEnd() | Should -Be $all
            $server.Error
        }
    }
}
