# Certificates of servers and clients, with openssl as the other side.

BeforeDiscovery {
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A root, an intermediate and a certificate for each name, in $TestDrive: <name>.pem, <name>.key.
    function New-Authority {
        Push-Location $TestDrive
        try {
            $curve = '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'
            foreach ($root in 'root', 'other') {
                $null = openssl req -x509 @curve -days 2 -subj "/CN=Lab $root" -keyout "$root.key" -out "$root.pem" 2>&1
            }
            Set-Content middle.txt 'basicConstraints=critical,CA:TRUE'
            Set-Content server.txt "subjectAltName=DNS:lab.example`nextendedKeyUsage=serverAuth"
            Set-Content client.txt 'extendedKeyUsage=clientAuth'
            foreach ($one in @('middle', 'root', 'middle'), @('server', 'middle', 'server'), @('alice', 'middle', 'client'), @('mallory', 'other', 'client')) {
                $name, $issuer, $kind = $one
                $null = openssl req @curve -subj "/CN=$name" -keyout "$name.key" -out "$name.csr" 2>&1
                $null = openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 2 -extfile "$kind.txt" -out "$name.pem" 2>&1
            }
            Get-Content root.pem, middle.pem, server.pem, server.key | Set-Content bundle.pem
            Get-Content alice.pem, middle.pem, alice.key | Set-Content alice-bundle.pem
            $null = openssl pkcs12 -export -in bundle.pem -inkey server.key -out bundle.pfx -passout 'pass:geheim 密' 2>&1
            openssl pkcs8 -topk8 -in server.key -passout 'pass:geheim 密' -out encrypted.key
        }
        finally { Pop-Location }
    }

    function Get-SentSubject([int] $Port) {
        $null | openssl s_client -connect "127.0.0.1:$Port" -servername lab.example -showcerts 2>&1 |
            Where-Object { $_ -match '^ *\d s:(.*)' } | ForEach-Object { $Matches[1] -replace '\s' }
    }

    # s_server with options. It answers each line with the same line.
    function Start-OpenSslServer([string[]] $Option) {
        Start-PythonPeer -ArgumentList (@("$TestDrive") + $Option) -Code @'
import os, subprocess, sys
os.chdir(sys.argv[1])
server = subprocess.Popen(
    ['openssl', 's_server', '-accept', '127.0.0.1:0', '-cert', 'server.pem', '-key', 'server.key', '-cert_chain', 'middle.pem', '-rev'] + sys.argv[2:],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for line in server.stdout:
    if line.startswith('ACCEPT'):
        print('PORT', line.split(':')[1], flush=True)
'@
    }
}

Describe 'Certificates over TLS' -Skip:(-not $hasOpenSsl) {
    BeforeAll { New-Authority }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'of a server' {
        It 'are sent with their intermediates, wherever they stand in <Certificate>' -ForEach @(
            @{ Certificate = 'bundle.pem' }
            @{ Certificate = 'bundle.pfx'; Password = 'geheim 密' }
            @{ Certificate = 'middle.pem', 'server.pem', 'encrypted.key'; Password = 'geheim 密' }
        ) {
            $files = $Certificate.ForEach{ "$TestDrive/$_" }
            $secret = $Password ? @{ CertificatePassword = $Password } : @{}
            $server = Start-TcpServer -Certificate $files @secret
            Get-SentSubject $server.Port | Should -Be 'CN=server', 'CN=middle'
        }

        It 'are sent by a web server, too, with a SecureString as the password' {
            $password = [Net.NetworkCredential]::new('', 'geheim 密').SecurePassword
            $server = Start-StaticHttpServer $TestDrive -Certificate "$TestDrive/bundle.pfx" -CertificatePassword $password
            Get-SentSubject $server.Port | Should -Be 'CN=server', 'CN=middle'
        }

        It 'are an error with the id <Id> for <Certificate>' -ForEach @(
            @{ Id = 'CertificatePasswordWrong'; Certificate = 'bundle.pfx'; Words = '*protected by a password*-CertificatePassword*' }
            @{ Id = 'CertificatePasswordWrong'; Certificate = 'bundle.pfx'; Password = 'x'; Words = '*does not open*' }
            @{ Id = 'CertificatePasswordWrong'; Certificate = 'server.pem', 'encrypted.key'; Password = 'x'; Words = '*does not open*' }
            @{ Id = 'CertificateKeyMismatch'; Certificate = 'server.pem', 'alice.key'; Words = '*does not belong to the certificate CN=server*' }
            @{ Id = 'CertificateUnreadable'; Certificate = 'client.txt'; Words = '*holds no certificate*' }
            @{ Id = 'PathNotFound'; Certificate = 'none.pem'; Words = '*none.pem*is not there*' }
        ) {
            $files = $Certificate.ForEach{ "$TestDrive/$_" }
            $secret = $Password ? @{ CertificatePassword = $Password } : @{}
            foreach ($start in { Start-TcpServer -Certificate $files @secret -ErrorAction Stop }, { Start-StaticHttpServer $TestDrive -Certificate $files @secret -ErrorAction Stop }) {
                $fault = $start | Should -Throw -PassThru
                $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
                "$fault" | Should -BeLike $Words
            }
        }

        It 'are accepted by a client that trusts their root, for that call only' {
            $server = Start-TcpServer -Certificate "$TestDrive/bundle.pem" -Reply 'safe' -Framing Line
            $tls = @{ TargetHost = 'lab.example'; Framing = 'Line'; Count = 1; ErrorAction = 'Stop' }
            'x' | Send-TcpMessage 127.0.0.1 $server.Port @tls -TrustedCertificate "$TestDrive/root.pem" | Should -Be 'safe'
            $fault = { 'x' | Send-TcpMessage 127.0.0.1 $server.Port @tls } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'CertificateRejected,*'
            $fault = { 'x' | Send-TcpMessage 127.0.0.1 $server.Port @tls -TrustedCertificate "$TestDrive/other.pem" } | Should -Throw -PassThru
            "$fault" | Should -BeLike '*its chain is incomplete: the certificate of the issuer CN=Lab root was not sent*-TrustedCertificate*'
        }

        It 'show in the connection, with the name and the protocol that were agreed on' {
            $server = Start-TcpServer -Certificate "$TestDrive/bundle.pem" -Alpn mqtt, imap
            $client = Open-TcpConnection 127.0.0.1 $server.Port -TargetHost lab.example -TrustedCertificate "$TestDrive/root.pem" -Alpn imap
            $client.Tls.Protocol | Should -BeIn 'Tls12', 'Tls13'
            $client.Tls.CipherSuite | Should -BeLike 'TLS_*'
            $client.Tls.Alpn | Should -Be 'imap'
            $client.Tls.ServerName | Should -Be 'lab.example'
            $client.Tls.PeerCertificate.Subject | Should -Be 'CN=server'
            $client.Tls.PeerChain.Subject | Should -Be 'CN=server', 'CN=middle', 'CN=Lab root'
            Wait-Until { (Get-TcpConnection $server).Tls }
            (Get-TcpConnection $server).Tls.ServerName | Should -Be 'lab.example'
            (Get-TcpConnection $server).Tls.Alpn | Should -Be 'imap'
            (Get-TcpConnection $server).Tls.PeerCertificate | Should -BeNullOrEmpty
            $client.Tls.PeerSubject | Should -Be 'CN=server'
            $client.Tls.PeerThumbprint | Should -Be $client.Tls.PeerCertificate.Thumbprint
        }

        It 'are text in JSON and in copies' {
            $server = Start-TcpServer -Certificate "$TestDrive/bundle.pem" -Alpn imap
            $clients = 1..2 | ForEach-Object {
                Open-TcpConnection 127.0.0.1 $server.Port -TargetHost lab.example -TrustedCertificate "$TestDrive/root.pem" -Alpn imap
            }
            $json = $clients | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeNullOrEmpty
            $json | Should -BeExactly ($clients | ConvertTo-Json -Depth 9)
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($clients[0], 2))
            foreach ($tls in ($json | ConvertFrom-Json)[1].Tls, $copy.Tls) {
                $tls.Alpn | Should -Be 'imap'
                $tls.PeerSubject | Should -Be 'CN=server'
                $tls.PeerThumbprint | Should -Be $clients[0].Tls.PeerThumbprint
                $tls.psobject.Properties.Name | Should -Not -Contain 'PeerCertificate'
            }
        }
    }

    Context 'of a client, for a server here' {
        BeforeAll {
            $serverTls = @{ Certificate = "$TestDrive/bundle.pem"; TrustedCertificate = "$TestDrive/root.pem" }
            $clientTls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$TestDrive/root.pem" }

            function Invoke-OpenSslClient([int] $Port, [string[]] $Option) {
                "hello`n" | openssl s_client -quiet -connect "127.0.0.1:$Port" -ign_eof @Option 2>&1
            }
        }

        It 'are required with <Option>: with one the server answers, without it says so' -ForEach @{ Option = '-tls1_2' }, @{ Option = '-tls1_3' } {
            $server = Start-TcpServer @serverTls -ClientCertificate Require -Reply 'welcome' -Framing Line
            $null = Invoke-OpenSslClient $server.Port $Option
            Wait-Until { $server.Error.Count -eq 1 }
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'CertificateRejected*'
            "$($server.Error[0])" | Should -BeLike '*sent no certificate, and -ClientCertificate Require asks for one*'
            $null = Invoke-OpenSslClient $server.Port $Option, '-cert', "$TestDrive/mallory.pem", '-key', "$TestDrive/mallory.key"
            Wait-Until { $server.Error.Count -eq 2 }
            "$($server.Error[1])" | Should -BeLike '*CN=mallory, was not accepted: *CN=Lab other*'

            $port = $server.Port
            $folder = "$TestDrive"
            $job = Start-ThreadJob {
                "hello`n" | openssl s_client -quiet -connect "127.0.0.1:$using:port" -ign_eof $using:Option -cert "$using:folder/alice.pem" -key "$using:folder/alice.key" -cert_chain "$using:folder/middle.pem" 2>&1
            }
            (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'hello'
            (Get-TcpConnection $server).Tls.PeerCertificate.Subject | Should -Be 'CN=alice'
            Stop-Job $server
            ($job | Wait-Job -Timeout 30 | Receive-Job) -join "`n" | Should -BeLike '*welcome*'
        }

        It 'are named by their issuers, so that a client can choose' {
            $server = Start-TcpServer @serverTls -ClientCertificate Require
            $said = $null | openssl s_client -connect "127.0.0.1:$($server.Port)" 2>&1
            $said -join "`n" | Should -BeLike '*Acceptable client certificate CA names*CN = Lab root*'
        }

        It 'are in the records of a web server' {
            $server = Start-StaticHttpServer $TestDrive @serverTls -ClientCertificate Allow
            foreach ($client in @{}, @{ ClientCertificate = "$TestDrive/alice-bundle.pem" }) {
                $answer = Send-TcpMessage 127.0.0.1 $server.Port "GET /root.pem HTTP/1.0`r`n`r`n" @clientTls @client -Receive -Alpn http/1.1
                "$answer" | Should -BeLike 'HTTP/1.1 200*'
            }
            $without, $with = Receive-HttpRequest -Job $server -Count 2 -TimeoutSec 20
            $without.Tls.PeerCertificate | Should -BeNullOrEmpty
            $with.Tls.PeerCertificate.Subject | Should -Be 'CN=alice'
            $with.Tls.ServerName | Should -Be 'lab.example'
            $with.Tls.Alpn | Should -Be 'http/1.1'
        }

        It 'are compared with trusted certificates in files that have a password, or a key that has one: <Files>' -ForEach @(
            @{ Files = 'locked.pem'; Password = @{} }
            @{ Files = 'locked.pfx'; Password = @{ CertificatePassword = 'geheim 密' } }
            @{ Files = 'locked.pfx', 'root.pem'; Password = @{ CertificatePassword = 'geheim 密' } }
        ) {
            Push-Location $TestDrive
            try {
                openssl pkcs8 -topk8 -in root.key -passout 'pass:geheim 密' -out locked.key
                Get-Content root.pem, locked.key | Set-Content locked.pem
                openssl pkcs12 -export -in root.pem -inkey root.key -out locked.pfx -passout 'pass:geheim 密'
                $trusted = $Files.ForEach{ "$TestDrive/$_" }
                $server = Start-TcpServer -Certificate bundle.pem -ClientCertificate Require -TrustedCertificate $trusted @Password -Reply 'welcome' -Framing Line -ErrorAction Stop
                'x' | Send-TcpMessage 127.0.0.1 $server.Port -TargetHost lab.example -TrustedCertificate $trusted @Password -ClientCertificate alice-bundle.pem -Framing Line -Count 1 -ErrorAction Stop |
                    Should -Be 'welcome'
                (Test-TlsEndpoint 127.0.0.1 $server.Port -TargetHost lab.example -TrustedCertificate $trusted @Password -ClientCertificate alice-bundle.pem).ClientCertificateRequested |
                    Should -BeTrue
            }
            finally { Pop-Location }
        }

        It 'are missed by <Name>: the client is told' -ForEach @(
            @{ Name = 'a request for replies'; Send = { 'x' | Send-TcpMessage 127.0.0.1 $server.Port @clientTls -Framing Line -Count 1 -ErrorAction Stop } }
            @{ Name = 'a plain send'; Send = { 'x' | Send-TcpMessage 127.0.0.1 $server.Port @clientTls -Framing Line -ErrorAction Stop } }
            @{ Name = 'an open connection'; Send = {
                    $open = Open-TcpConnection 127.0.0.1 $server.Port @clientTls -ErrorAction Stop
                    Receive-TcpMessage $open -Count 1 -TimeoutSec 20 -ErrorAction Stop } }
        ) {
            $server = Start-TcpServer @serverTls -ClientCertificate Require -Reply 'welcome' -Framing Line
            $fault = $Send | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'OwnCertificateRejected,*'
            $fault.CategoryInfo.Category | Should -Be 'AuthenticationError'
            "$fault" | Should -BeLike '*Give one that it accepts with -ClientCertificate*'
        }

        It 'need -ClientCertificate beside -TrustedCertificate' {
            $fault = { Start-TcpServer -Tls -TrustedCertificate "$TestDrive/root.pem" -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
            "$fault" | Should -BeLike '*Add -ClientCertificate Require or Allow*'
        }

        It 'are never left unasked in silence: <Line>' -ForEach @(
            @{ Line = 'Start-TcpServer -TrustedCertificate'; Says = '*Add -ClientCertificate Require or Allow.' }
            @{ Line = 'Start-StaticHttpServer -TrustedCertificate'; Says = '*Add -ClientCertificate Require or Allow.' }
            @{ Line = 'Start-HttpServer -TrustedCertificate'; Says = '*the certificate of the upstream, use -UpstreamTrustedCertificate.' }
            @{ Line = 'Start-TcpProxy x:9 -UpstreamTls -TrustedCertificate'; Says = '*behind the proxy, use -UpstreamTrustedCertificate.' }
            @{ Line = 'Start-TcpServer -Tls -CertificatePassword'; Says = '*there is none. Add -Certificate, or leave the password out.' }
            @{ Line = 'Start-TcpProxy x:9 -CertificatePassword'; Says = '*there is none. Add -Certificate, or leave the password out.' }
        ) {
            $file = "$TestDrive/root.pem"
            $fault = { & ([scriptblock]::Create("$Line '$file' -ErrorAction Stop")) } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
            "$fault" | Should -BeLike $Says
        }
    }

    Context 'of a client, for a server of openssl' {
        It 'are accepted with <Option>' -ForEach @{ Option = '-tls1_2' }, @{ Option = '-tls1_3' } {
            $peer = Start-OpenSslServer $Option, '-Verify', '3', '-CAfile', 'root.pem', '-verify_return_error'
            try {
                $tls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$TestDrive/root.pem"; Framing = 'Line'; Count = 1 }
                'abc' | Send-TcpMessage 127.0.0.1 $peer.Port @tls -ClientCertificate "$TestDrive/alice-bundle.pem" -ErrorAction Stop | Should -Be 'cba'
            }
            finally { $peer.Stop() }
        }

        It 'are an error with <Option> when <What>' -ForEach @(
            @{ Option = '-tls1_2'; What = 'there is none'; Client = @{}; Words = '*Give one that it accepts with -ClientCertificate*' }
            @{ Option = '-tls1_3'; What = 'there is none'; Client = @{}; Words = '*it requires a certificate from this side, and got none. Give one*' }
            @{ Option = '-tls1_2'; What = 'it is of a stranger'; Client = @{ ClientCertificate = 'mallory.pem', 'mallory.key' }; Words = '*does not trust the issuer*' }
            @{ Option = '-tls1_3'; What = 'it is of a stranger'; Client = @{ ClientCertificate = 'mallory.pem', 'mallory.key' }; Words = '*does not trust the issuer*' }
        ) {
            $peer = Start-OpenSslServer $Option, '-Verify', '3', '-CAfile', 'root.pem', '-verify_return_error'
            try {
                $tls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$TestDrive/root.pem"; Framing = 'Line'; Count = 1; ErrorAction = 'Stop' }
                Push-Location $TestDrive
                try { $fault = { 'abc' | Send-TcpMessage 127.0.0.1 $peer.Port @tls @Client } | Should -Throw -PassThru }
                finally { Pop-Location }
                $fault.FullyQualifiedErrorId | Should -BeLike 'OwnCertificateRejected,*'
                "$fault" | Should -BeLike $Words
            }
            finally { $peer.Stop() }
        }
    }
}
