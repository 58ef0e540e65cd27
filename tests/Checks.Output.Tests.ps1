# What the results of checks are in files: the same, whatever language the system speaks.
BeforeAll {
    . $PSScriptRoot/common.ps1
    $iso = '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?([+-]\d\d:\d\d|Z)?$'
    $number = '^\d+(\.\d+)?(E-\d+)?$'

    function Use-Culture([string] $Name, [scriptblock] $Script) {
        $before = [cultureinfo]::CurrentCulture
        try {
            [cultureinfo]::CurrentCulture = $Name
            & $Script
        }
        finally { [cultureinfo]::CurrentCulture = $before }
    }
}

Describe 'Files of results in <_>' -ForEach 'de-DE', 'en-US', 'ar-SA' {
    BeforeAll {
        $culture = $_
        $server = Start-TcpServer -Echo -Tls
        $plain = Start-TcpServer -Echo
        Set-Content $TestDrive/index.html 'ready'
        $web = Start-StaticHttpServer $TestDrive
    }

    AfterAll {
        Remove-Job $server, $plain, $web -Force
    }

    It 'has numbers, times and bytes as text that any program reads: <Name>' -ForEach @(
        @{ Name = 'Test-TcpPort'; Check = { Test-TcpPort "localhost:$($plain.Port)" -Send 'A1' }; Times = 'LatencyMilliseconds', 'ResolveMilliseconds' }
        @{ Name = 'Test-HttpEndpoint'; Check = { Test-HttpEndpoint $web.Uri }
            Times = 'ConnectMilliseconds', 'SendMilliseconds', 'WaitMilliseconds', 'ReceiveMilliseconds', 'TotalMilliseconds'
        }
        @{ Name = 'Test-HttpEndpoint'; Check = { (Test-HttpEndpoint $web.Uri).Hops | Select-Object *, @{ n = 'Time'; e = { '2000-01-01T00:00:00.0' } } }
            Times = 'ConnectMilliseconds', 'TotalMilliseconds'
        }
        @{ Name = 'Test-TlsEndpoint'; Check = { Test-TlsEndpoint "127.0.0.1:$($server.Port)" }
            Times = 'ConnectMilliseconds', 'HandshakeMilliseconds'
        }
        @{ Name = 'Send-HttpRequest'; Check = { Send-HttpRequest $web.Uri }; Times = 'TotalMilliseconds' }
    ) {
        $csv = Use-Culture $culture { & $Check | ConvertTo-Csv | ConvertFrom-Csv }
        $csv.Time | Should -Match $iso
        foreach ($property in $Times) { $csv.$property | Should -Match $number }
        if ($Name -eq 'Test-TcpPort') { $csv.BannerBytes | Should -Be '4131' }
        if ($Name -eq 'Test-TlsEndpoint') { $csv.NotBefore, $csv.NotAfter | Should -Match $iso }
    }

    It 'has them in certificates' {
        $csv = Use-Culture $culture { Get-TlsCertificate "127.0.0.1:$($server.Port)" | ConvertTo-Csv | ConvertFrom-Csv }
        $csv.NotBefore, $csv.NotAfter | Should -Match $iso
    }

    It 'leaves them numbers, times and bytes for scripts' {
        $result = Use-Culture $culture { Test-TcpPort "127.0.0.1:$($plain.Port)" -Send 'A1' }
        $result.LatencyMilliseconds | Should -BeOfType [double]
        $result.LatencyMilliseconds * 2 -gt $result.LatencyMilliseconds | Should -BeTrue
        ($result, $result | Measure-Object LatencyMilliseconds -Sum).Sum | Should -Be (2 * $result.LatencyMilliseconds)
        $result.Time | Should -BeOfType [datetime]
        $result.Time.ToString('yyyy') | Should -Be $result.Time.Year
        $result.Time -lt (Get-Date).AddMinutes(1) | Should -BeTrue
        $result.BannerBytes -is [byte[]] | Should -BeTrue
        $result.BannerBytes[1] | Should -Be 0x31
        [Text.Encoding]::ASCII.GetString($result.BannerBytes) | Should -Be 'A1'
        ('{0:000000}' -f $result.LatencyMilliseconds).Length | Should -Be 6
        $json = $result | ConvertTo-Json | ConvertFrom-Json
        $json.LatencyMilliseconds | Should -BeOfType [double]
        $json.Time | Should -BeOfType [datetime]
        $json.BannerBytes | Should -Be 0x41, 0x31
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($result))
        $copy.LatencyMilliseconds | Should -Be $result.LatencyMilliseconds
        $copy.Time | Should -Be $result.Time
        $copy.BannerBytes | Should -Be 0x41, 0x31
    }

    It 'has columns in the order of the properties' {
        $columns = (Test-TcpPort "127.0.0.1:$($plain.Port)" | ConvertTo-Csv)[0]
        $columns | Should -BeLike '"ComputerName","Port","Address","Status","Open","LatencyMilliseconds",*,"Time","Reason"'
    }
}
