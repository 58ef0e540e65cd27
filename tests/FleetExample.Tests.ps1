# docs/examples/fleet-check.ps1, against a fleet on this machine.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    . $PSScriptRoot/dns.ps1
    $names = Start-PythonPeer $oddServer
    $port = (Start-TcpServer -Name fleet-port).Port
    $secure = (Start-TcpServer -Name fleet-secure -Tls).Port
    $page = New-Item "$TestDrive/site" -ItemType Directory
    Set-Content $page/health.txt 'all is ready'
    $site = Start-StaticHttpServer $page -Name fleet-site
    $certificate = Get-TlsCertificate "localhost:$secure" | Select-Object -First 1

    $fleet = @(
        'Check,Target,Expect'
        "Port,127.0.0.1:$port,"
        'Name,www,192.0.2.7'
        'Name,alias CNAME,'
        "Certificate,localhost:$secure,1"
        "Page,$($site.Uri)health.txt,ready"
    )

    function Invoke-Fleet([string[]] $Lines, [hashtable] $Parameters = @{}) {
        Set-Content "$TestDrive/fleet.csv" $Lines
        $all = @{ Path = "$TestDrive/fleet.csv"; Server = "127.0.0.1:$($names.Port)"; TrustedCertificate = $certificate } + $Parameters
        $run = Start-Example fleet-check $all
        $null = Wait-Example $run
        @($run.Output)
    }
}

AfterAll {
    Get-Job -Name fleet-* | Remove-Job -Force
    if ($names) { $names.Stop() }
}

Describe 'fleet-check.ps1' {
    It 'gives each check a row, in one form' {
        $rows = Invoke-Fleet $fleet
        $rows | Should -HaveCount 5
        $rows.Check | Should -Be 'Port', 'Name', 'Name', 'Certificate', 'Page'
        $rows | ForEach-Object {
            $_.Passed | Should -BeTrue -Because "$($_.Target) $($_.Reason)"
            $_.Reason | Should -BeNullOrEmpty
            $_.Milliseconds | Should -BeGreaterThan 0
            $_.Time | Should -BeOfType datetime
        }
    }

    It 'says what is wrong with <Line>' -ForEach @(
        @{ Line = 'Port,127.77.0.1:9,'; Reason = 'Nothing is listening there*' }
        @{ Line = 'Name,www,192.0.2.8'; Reason = '127.0.0.1:*: *not there: 192.0.2.8*' }
        @{ Line = 'Name,code3,'; Reason = '*There is no name code3*' }
        @{ Line = 'Certificate,localhost:{0},36000'; Reason = '*expire*' }
        @{ Line = 'Page,{1}health.txt,gone'; Reason = '*gone*' }
        @{ Line = 'Page,{1}nothing,'; Reason = '*404*' }
    ) {
        $row = Invoke-Fleet $fleet[0], ($Line -f $secure, $site.Uri)
        $row.Passed | Should -BeFalse
        $row.Reason | Should -BeLike $Reason
    }

    It 'gives <Line> a row that says why it cannot be checked, and goes on' -ForEach @(
        @{ Line = 'Port,web1.example.com,' }
        @{ Line = 'Port,127.0.0.1:99999,' }
        @{ Line = 'Certificate,localhost:{0},soon' }
        @{ Line = 'Page,ftp://127.0.0.1/,' }
        @{ Line = 'Name,a..b,' }
    ) {
        $rows = Invoke-Fleet $fleet[0], ($Line -f $secure), $fleet[5]
        $rows | Should -HaveCount 2
        $bad = $rows | Where-Object Check -EQ ($Line -split ',')[0] | Where-Object -Not Passed
        $bad | Should -HaveCount 1
        $bad.Reason | Should -Not -BeNullOrEmpty
        ($rows | Where-Object Passed).Check | Should -Be 'Page'
    }

    It 'adds lines of JSON to a file, round after round' {
        $json = "$TestDrive/fleet.json"
        $null = Invoke-Fleet $fleet @{ Json = $json; EveryMinutes = 0.001; Rounds = 2 }
        $rows = Get-Content $json | ConvertFrom-Json
        $rows | Should -HaveCount 10
        $rows[0].Check | Should -Be 'Port'
        $rows[0].Passed | Should -BeTrue
        $rows[0].Time | Should -BeOfType datetime
    }

    It 'refuses a check that it does not know' {
        Set-Content "$TestDrive/fleet.csv" $fleet[0], 'Ping,web1,'
        { & "$examples/fleet-check.ps1" "$TestDrive/fleet.csv" } | Should -Throw "'Ping' is not a check*"
    }

    It 'ends with the number of failed checks' {
        Set-Content "$TestDrive/fleet.csv" $fleet[0..2], 'Name,code3,', 'Name,nodata,'
        $text = Invoke-PowerShell -Command "Import-Module '$modulePath/PSNetLab.psd1'; & '$examples/fleet-check.ps1' '$TestDrive/fleet.csv' -Server 127.0.0.1:$($names.Port); exit `$LASTEXITCODE" | Out-String
        $LASTEXITCODE | Should -Be 2 -Because $text
        $text | Should -Match 'www A'
    }
}
