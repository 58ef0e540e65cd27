BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    $folder = "$TestDrive"
    New-TlsWorld $folder
    $tls = @{ TargetHost = 'lab.example'; TrustedCertificate = "$folder/root.pem"; TimeoutSec = 20 }
}

Describe 'Test-TlsEndpoint with servers of this module' {
    BeforeAll {
        $server = Start-TcpServer -Certificate "$folder/chain.pem", "$folder/server.key"
        $port = $server.Port
        $closed = Get-FreePort
    }

    AfterAll { Get-Job | Remove-Job -Force }

    Context 'hosts and ports' {
        It 'takes rows of a CSV file, servers, connections, endpoints and URIs by pipeline' {
            $rows = "ComputerName,Port`n127.0.0.1,$port`n127.0.0.1,`"$port,$closed`"" | ConvertFrom-Csv
            @($rows | Test-TlsEndpoint @tls | Where-Object Status -EQ Ok) | Should -HaveCount 2
            $connection = Open-TcpConnection 127.0.0.1 $port
            $results = "127.0.0.1:$port", $server, $connection, [ipendpoint]::new([ipaddress]::Loopback, $port), [uri] "https://127.0.0.1:$port/x" | Test-TlsEndpoint @tls
            Close-TcpConnection $connection
            $results.Status | Should -Be (, 'Ok' * 5)
        }

        It 'takes its own results again' {
            (Test-TlsEndpoint "127.0.0.1:$port" @tls | Test-TlsEndpoint @tls).Status | Should -Be 'Ok'
        }

        It 'measures the certificate by the host without -TargetHost' {
            $result = Test-TlsEndpoint "localhost:$port" -TrustedCertificate "$folder/root.pem"
            $result.Problems.Kind | Should -Be 'NameMismatch'
            "$($result.Problems)" | Should -BeLike '*for lab.example, not for localhost*'
        }

        It 'checks many side by side' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $results = , "127.0.0.1:$port" * 50 | Test-TlsEndpoint @tls
            $results.Status | Should -Be (, 'Ok' * 50)
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        }
    }

    Context 'parameters' {
        It 'answers with one Boolean with -Quiet' {
            Test-TlsEndpoint "127.0.0.1:$port" @tls -Quiet | Should -BeTrue
            Test-TlsEndpoint "127.0.0.1:$port" @tls -WarningDays 100 -Quiet | Should -BeFalse
            "127.0.0.1:$port", "127.0.0.1:$closed" | Test-TlsEndpoint @tls -Quiet | Should -BeFalse
        }

        It 'ends with an error for <Id>' -ForEach @(
            @{ Id = 'PathNotFound'; With = @{ TrustedCertificate = 'none.pem' } }
            @{ Id = 'CertificateKeyMissing'; With = @{ ClientCertificate = 'root.pem' } }
            @{ Id = 'InvalidParameters'; With = @{ Port = 0 } }
            @{ Id = 'ParameterArgumentValidationError'; With = @{ WarningDays = -1 } }
            @{ Id = 'CannotConvertArgumentNoMessage'; With = @{ StartTls = 'Gopher' } }
        ) {
            Push-Location $folder
            try { $fault = { Test-TlsEndpoint 127.0.0.1 @With } | Should -Throw -PassThru }
            finally { Pop-Location }
            $fault.FullyQualifiedErrorId | Should -Be "$Id,PSNetLab.Commands.TestTlsEndpointCommand"
        }

        It 'says that <_> is no name for -TargetHost, and blames no server' -ForEach 'lab example', 'lab.example:443', 'lab..example', "$('x' * 64).example" {
            $fault = { Test-TlsEndpoint "127.0.0.1:$port" -TargetHost $_ } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -Be 'InvalidName,PSNetLab.Commands.TestTlsEndpointCommand'
            { Open-TcpConnection 127.0.0.1 $port -TargetHost $_ } | Should -Throw -ErrorId 'InvalidName,*'
        }

        It 'takes <_> for -TargetHost' -ForEach 'lab.example.', '127.0.0.1', '[::1]', 'bücher.example', '_dns.example' {
            (Test-TlsEndpoint "127.0.0.1:$port" @tls -TargetHost $_).ErrorId | Should -BeNullOrEmpty
        }

        It 'takes what Get-TlsCertificate returns as -TrustedCertificate' {
            $self = Start-TcpServer -Tls
            $certificate = Get-TlsCertificate "localhost:$($self.Port)"
            (Test-TlsEndpoint "localhost:$($self.Port)" -TrustedCertificate $certificate).Status | Should -Be 'Ok'
        }
    }

    Context 'stopping' {
        It 'ends within 100 ms on Ctrl+C, with no socket left' {
            $silent = Start-TcpServer
            $before = Get-OpenSocketCount
            # Generous: this machine may be busy.
            $stopped = Invoke-StoppableWithin 1000 { Test-TlsEndpoint (, "127.0.0.1:$($args[0])" * 40 + , "127.0.0.1:$($args[1])" * 20) -TimeoutSec 60 } $silent.Port, $port
            $stopped.EndedBefore | Should -BeFalse
            $stopped.State | Should -Be 'Stopped'
            Remove-Job $silent -Force
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'ends with Select-Object -First, and leaves no socket' {
            $before = Get-OpenSocketCount
            foreach ($n in 1..20) {
                (, "127.0.0.1:$port" * 5 | Test-TlsEndpoint @tls | Select-Object -First 1).Status | Should -Be 'Ok'
            }
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }
    }

    It 'checks <_> servers with 300 descriptors, each with several connections' -ForEach 100 -Skip:(-not $IsLinux) {
        $command = "Import-Module '$modulePath/PSNetLab.psd1'; `$all = , '127.0.0.1:$port' * $_ | " +
            "Test-TlsEndpoint -TargetHost lab.example -TrustedCertificate '$folder/root.pem' -TimeoutSec 60 -ThrottleLimit 100; " +
            "(`$all | Group-Object Status, { `$_.Versions.ToString() } | ForEach-Object { `$_.Name + '=' + `$_.Count }) -join ' '"
        $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $command
        $out = bash -c 'ulimit -n 300; exec "$@"' bash $program @line
        $out | Should -Be "Ok, Tls12; Tls13=$_"
    }

    Context 'objects' {
        It 'suit JSON and CSV' {
            $result = Test-TlsEndpoint "127.0.0.1:$port" @tls -WarningDays 100
            $json = $result | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue | ConvertFrom-Json
            $warnings | Should -BeNullOrEmpty
            $json.BuiltChain | Should -Be 'CN=server', 'CN=middle', 'CN=root'
            $json.Status | Should -Be 'Warning'
            $json.Problems[0].Kind | Should -Be 'ExpiresSoon'
            $json.Names | Should -Be 'lab.example'
            $json.DaysLeft | Should -Be 90
            $json.NotAfter | Should -Be $result.NotAfter
            $json.Versions.Tls13 | Should -Be 'Offered'
            $json.Certificate.Thumbprint | Should -Be $result.Certificate.Thumbprint
            $csv = $result | ConvertTo-Csv | ConvertFrom-Csv
            $csv.Status | Should -Be 'Warning'
            $csv.Problems | Should -BeLike 'ExpiresSoon: it expires on *, in 90 days'
            $csv.Names | Should -Be 'lab.example'
            $csv.Versions | Should -Be 'Tls12; Tls13'
            $csv.BuiltChain | Should -Be 'CN=server; CN=middle; CN=root'
            $csv.psobject.Properties.Value | Should -Not -Match 'System\.|PSNetLab\.'
        }

        It 'keep what they say as copies' {
            $result = Test-TlsEndpoint "127.0.0.1:$port" @tls -WarningDays 100
            $result | Export-Clixml "$folder/copy.xml"
            $copy = Import-Clixml "$folder/copy.xml"
            $copy.Status | Should -Be 'Warning'
            $copy.DaysLeft | Should -Be 90
            $copy.Names | Should -Be 'lab.example'
            "$($copy.Versions)" | Should -Be 'Tls12; Tls13'
            $copy.Versions.Tls10 | Should -Be 'Refused'
            "$($copy.Problems)" | Should -BeLike 'ExpiresSoon: *'
            $copy.HandshakeTime.TotalMilliseconds | Should -Be $result.HandshakeMilliseconds
        }

        It 'have a table that fits in <_> columns, live and deserialized' -ForEach 79, 120 {
            $result = Test-TlsEndpoint "127.0.0.1:$port" @tls -WarningDays 100
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($result))
            foreach ($one in $result, $copy) {
                $lines = @(($one | Out-String -Width $_) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ })
                -split $lines[0] | Should -Be 'ComputerName', 'Port', 'Status', 'DaysLeft', 'Protocol', 'Problems'
                $lines[2] | Should -Match "^127\.0\.0\.1 +$port Warning +90 Tls13 +ExpiresSoon$"
            }
            ($result | Format-List | Out-String) | Should -Not -Match 'System\.|PSNetLab\.'
        }

        It 'show the fault in the table' {
            (Test-TlsEndpoint "127.0.0.1:$closed" | Out-String -Width 79) | Should -Match 'Failed +ConnectionRefused'
        }

        It 'have a line as their text' {
            "$(Test-TlsEndpoint "127.0.0.1:$port" @tls)" | Should -Be "127.0.0.1:$port Ok, 90 days left"
            "$(Test-TlsEndpoint "127.0.0.1:$closed")" | Should -Be "127.0.0.1:$closed Failed: ConnectionRefused"
        }
    }
}
