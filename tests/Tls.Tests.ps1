# Servers and clients under TLS.

BeforeDiscovery {
    $hasOpenSsl = [bool] (Get-Command openssl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A certificate made by somebody else's program: key.pem, cert.pem, both.pem and both.pfx for the names.
    function New-PemCertificate([string] $Folder, [string] $Name) {
        $null = openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$Name" `
            -addext "subjectAltName=DNS:$Name" -keyout "$Folder/key.pem" -out "$Folder/cert.pem" 2>&1
        Get-Content "$Folder/key.pem", "$Folder/cert.pem" | Set-Content "$Folder/both.pem"
        openssl pkcs12 -export -in "$Folder/both.pem" -out "$Folder/both.pfx" -passout pass:
    }
}

Describe 'TLS' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'with a certificate made for the occasion' {
        It 'carries messages both ways' {
            $server = Start-TcpServer -Tls -Framing Line -Echo
            $client = Open-TcpConnection localhost $server.Port -Tls -SkipCertificateCheck -Framing Line
            '来,确认下眼神' | Send-TcpMessage -Connection $client
            Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | Should -Be '来,确认下眼神'
            $client.Tls.Protocol | Should -BeIn 'Tls12', 'Tls13'
            "$((Get-TcpConnection $server).Tls)" | Should -Be "$($client.Tls)"
            $server.Error | Should -BeNullOrEmpty
        }

        It 'carries a message of many records, and the end of the stream' {
            $server = Start-TcpServer -Tls -Framing Length32 -MaxMessageBytes 5000000 -Echo
            $bytes = [byte[]]::new(3000000)
            [Random]::new(1).NextBytes($bytes)
            $back = , $bytes | Send-TcpMessage localhost $server.Port -Tls -SkipCertificateCheck -Framing Length32 -MaxMessageBytes 5000000 -Receive
            $back | Should -HaveCount 1
            [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($back.Data)) |
                Should -Be ([Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($bytes)))
            Wait-Until { $server.Information.Count -eq 2 }
            "$($server.Information[-1])" | Should -BeLike '*closed: PeerClosed'
        }

        It 'closes in good order while the other side still talks, every time' {
            $server = Start-TcpServer -Tls -Reply 'ok' -Framing Line
            $answers = foreach ($number in 1..200) {
                $number | Send-TcpMessage 127.0.0.1 $server.Port -Tls -SkipCertificateCheck -Framing Line -Count 1 -ErrorAction Stop
            }
            $answers | Should -HaveCount 200
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.Error | Should -BeNullOrEmpty
        }

        It 'is not accepted without -SkipCertificateCheck' {
            $server = Start-TcpServer -Tls
            $fault = { Open-TcpConnection localhost $server.Port -Tls -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'CertificateRejected,*'
            $fault.CategoryInfo.Category | Should -Be 'AuthenticationError'
            $fault.TargetObject | Should -Be "localhost:$($server.Port)"
            "$fault" | Should -BeLike "The certificate of localhost:$($server.Port) was not accepted: it is self-signed, and not trusted here. *-TrustedCertificate. In a test, -SkipCertificateCheck*"
            "$fault" | Should -Not -BeLike '*-TargetHost*'
            Get-TcpConnection | Should -BeNullOrEmpty
        }

        It 'says which name the certificate is for' {
            $server = Start-TcpServer -Tls
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -Tls -TargetHost shop.example -ErrorAction Stop } | Should -Throw -PassThru
            "$fault" | Should -BeLike '*it is for localhost, 127.0.0.1, ::1, not for shop.example*-TargetHost*'
        }
    }

    Context 'with -Certificate' -Skip:(-not $hasOpenSsl) {
        BeforeAll { New-PemCertificate "$TestDrive" 'lab.example' }

        It 'takes <File>, which implies -Tls' -ForEach @{ File = 'both.pem' }, @{ File = 'both.pfx' } {
            $server = Start-TcpServer -Certificate "$TestDrive/$File" -Reply 'safe' -Framing Line
            'x' | Send-TcpMessage 127.0.0.1 $server.Port -Tls -SkipCertificateCheck -Framing Line -Count 1 | Should -Be 'safe'
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -Tls -ErrorAction Stop } | Should -Throw -PassThru
            "$fault" | Should -BeLike '*it is for lab.example, not for 127.0.0.1*'
        }

        It 'takes a path relative to the current location' {
            Push-Location $TestDrive
            try { $server = Start-TcpServer -Certificate both.pem -Reply 'safe' -Framing Line }
            finally { Pop-Location }
            'x' | Send-TcpMessage 127.0.0.1 $server.Port -Tls -SkipCertificateCheck -Framing Line -Count 1 | Should -Be 'safe'
        }

        It 'takes an X509Certificate2' {
            $certificate = Get-PfxCertificate "$TestDrive/both.pfx" -NoPromptForPassword
            $server = Start-TcpServer -Certificate $certificate -Reply 'safe' -Framing Line
            'x' | Send-TcpMessage 127.0.0.1 $server.Port -Tls -SkipCertificateCheck -Framing Line -Count 1 | Should -Be 'safe'
        }

        It 'refuses a certificate without its key' {
            $fault = { Start-TcpServer -Certificate "$TestDrive/cert.pem" -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'CertificateKeyMissing,*'
            $fault.CategoryInfo.Category | Should -Be 'InvalidData'
            $fault.TargetObject | Should -Be "'$(Join-Path $TestDrive cert.pem)'"
            "$fault" | Should -BeLike '*cert.pem*has no private key*-Certificate cert.pem, key.pem*'
            $keyless = [Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPem((Get-Content "$TestDrive/cert.pem" -Raw))
            $fault = { Start-TcpServer -Certificate $keyless -ErrorAction Stop } | Should -Throw -PassThru
            "$fault" | Should -BeLike '*CN=lab.example has no private key*'
        }

        It 'is accepted where its issuer is trusted and the name is right' -Skip:(-not $IsLinux) {
            $server = Start-TcpServer -Certificate "$TestDrive/both.pem" -Reply 'trusted' -Framing Line
            # The trusted certificates are read once in a process.
            $env:SSL_CERT_FILE = "$TestDrive/cert.pem"
            try {
                $output = Invoke-PowerShell -Command "
                    Import-Module '$modulePath/PSNetLab.psd1'
                    'x' | Send-TcpMessage 127.0.0.1 $($server.Port) -Tls -TargetHost lab.example -Framing Line -Count 1 | ForEach-Object Text
                    'x' | Send-TcpMessage 127.0.0.1 $($server.Port) -Tls -Framing Line -Count 1 -ErrorVariable fault -ErrorAction SilentlyContinue
                    `$fault.FullyQualifiedErrorId"
            }
            finally { Remove-Item env:SSL_CERT_FILE }
            $output | Should -Be 'trusted', 'CertificateRejected,PSNetLab.Commands.SendTcpMessageCommand'
        }
    }

    Context 'with a server that asks for a second handshake' -Skip:(-not $hasOpenSsl) {
        It 'is an error that says so' {
            New-PemCertificate "$TestDrive" 'lab.example'
            $peer = Start-PythonPeer -ArgumentList $TestDrive -Code @'
import subprocess, sys
files = ['-cert', sys.argv[1] + '/cert.pem', '-key', sys.argv[1] + '/key.pem']
server = subprocess.Popen(
    ['openssl', 's_server', '-accept', '127.0.0.1:0', '-tls1_2', '-naccept', '1'] + files,
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
for line in server.stdout:
    if line.startswith('ACCEPT'):
        print('PORT', line.split(':')[1])
    elif line.startswith('first'):
        # At the beginning of a line, R asks the client for a new handshake.
        server.stdin.write('R\n')
        server.stdin.flush()
'@
            try {
                $client = Open-TcpConnection 127.0.0.1 $peer.Port -Tls -SkipCertificateCheck -Framing Line
                'first' | Send-TcpMessage -Connection $client
                { Receive-TcpMessage $client -Count 1 -TimeoutSec 20 -ErrorAction Stop } | Should -Throw '*renegotiation*'
            }
            finally { $peer.Stop() }
        }
    }

    Context 'with one side in plain text' {
        It 'is an error of the job when a client does not speak it; the server keeps running' {
            $server = Start-TcpServer -Tls -Framing Line -Echo
            $plain = Open-TcpConnection 127.0.0.1 $server.Port
            "GET / HTTP/1.0`r`n`r`n" | Send-TcpMessage -Connection $plain
            Wait-Until { $server.Error.Count }
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TlsHandshakeFailed*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'AuthenticationError'
            "$($server.Error[0].TargetObject)" | Should -Be "$($plain.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike "The TLS handshake with $($plain.LocalEndPoint) failed: *Check that the client speaks TLS*"
            'still here' | Send-TcpMessage localhost $server.Port -Tls -SkipCertificateCheck -Framing Line -Count 1 | Should -Be 'still here'
        }

        It 'is an error of the client when the server answers in plain text' {
            $server = Start-TcpServer -Reply 'What do you mean?'
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -Tls -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'TlsHandshakeFailed,*'
            $fault.CategoryInfo.Category | Should -Be 'AuthenticationError'
            "$fault" | Should -BeLike "The TLS handshake with 127.0.0.1:$($server.Port) failed: *Check that the server speaks TLS*"
        }

        It 'is a timeout when the server says nothing' {
            $server = Start-TcpServer
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -Tls -ConnectTimeoutSec 0.3 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectTimeout,*'
            $fault.CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$fault" | Should -BeLike '*did not finish the TLS handshake within 0.3 s. Check that it speaks TLS*'
            Wait-Until { $server.ConnectionCount -eq 0 }
        }
    }
}
