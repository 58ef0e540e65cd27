# For the tests of TLS: BeforeAll { . $PSScriptRoot/common.ps1; . $PSScriptRoot/tls.ps1 }

# A certificate with its key, signed by -Issuer or by itself; also as the files <folder>/<name>.pem and <name>.key.
function New-TestCertificate {
    param(
        [Parameter(Mandatory)] [string] $Folder,
        [Parameter(Mandatory)] [string] $Name,
        $Issuer,
        [string[]] $DnsName = 'lab.example',
        [double] $FromDays = -1,
        [double] $ToDays = 90.5,
        [switch] $Authority,
        [int] $RsaBits,
        [string] $Usage = '1.3.6.1.5.5.7.3.1',
        [string] $RevocationList
    )
    $key = $RsaBits ? [Security.Cryptography.RSA]::Create($RsaBits) : [Security.Cryptography.ECDsa]::Create([Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    $algorithm = [Security.Cryptography.HashAlgorithmName]::SHA256
    $request = $RsaBits ?
        [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, $algorithm, [Security.Cryptography.RSASignaturePadding]::Pkcs1) :
        [Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, $algorithm)
    $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new([bool] $Authority, $false, 0, $true))
    if (-not $Authority) {
        $names = [Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
        foreach ($one in $DnsName) { $names.AddDnsName($one) }
        $request.CertificateExtensions.Add($names.Build())
        $oids = [Security.Cryptography.OidCollection]::new()
        $null = $oids.Add([Security.Cryptography.Oid]::new($Usage))
        $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension]::new($oids, $false))
    }
    if ($RevocationList) {
        $request.CertificateExtensions.Add(
            [Security.Cryptography.X509Certificates.CertificateRevocationListBuilder]::BuildCrlDistributionPointExtension([string[]] $RevocationList))
    }
    else { $request.CertificateExtensions.Add([Security.Cryptography.X509Certificates.X509SubjectKeyIdentifierExtension]::new($request.PublicKey, $false)) }
    $now = [DateTimeOffset]::UtcNow
    $from, $to = $now.AddDays($FromDays), $now.AddDays($ToDays)
    if ($Issuer) {
        $signer = [Security.Cryptography.X509Certificates.X509SignatureGenerator]::CreateForECDsa($Issuer.Key)
        $serial = [byte[]]::new(8)
        [Random]::Shared.NextBytes($serial)
        $serial[0] = 1
        $certificate = $request.Create($Issuer.Certificate.SubjectName, $signer, $from, $to, $serial)
    }
    else { $certificate = $request.CreateSelfSigned($from, $to) }
    Set-Content "$Folder/$Name.pem" $certificate.ExportCertificatePem()
    Set-Content "$Folder/$Name.key" $key.ExportPkcs8PrivateKeyPem()
    [pscustomobject]@{ Certificate = $certificate; Key = $key; File = "$Folder/$Name.pem" }
}

# openssl s_server in a folder, with options; it serves until it is stopped.
function Start-TlsPeer([string] $Folder, [string[]] $Option) {
    Start-PythonPeer -ArgumentList (@($Folder) + $Option) -Code @'
import os, subprocess, sys
os.chdir(sys.argv[1])
server = subprocess.Popen(
    ['openssl', 's_server', '-accept', '127.0.0.1:0', '-naccept', '100000', '-rev'] + sys.argv[2:],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
for line in server.stdout:
    if line.startswith('ACCEPT'):
        print('PORT', line.strip().split(':')[-1], flush=True)
'@
}

# Speaks one version of TLS as far as a ServerHello and the certificates, which is all that a check needs of SSL 3.0: openssl is built
# without it. The version is a number such as 0x0300.
function Start-OldTlsPeer([string] $Folder, [string] $Version) {
    Start-PythonPeer -ArgumentList $Folder, $Version -Code @'
import base64, re, socket, sys, threading
version = int(sys.argv[2], 16).to_bytes(2, 'big')
pem = open(sys.argv[1] + '/server.pem').read() + open(sys.argv[1] + '/middle.pem').read()
chain = [base64.b64decode(one) for one in re.findall('-----BEGIN CERTIFICATE-----(.*?)-----END', pem, re.S)]
size = lambda data: len(data).to_bytes(3, 'big') + data
message = lambda kind, body: bytes([kind]) + size(body)
flight = message(2, version + bytes(32) + b'\0' + b'\0\x2f' + b'\0') + message(11, size(b''.join(map(size, chain)))) + message(14, b'')
answer = b'\x16' + version + len(flight).to_bytes(2, 'big') + flight
refusal = b'\x15' + version + b'\0\x02\x02\x46'
def serve(client):
    with client:
        header = client.recv(5, socket.MSG_WAITALL)
        body = client.recv(int.from_bytes(header[3:5], 'big'), socket.MSG_WAITALL)
        only_new = b'\0\x2b\0\x03\x02\x03\x04' in body
        client.sendall(refusal if only_new or body[4:6] < version else answer)
        client.recv(1)
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(50)
print('PORT', listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
'@
}

# The server's side of a dialogue before TLS, and then TLS with the certificate in the folder. Each word is said in turn; where it is '?', a
# command is awaited, of 36 bytes with '?36'; \n and \x00 are escapes. 'TLS' begins TLS. It writes what it was told, a line for each command.
function Start-StartTlsPeer([string] $Folder, [string[]] $Word) {
    Start-PythonPeer -ArgumentList (@($Folder) + $Word) -Code @'
import socket, ssl, sys, threading
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '/chain.pem', sys.argv[1] + '/server.key')
def serve(client):
    client.settimeout(10)
    try:
        for word in sys.argv[2:]:
            if word == 'TLS':
                client = context.wrap_socket(client, server_side=True)
                client.recv(1)
            elif word[0] == '?':
                length = int(word[1:] or 0)
                print(client.recv(length or 1000, socket.MSG_WAITALL if length else 0).decode('latin-1').encode('unicode_escape').decode(), flush=True)
            else:
                client.sendall(word.encode().decode('unicode_escape').encode('latin-1'))
    except OSError:
        pass
    finally:
        client.close()
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(50)
print('PORT', listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
'@
}

# The files of a small world: a root, an intermediate, and the certificates that go wrong in their own way.
function New-TlsWorld([string] $Folder) {
    $root = New-TestCertificate $Folder root -Authority -ToDays 1000
    $middle = New-TestCertificate $Folder middle -Issuer $root -Authority -ToDays 900
    $null = New-TestCertificate $Folder server -Issuer $middle
    $null = New-TestCertificate $Folder soon -Issuer $middle -ToDays 10.5
    $null = New-TestCertificate $Folder expired -Issuer $middle -FromDays -20 -ToDays -3.5
    $null = New-TestCertificate $Folder future -Issuer $middle -FromDays 5.5
    $null = New-TestCertificate $Folder other -Issuer $middle -DnsName other.example, '*.other.example'
    $null = New-TestCertificate $Folder weak -Issuer $middle -RsaBits 1024
    $null = New-TestCertificate $Folder self
    $null = New-TestCertificate $Folder client -Issuer $middle -Usage 1.3.6.1.5.5.7.3.2
    Get-Content "$Folder/server.pem", "$Folder/middle.pem" | Set-Content "$Folder/chain.pem"
    Get-Content "$Folder/root.pem", "$Folder/middle.pem" | Set-Content "$Folder/misordered.pem"
}
