BeforeDiscovery {
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    $folder = "$TestDrive"
    New-TlsWorld $folder
    $tls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$folder/root.pem"; TimeoutSec = 20 }
    $chain = '-cert', 'server.pem', '-key', 'server.key', '-cert_chain', 'middle.pem'

    function Test-Peer([string[]] $Option, [hashtable] $With = @{}) {
        $peer = Start-TlsPeer $folder $Option
        try {
            $all = $tls + @{}
            foreach ($key in $With.Keys) { $all[$key] = $With[$key] }
            Test-TlsEndpoint 127.0.0.1 $peer.Port @all
        }
        finally { $peer.Stop() }
    }
}

Describe 'Test-TlsEndpoint' -Skip:(-not $hasOpenSsl) {
    Context 'versions, against openssl' {
        It 'finds <Offered> of a server with <Option>' -ForEach @(
            @{ Option = '-tls1'; Offered = 'Tls10' }
            @{ Option = '-tls1_1'; Offered = 'Tls11' }
            @{ Option = '-tls1_2'; Offered = 'Tls12' }
            @{ Option = '-tls1_3'; Offered = 'Tls13' }
            @{ Option = '-no_tls1_3'; Offered = 'Tls10; Tls11; Tls12' }
            @{ Option = '-no_tls1', '-no_tls1_1'; Offered = 'Tls12; Tls13' }
            @{ Option = '-no_tls1_2'; Offered = 'Tls10; Tls11; Tls13' }
            @{ Option = @(); Offered = 'Tls10; Tls11; Tls12; Tls13' }
        ) {
            $result = Test-Peer (@($Option) + $chain + '-cipher', 'ALL:@SECLEVEL=0')
            "$($result.Versions)" | Should -Be $Offered
            foreach ($version in 'Ssl3', 'Tls10', 'Tls11', 'Tls12', 'Tls13') {
                $result.Versions.$version | Should -Be ($Offered -match $version ? 'Offered' : 'Refused') -Because $version
            }
            # Also of a server with which no handshake is possible.
            $result.Subject | Should -Be 'CN=server'
            $result.BuiltChain.ToString() | Should -Be 'CN=server; CN=middle; CN=root'
            'OldProtocol' -in $result.Problems.Kind | Should -Be ($Offered -match 'Tls1[01]')
            'NoModernProtocol' -in $result.Problems.Kind | Should -Be ($Offered -notmatch 'Tls1[23]')
            $result.Status | Should -Be ($Offered -notmatch 'Tls1[23]' ? 'Failed' : $Offered -match 'Tls1[01]' ? 'Warning' : 'Ok')
        }

        It 'finds SSL 3.0, and reads the certificates of a server that has nothing else' {
            $peer = Start-OldTlsPeer $folder 0x0300
            try { $result = Test-TlsEndpoint 127.0.0.1 $peer.Port @tls }
            finally { $peer.Stop() }
            "$($result.Versions)" | Should -Be 'Ssl3'
            $result.Protocol | Should -Be 'Ssl3'
            $result.SentChain.ToString() | Should -Be 'CN=server; CN=middle'
            $result.Problems.Kind | Should -Be 'NoModernProtocol', 'OldProtocol'
            "$($result.Problems)" | Should -BeLike '*offers SSL 3.0, which can be broken*'
            $result.ErrorId | Should -Be 'TlsHandshakeFailed'
        }

        It 'asks no versions with -SkipVersionScan' {
            (Test-Peer $chain @{ SkipVersionScan = $true }).Versions | Should -BeNullOrEmpty
        }
    }

    Context 'certificates, against openssl' {
        It 'says <Problem> (<Status>) of <What>' -ForEach @(
            @{ What = 'one that expires in 10 days'; Name = 'soon'; Problem = 'ExpiresSoon'; Status = 'Warning'; Days = 10 }
            @{ What = 'one that has expired'; Name = 'expired'; Problem = 'Expired'; Status = 'Failed'; Days = -4 }
            @{ What = 'one that is not valid yet'; Name = 'future'; Problem = 'NotYetValid'; Status = 'Failed'; Days = 90 }
            @{ What = 'one for another name'; Name = 'other'; Problem = 'NameMismatch'; Status = 'Failed'; Days = 90 }
            @{ What = 'one with a short key'; Name = 'weak'; Problem = 'WeakKey'; Status = 'Warning'; Days = 90 }
        ) {
            $result = Test-Peer ('-cert', "$Name.pem", '-key', "$Name.key", '-cert_chain', 'middle.pem', '-cipher', 'ALL:@SECLEVEL=0', '-no_tls1', '-no_tls1_1')
            $result.Problems.Kind | Should -Be $Problem
            $result.Status | Should -Be $Status
            $result.DaysLeft | Should -Be $Days
            $result.Reason | Should -BeLike "127.0.0.1:*: *$($result.Problems[0].Text)*"
            $result.ErrorId | Should -BeNullOrEmpty
        }

        It 'says WeakSignature of a signature with SHA-1' {
            # .NET makes no such certificates any more.
            Push-Location $folder
            try {
                Set-Content san.txt 'subjectAltName=DNS:lab.example'
                $null = openssl req -new -key server.key -subj /CN=sha1 -out sha1.csr 2>&1
                $null = openssl x509 -req -sha1 -in sha1.csr -CA middle.pem -CAkey middle.key -set_serial 77 -days 50 -extfile san.txt -out sha1.pem 2>&1
            }
            finally { Pop-Location }
            $result = Test-Peer ('-cert', 'sha1.pem', '-key', 'server.key', '-cert_chain', 'middle.pem', '-cipher', 'ALL:@SECLEVEL=0', '-no_tls1', '-no_tls1_1')
            $result.Problems.Kind | Should -Be 'WeakSignature'
        }

        It 'says SelfSigned, unless the certificate is trusted' {
            $server = '-cert', 'self.pem', '-key', 'self.key'
            (Test-Peer $server).Problems.Kind | Should -Be 'SelfSigned'
            (Test-Peer $server @{ TrustedCertificate = "$folder/self.pem" }).Status | Should -Be 'Ok'
        }

        It 'says UntrustedRoot of a root that is sent and not trusted' {
            $both = '-cert', 'server.pem', '-key', 'server.key', '-cert_chain', 'chain-root.pem'
            Get-Content "$folder/middle.pem", "$folder/root.pem" | Set-Content "$folder/chain-root.pem"
            (Test-Peer $both @{ TrustedCertificate = "$folder/self.pem" }).Problems.Kind | Should -Be 'UntrustedRoot'
        }

        It 'says IntermediateMissing, as a warning if this machine knows the intermediate' {
            $alone = '-cert', 'server.pem', '-key', 'server.key'
            $result = Test-Peer $alone
            $result.Problems.Kind | Should -Be 'IntermediateMissing'
            $result.Status | Should -Be 'Failed'
            $result.SentChain.ToString() | Should -Be 'CN=server'
            $known = Test-Peer $alone @{ TrustedCertificate = "$folder/root.pem", "$folder/middle.pem" }
            (Test-Peer $chain @{ TrustedCertificate = "$folder/root.pem", "$folder/middle.pem" }).Status | Should -Be 'Ok'
            $known.Problems.Kind | Should -Be 'IntermediateMissing'
            $known.Status | Should -Be 'Warning'
            $known.BuiltChain.ToString() | Should -Be 'CN=server; CN=middle; CN=root'
        }

        It 'says ChainOrder' {
            $result = Test-Peer ('-cert', 'server.pem', '-key', 'server.key', '-cert_chain', 'misordered.pem')
            $result.Problems.Kind | Should -Be 'ChainOrder'
            $result.Status | Should -Be 'Warning'
            $result.SentChain.ToString() | Should -Be 'CN=server; CN=root; CN=middle'
        }

        It 'warns as long before the end as -WarningDays says' {
            (Test-Peer $chain @{ WarningDays = 91 }).Problems.Kind | Should -Be 'ExpiresSoon'
            (Test-Peer $chain @{ WarningDays = 90 }).Status | Should -Be 'Ok'
        }

        It 'has the names, the version, the algorithms, the application protocol and the times' {
            $result = Test-Peer ($chain + '-alpn', 'h2,http/1.1') @{ Alpn = 'http/1.1'; SkipVersionScan = $true }
            $result.Names | Should -Be 'lab.example'
            $result.Protocol | Should -Be 'Tls13'
            $result.CipherSuite | Should -BeLike 'TLS_*'
            $result.Alpn | Should -Be 'http/1.1'
            $result.Address | Should -Be '127.0.0.1'
            foreach ($phase in 'Connect', 'Handshake') {
                $result."${phase}Milliseconds" | Should -BeGreaterThan 0
                $result."${phase}Time".TotalMilliseconds | Should -Be $result."${phase}Milliseconds"
            }
            $result.ResolveMilliseconds | Should -BeNullOrEmpty
            $result.StartTlsMilliseconds | Should -BeNullOrEmpty
        }

        It 'presents -ClientCertificate with <Option>, and says if one is demanded' -ForEach @(@{ Option = '-tls1_2' }, @{ Option = '-tls1_3' }) {
            $demanding = $chain + $Option, '-Verify', '3', '-CAfile', 'root.pem', '-verify_return_error'
            $without = Test-Peer $demanding
            $without.ErrorId | Should -Be 'OwnCertificateRejected'
            $without.Subject | Should -Be 'CN=server'
            $without.Reason | Should -BeLike '*-ClientCertificate*'
            (Test-Peer $demanding @{ ClientCertificate = "$folder/client.pem", "$folder/client.key", "$folder/middle.pem" }).Status | Should -Be 'Ok'
            (Test-Peer ($chain + $Option, '-verify', '3')).ClientCertificateRequested | Should -BeTrue
            (Test-Peer ($chain + $Option)).ClientCertificateRequested | Should -BeFalse
        }

        It 'tells whether anybody could say if it was revoked, with -CheckRevocation' {
            (Test-Peer $chain @{ CheckRevocation = $true }).Problems.Kind | Should -Be 'RevocationUnknown'
        }

        It 'says Revoked with -CheckRevocation, and asks nobody without it' -Skip:(-not $IsLinux) {
            $lists = New-Item "$folder/lists" -ItemType Directory
            $site = Start-StaticHttpServer $lists
            $ca = New-TestCertificate $folder ca -Authority
            $revoked = New-TestCertificate $folder revoked -Issuer $ca -RevocationList "$($site.Uri)ca.crl"
            $list = [Security.Cryptography.X509Certificates.CertificateRevocationListBuilder]::new()
            $list.AddEntry($revoked.Certificate)
            $bytes = $list.Build($ca.Certificate, 1, [DateTimeOffset]::UtcNow.AddDays(1), [Security.Cryptography.HashAlgorithmName]::SHA256)
            [IO.File]::WriteAllBytes("$lists/ca.crl", $bytes)
            $with = @{ TrustedCertificate = "$folder/ca.pem"; SkipVersionScan = $true }
            $server = '-cert', 'revoked.pem', '-key', 'revoked.key'
            (Test-Peer $server $with).Status | Should -Be 'Ok'
            Receive-HttpRequest $site -TimeoutSec 0 | Should -BeNullOrEmpty
            $result = Test-Peer $server ($with + @{ CheckRevocation = $true })
            Remove-Job $site -Force
            $result.Problems.Kind | Should -Be 'Revoked'
            $result.Status | Should -Be 'Failed'
        }
    }

    Context 'TLS after plain text' {
        It 'asks for it in <Protocol>' -ForEach @(
            @{ Protocol = 'Smtp'; Word = '220 hi\r\n', '?', '250-hi\r\n250 STARTTLS\r\n', '?', '220 go\r\n', 'TLS'; No = '220 hi\r\n', '?', '250 SIZE\r\n' }
            @{ Protocol = 'Imap'; Word = '* OK hi\r\n', '?', 'a1 OK go\r\n', 'TLS'; No = '* OK hi\r\n', '?', 'a1 NO\r\n' }
            @{ Protocol = 'Pop3'; Word = '+OK hi\r\n', '?', '+OK go\r\n', 'TLS'; No = '+OK hi\r\n', '?', '-ERR\r\n' }
            @{ Protocol = 'Ftp'; Word = '220 hi\r\n', '?', '234 go\r\n', 'TLS'; No = '220 hi\r\n', '?', '502 no\r\n' }
            @{ Protocol = 'Ldap'; Word = '?', '0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00', 'TLS'; No = '?', '0\x0c\x02\x01\x01x\x07\x0a\x01\x02\x04\x00\x04\x00' }
            @{ Protocol = 'Postgres'; Word = '?', 'S', 'TLS'; No = '?', 'N' }
            @{ Protocol = 'Mysql'; Word = '\x1d\x00\x00\x00\x0a8.0.36\x00abcd12345678\x00\xff\xff\x21\x02\x00\x00\x00\x00', '?36', 'TLS'; No = '\x18\x00\x00\x00\xff\x69\x04Host is blocked now..' }
            @{
                Protocol = 'Xmpp'
                Word = '?', '<?xml version="1.0"?><stream:stream id="1"><stream:features><starttls/></stream:features>', '?', '<proceed/>', 'TLS'
                No = '?', '<stream:stream id="1"><stream:features/>'
            }
        ) {
            $peer = Start-StartTlsPeer $folder $Word
            try { $result = Test-TlsEndpoint 127.0.0.1 $peer.Port -StartTls $Protocol @tls }
            finally { $peer.Stop() }
            $result.Reason | Should -BeNullOrEmpty
            $result.Status | Should -Be 'Ok'
            "$($result.Versions)" | Should -Be 'Tls12; Tls13'
            $result.StartTlsMilliseconds | Should -BeGreaterThan 0

            $refusing = Start-StartTlsPeer $folder $No
            try { $refused = Test-TlsEndpoint 127.0.0.1 $refusing.Port -StartTls $Protocol @tls }
            finally { $refusing.Stop() }
            $refused.Status | Should -Be 'Failed'
            $refused.ErrorId | Should -Be 'StartTlsFailed'
            $refused.Reason | Should -BeLike "*did not begin TLS after ${Protocol}: *"
        }

        It 'takes nothing that was said in plain text after the answer for TLS (CVE-2011-0411)' {
            $peer = Start-StartTlsPeer $folder '+OK hi\r\n', '?', '+OK go\r\n+OK injected\r\n', 'TLS'
            try { $result = Test-TlsEndpoint 127.0.0.1 $peer.Port -StartTls Pop3 @tls }
            finally { $peer.Stop() }
            $result.ErrorId | Should -Be 'StartTlsFailed'
            $result.Reason | Should -BeLike '*more plain text followed the answer*'
        }

        It 'uses the usual port of the protocol' {
            (Test-TlsEndpoint 127.0.0.1 -StartTls Postgres -TimeoutSec 1).Port | Should -Be 5432
            (Test-TlsEndpoint 127.0.0.1 -TimeoutSec 1).Port | Should -Be 443
        }
    }

    Context 'peers that are no servers of TLS' {
        It 'says what is wrong with one that <What>' -ForEach @(
            @{ What = 'says something else'; Answer = 'HTTP/1.1 400 Bad Request\r\n\r\n'; Words = "*does not speak TLS: it answered 'HTTP/1.1 400 Bad Request'*-StartTls*" }
            @{ What = 'sends garbage'; Answer = '\x80\xff\x00\x01'; Words = '*does not speak TLS*' }
            @{ What = 'closes at once'; Answer = ''; Words = '*TLS handshake*failed*' }
            @{ What = 'sends half a ServerHello'; Answer = '\x16\x03\x03\x00\x40\x02\x00'; Words = '*TLS handshake*failed*' }
        ) {
            $peer = Start-PythonPeer -ArgumentList $Answer -Code @'
import socket, sys
listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(50)
print('PORT', listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    client.recv(4000)
    client.sendall(sys.argv[1].encode().decode('unicode_escape').encode('latin-1'))
    client.close()
'@
            try { $result = Test-TlsEndpoint 127.0.0.1 $peer.Port -TimeoutSec 20 }
            finally { $peer.Stop() }
            $result.Status | Should -Be 'Failed'
            $result.ErrorId | Should -Be 'TlsHandshakeFailed'
            $result.Reason | Should -BeLike $Words
        }

        It 'ends at -TimeoutSec when nobody answers' {
            $silent = Start-TcpServer
            $result = Test-TlsEndpoint 127.0.0.1 $silent.Port -TimeoutSec 0.3
            Remove-Job $silent -Force
            $result.ErrorId | Should -Be 'ConnectTimeout'
            $result.ConnectMilliseconds | Should -BeGreaterThan 0
            $result.HandshakeMilliseconds | Should -BeNullOrEmpty
        }

        It 'says why there is no connection' {
            $refused = Test-TlsEndpoint 127.0.0.1 (Get-FreePort) -ErrorVariable faults
            $refused.Status | Should -Be 'Failed'
            $refused.ErrorId | Should -Be 'ConnectionRefused'
            $refused.Reason | Should -BeLike 'Cannot connect to 127.0.0.1:*: Nothing is listening there.*'
            (Test-TlsEndpoint nosuch.invalid).ErrorId | Should -Be 'HostNotFound'
            $faults | Should -BeNullOrEmpty
        }
    }
}
