BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    $folder = "$TestDrive"
    New-TlsWorld $folder
    $tls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$folder/root.pem" }
}

Describe 'Get-TlsCertificate' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'of a server' {
        It 'gets the certificate, with its chain and what is wrong with it' {
            $server = Start-TcpServer -Certificate "$folder/chain.pem", "$folder/server.key"
            $seen = Get-TlsCertificate "127.0.0.1:$($server.Port)" @tls
            $seen.Source | Should -Be "127.0.0.1:$($server.Port)"
            $seen.Subject | Should -Be 'CN=server'
            $seen.Names | Should -Be 'lab.example'
            $seen.DaysLeft | Should -Be 90
            $seen.KeyAlgorithm | Should -Be 'ECDSA'
            $seen.KeyBits | Should -Be 256
            $seen.Problems | Should -BeNullOrEmpty
            $seen.Chain.ToString() | Should -Be 'CN=middle; CN=root'
            $seen.Sent.ToString() | Should -Be 'CN=middle'
            $seen.GetChain().DaysLeft | Should -Be 899, 999
            $seen.GetSent().ToX509Certificate2().Subject | Should -Be 'CN=middle'
            (Get-TlsCertificate "127.0.0.1:$($server.Port)").Problems.Kind | Should -Contain 'NameMismatch'
        }

        It 'gets it from a web server, by pipeline' {
            $site = Start-StaticHttpServer $folder -Tls
            ($site | Get-TlsCertificate).Subject | Should -Be 'CN=localhost'
        }

        It 'gets one that can be used as a file, as an object of .NET, and to trust' {
            $server = Start-TcpServer -Tls -Framing Line -Reply hello
            $seen = Get-TlsCertificate "localhost:$($server.Port)"
            $seen.ExportCertificatePem() | Set-Content "$folder/seen.pem"
            $object = [Security.Cryptography.X509Certificates.X509Certificate2] $seen
            $object.GetCertHashString('SHA256') | Should -Be $seen.Thumbprint
            $send = @{ Framing = 'Line'; Count = 1; TimeoutSec = 10 }
            foreach ($trusted in $seen, $object, $seen.ToX509Certificate2(), "$folder/seen.pem") {
                (Send-TcpMessage localhost $server.Port hi @send -TrustedCertificate $trusted).Text | Should -Be 'hello'
            }
        }

        It 'gets it from a server that speaks nothing but SSL 3.0' {
            $peer = Start-OldTlsPeer $folder 0x0300
            try { $seen = Get-TlsCertificate 127.0.0.1 $peer.Port @tls }
            finally { $peer.Stop() }
            $seen.Subject | Should -Be 'CN=server'
            $seen.Sent.ToString() | Should -Be 'CN=middle'
        }

        It 'gets it after <_>' -ForEach 'Pop3' {
            $peer = Start-StartTlsPeer $folder '+OK hi\r\n', '?', '+OK go\r\n', 'TLS'
            try { $seen = Get-TlsCertificate 127.0.0.1 $peer.Port -StartTls $_ @tls }
            finally { $peer.Stop() }
            $seen.Subject | Should -Be 'CN=server'
        }

        It 'reports an error where there is none, and goes on' {
            $server = Start-TcpServer -Tls
            $plain = Start-TcpServer -Reply 'hello'
            $closed = Get-FreePort
            $seen = "127.0.0.1:$closed", "127.0.0.1:$($plain.Port)", "127.0.0.1:$($server.Port)" |
                Get-TlsCertificate -ErrorVariable faults -ErrorAction SilentlyContinue
            $seen.Subject | Should -Be 'CN=localhost'
            $ids = $faults | ForEach-Object FullyQualifiedErrorId | Sort-Object
            $ids | Should -Be 'ConnectionRefused,PSNetLab.Commands.GetTlsCertificateCommand', 'TlsHandshakeFailed,PSNetLab.Commands.GetTlsCertificateCommand'
            $faults.TargetObject | Should -Contain "127.0.0.1:$closed"
        }

        It 'answers with one Boolean with -Quiet' {
            $server = Start-TcpServer -Certificate "$folder/chain.pem", "$folder/server.key"
            Get-TlsCertificate "127.0.0.1:$($server.Port)" @tls -Quiet | Should -BeTrue
            Get-TlsCertificate "127.0.0.1:$($server.Port)" -Quiet | Should -BeFalse
            Get-TlsCertificate "127.0.0.1:$(Get-FreePort)" -Quiet -ErrorAction Stop | Should -BeFalse
        }
    }

    Context 'of a file' {
        It 'says <Problem> of <File>' -ForEach @(
            @{ File = 'chain.pem'; Problem = $null }
            @{ File = 'server.pem'; Problem = 'IntermediateMissing' }
            @{ File = 'soon-chain.pem'; Problem = 'ExpiresSoon' }
            @{ File = 'expired-chain.pem'; Problem = 'Expired' }
            @{ File = 'other-chain.pem'; Problem = 'NameMismatch' }
            @{ File = 'weak-chain.pem'; Problem = 'WeakKey' }
            @{ File = 'self.pem'; Problem = 'SelfSigned' }
            @{ File = 'backwards.pem'; Problem = 'ChainOrder' }
            @{ File = 'whole.pfx'; Problem = $null }
        ) {
            foreach ($name in 'soon', 'expired', 'other', 'weak') {
                Get-Content "$folder/$name.pem", "$folder/middle.pem", "$folder/$name.key" | Set-Content "$folder/$name-chain.pem"
            }
            Get-Content "$folder/middle.pem", "$folder/server.pem" | Set-Content "$folder/backwards.pem"
            $all = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
            foreach ($name in 'root', 'middle', 'server') { $all.ImportFromPemFile("$folder/$name.pem") }
            [IO.File]::WriteAllBytes("$folder/whole.pfx", $all.Export('Pfx', 'geheim'))

            $seen = Get-TlsCertificate -Path "$folder/$File" @tls -CertificatePassword geheim
            $seen.Problems.Kind | Should -Be $Problem
            $seen.Source | Should -Be ([IO.Path]::GetFullPath("$folder/$File"))
            $seen.Subject | Should -Not -Match 'middle|root'
        }

        It 'needs no password of an encrypted key beside the certificate' {
            $key = [Security.Cryptography.ECDsa]::Create()
            $encrypted = $key.ExportEncryptedPkcs8PrivateKeyPem('x', [Security.Cryptography.PbeParameters]::new('Aes256Cbc', 'SHA256', 1000))
            (Get-Content "$folder/server.pem" -Raw), $encrypted | Set-Content "$folder/locked.pem"
            (Get-TlsCertificate -Path "$folder/locked.pem" @tls).Subject | Should -Be 'CN=server'
        }

        It 'takes wildcards, files by pipeline, and relative paths' {
            (Get-TlsCertificate -Path "$folder/s*r.pem" @tls).Subject | Should -Be 'CN=server'
            (Get-ChildItem "$folder/soon.pem", "$folder/other.pem" | Get-TlsCertificate @tls | Sort-Object Subject).Subject | Should -Be 'CN=other', 'CN=soon'
            Push-Location $folder
            try { (Get-TlsCertificate -Path ./server.pem @tls).Subject | Should -Be 'CN=server' }
            finally { Pop-Location }
        }

        It 'has a result for each certificate that issued no other' {
            Get-Content "$folder/server.pem", "$folder/other.pem", "$folder/root.pem", "$folder/middle.pem" | Set-Content "$folder/many.pem"
            $seen = Get-TlsCertificate -Path "$folder/many.pem" -TrustedCertificate "$folder/root.pem"
            ($seen | Sort-Object Subject).Subject | Should -Be 'CN=other', 'CN=server'
            $seen.Problems | Should -BeNullOrEmpty
            $seen[0].Sent.ToString() | Should -Be 'CN=middle; CN=root'
        }

        It 'reports <Id> of <File>, and goes on' -ForEach @(
            @{ File = 'none.pem'; Id = 'PathNotFound' }
            @{ File = 'none/*.pem'; Id = 'PathNotFound' }
            @{ File = 'server.key'; Id = 'CertificateUnreadable' }
            @{ File = 'locked.pfx'; Id = 'CertificatePasswordWrong' }
        ) {
            $all = [Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
            $all.ImportFromPemFile("$folder/server.pem")
            [IO.File]::WriteAllBytes("$folder/locked.pfx", $all.Export('Pfx', 'x'))
            $seen = Get-TlsCertificate -Path "$folder/$File", "$folder/server.pem" @tls -ErrorVariable faults -ErrorAction SilentlyContinue
            $seen.Subject | Should -Be 'CN=server'
            $faults.FullyQualifiedErrorId | Should -Be "$Id,PSNetLab.Commands.GetTlsCertificateCommand"
        }
    }

    Context 'objects' {
        It 'suit JSON, CSV and copies' {
            $seen = Get-TlsCertificate -Path "$folder/soon.pem" @tls
            $json = $seen | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue | ConvertFrom-Json
            $warnings | Should -BeNullOrEmpty
            $json.NotAfter | Should -Be $seen.NotAfter
            $json.Problems[0].Kind | Should -Be 'IntermediateMissing'
            $csv = $seen | ConvertTo-Csv | ConvertFrom-Csv
            $csv.Names | Should -Be 'lab.example'
            $csv.Problems | Should -BeLike 'IntermediateMissing: *; ExpiresSoon: *'
            $csv.psobject.Properties.Value | Should -Not -Match 'System\.|PSNetLab\.'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($seen))
            $copy.DaysLeft | Should -Be $seen.DaysLeft
            $copy.Thumbprint | Should -Be $seen.Thumbprint
            "$copy" | Should -Be 'CN=soon'
        }

        It 'have a table that fits in <_> columns, live and deserialized' -ForEach 79, 120 {
            $seen = Get-TlsCertificate -Path "$folder/self.pem" @tls
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($seen))
            foreach ($one in $seen, $copy) {
                $lines = @(($one | Out-String -Width $_) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ })
                -split $lines[0] | Should -Be 'Source', 'Subject', 'NotAfter', 'DaysLeft', 'Problems'
                $lines[2] | Should -Match '^\S+self\.pem CN=self +\d{4}-\d\d-\d\d +90 SelfSigned$'
            }
        }
    }

    It 'ends within 100 ms on Ctrl+C, with no socket left' {
        $silent = Start-TcpServer
        $before = Get-OpenSocketCount
        # Generous: this machine may be busy.
        $stopped = Invoke-StoppableWithin 1000 { Get-TlsCertificate (, "127.0.0.1:$($args[0])" * 40) -TimeoutSec 60 } $silent.Port
        $stopped.EndedBefore | Should -BeFalse
        $stopped.State | Should -Be 'Stopped'
        Remove-Job $silent -Force
        if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
    }

    Context 'files that are none' -Skip:(-not $IsLinux) {
        BeforeAll {
            $pipe = "$TestDrive/pipe"
            $null = mkfifo "$((Get-Item $TestDrive).FullName)/pipe"
        }

        It 'gives up a pipe that nobody writes to' {
            Get-TlsCertificate -Path $pipe -TimeoutSec 0.3 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults.FullyQualifiedErrorId | Should -Be 'FileUnreadable,PSNetLab.Commands.GetTlsCertificateCommand'
            "$faults" | Should -BeLike '*pipe*'
        }

        It 'ends at once on Ctrl+C while it waits for one' {
            $stopped = Invoke-StoppableWithin 900 { Get-TlsCertificate -Path $args[0] -TimeoutSec 60 } (Get-Item $pipe).FullName
            $stopped.EndedBefore | Should -BeFalse
        }

        It 'does not read a file without end' {
            Get-TlsCertificate -Path /dev/zero -TimeoutSec 20 -ErrorVariable faults -ErrorAction SilentlyContinue
            "$faults" | Should -BeLike '*larger than*'
        }
    }
}
