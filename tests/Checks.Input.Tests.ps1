# What every check does with its input: rows that cannot be read, and no rows at all.
BeforeAll {
    . $PSScriptRoot/common.ps1
}

Describe 'Input of checks' {
    BeforeAll {
        $server = Start-TcpServer -Echo
        $web = Start-StaticHttpServer $TestDrive
        $open = "127.0.0.1:$($server.Port)"
    }

    AfterAll {
        Remove-Job $server, $web -Force
    }

    It '-Quiet is False when nothing was checked: <Name>' -ForEach @(
        @{ Name = 'Test-TcpPort'; With = @{} }
        @{ Name = 'Wait-TcpPort'; With = @{} }
        @{ Name = 'Wait-TcpPort'; With = @{ Any = $true } }
        @{ Name = 'Test-TlsEndpoint'; With = @{} }
        @{ Name = 'Get-TlsCertificate'; With = @{} }
        @{ Name = 'Resolve-DnsRecord'; With = @{} }
        @{ Name = 'Test-HttpEndpoint'; With = @{} }
    ) {
        @() | & $Name @With -Quiet | Should -BeFalse
    }

    It '-Quiet is False, with an error, when a row cannot be read: <What>' -ForEach @(
        @{ What = 'a port that is none'; Row = 'web1:99999' }
        @{ What = 'no host'; Row = [pscustomobject] @{ Address = 'web1'; Port = 80 } }
        @{ What = 'another column'; Row = [pscustomobject] @{ ComputerName = '127.0.0.1'; Port = 'http' } }
        @{ What = 'a URI'; Row = 'https://web1/status' }
        @{ What = 'a URI in a cell'; Row = [pscustomobject] @{ ComputerName = 'https://web1/status'; Port = 443 } }
        @{ What = 'an empty cell'; Row = [pscustomobject] @{ ComputerName = ' '; Port = 443 } }
        @{ What = 'an empty line'; Row = '' }
        @{ What = 'nothing'; Row = $null }
        @{ What = 'a file'; Row = (Get-Item $PSCommandPath) }
    ) {
        foreach ($action in 'SilentlyContinue', 'Ignore') {
            $open, $Row, $open | Test-TcpPort -Quiet -ErrorAction $action -ErrorVariable faults | Should -BeFalse
            if ($action -ne "Ignore" -and $What -eq "an empty cell") { "$faults" | Should -BeLike 'The ComputerName of a row is empty*' }
            if ($action -ne 'Ignore') { $faults.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.TestTcpPortCommand' }
        }
        $rows = $open, $Row, $open | Test-TcpPort -ErrorAction SilentlyContinue
        $rows.Status | Should -Be 'Open', 'Open'
    }

    It '-Quiet of <Name> is False when a row cannot be read' -ForEach @(
        @{ Name = 'Wait-TcpPort'; Good = { $open }; Bad = 'web1:99999' }
        @{ Name = 'Resolve-DnsRecord'; Good = { }; Bad = [pscustomobject] @{ Colour = 'red' } }
        @{ Name = 'Test-HttpEndpoint'; Good = { $web.Uri }; Bad = 'ftp://web1/' }
        @{ Name = 'Test-HttpEndpoint'; Good = { $web.Uri }; Bad = [pscustomobject] @{ Colour = 'red' } }
    ) {
        @(& $Good) + $Bad | & $Name -Quiet -ErrorAction SilentlyContinue -ErrorVariable faults | Should -BeFalse
        $faults | Should -HaveCount 1
    }

    It 'Wait-TcpPort -Any -Quiet is True when one is open, whatever else was asked for' {
        'web1:99999', $open | Wait-TcpPort -Any -Quiet -ErrorAction SilentlyContinue | Should -BeTrue
    }

    It 'Get-TlsCertificate -Quiet is False when a pattern finds no file' {
        Get-TlsCertificate -Path "$TestDrive/no*.pem" -Quiet | Should -BeFalse
        Get-TlsCertificate -Path "$TestDrive/no*.pem" -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -Be 'PathNotFound,PSNetLab.Commands.GetTlsCertificateCommand'
    }

    It 'takes an empty cell for no port, and says which host needs one' {
        $rows = "ComputerName,Port`n127.0.0.1,`n" | ConvertFrom-Csv
        ($rows | Test-TcpPort -Port $server.Port).Status | Should -Be 'Open'
        $rows | Test-TcpPort -ErrorAction SilentlyContinue -ErrorVariable faults
        "$faults" | Should -BeLike "*no port for '127.0.0.1'*-Port*127.0.0.1:443*"
    }

    It 'says what to write for <Value>' -ForEach @(
        @{ Value = 'https://web1/status'; Says = "*'https://web1/status' is a URI*Write web1:443*Test-HttpEndpoint*" }
        @{ Value = 'http://[::1]:8080/'; Says = '*Write `[::1`]:8080*' }
        @{ Value = 'web1/status'; Says = "*'web1/status' is not a host*slash*" }
        @{ Value = '192.0.2.0/24'; Says = "*'192.0.2.0/24' is not a host*slash*" }
    ) {
        $fault = { Test-TcpPort $Value -Port 80 } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.TestTcpPortCommand'
        "$fault" | Should -BeLike $Says
    }
}
