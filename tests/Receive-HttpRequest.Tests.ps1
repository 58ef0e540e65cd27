BeforeAll {
    . $PSScriptRoot/common.ps1

    $site = Join-Path $TestDrive site
    $null = New-Item $site -ItemType Directory
    Set-Content $site/a.txt 'a'

    function Invoke-Get($Server, [string[]] $Targets) {
        foreach ($target in $Targets) { $null = Invoke-WebRequest "$($Server.Uri)$target" -SkipHttpErrorCheck }
    }
}

Describe 'Receive-HttpRequest' {
    BeforeEach { $server = Start-StaticHttpServer $site }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'returns the records of the requests, oldest first, once' {
        Invoke-Get $server 'a.txt', 'b'
        $records = $server | Receive-HttpRequest -Count 2 -TimeoutSec 20
        $records.Target | Should -Be '/a.txt', '/b'
        $records.Status | Should -Be 200, 404
        $records | Should -BeOfType PSNetLab.HttpRequestRecord
        Receive-Job $server | Should -BeNullOrEmpty
    }

    It 'has the record as soon as the client has the answer' {
        foreach ($i in 1..50) {
            Invoke-Get $server 'a.txt'
            Receive-Job $server | Should -HaveCount 1
        }
    }

    It 'waits for a request that comes later' {
        $client = Start-PythonPeer -NoPort -ArgumentList "$($server.Uri)a.txt" -Code @'
import sys, urllib.request
sys.stdin.readline()
print(urllib.request.urlopen(sys.argv[1]).read())
'@
        try {
            $timer = [Timers.Timer]::new(200)
            $timer.AutoReset = $false
            $null = Register-ObjectEvent $timer Elapsed -SourceIdentifier later
            $timer.Start()
            $null = Wait-Event later -Timeout 30
            $client.WriteLine('go')
            (Receive-HttpRequest $server -Count 1 -TimeoutSec 20).UserAgent | Should -BeLike 'Python-urllib/*'
            $client.WaitForExit(10)
        }
        finally {
            $client.Stop()
            Unregister-Event later
            $timer.Dispose()
        }
    }

    It 'leaves to others what Select-Object -First does not take' {
        Invoke-Get $server '1', '2', '3'
        (Receive-HttpRequest $server | Select-Object -First 1).Target | Should -Be '/1'
        (Receive-HttpRequest $server -Count 2 -TimeoutSec 20).Target | Should -Be '/2', '/3'
    }

    It 'reports ReceiveTimeout, after the records that arrived' {
        Invoke-Get $server 'a.txt'
        $records = Receive-HttpRequest $server -Count 2 -TimeoutSec 0.2 -ErrorVariable faults -ErrorAction SilentlyContinue
        $records | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        "$($faults[0])" | Should -BeLike "1 of 2 requests arrived at $($server.LocalEndPoint) within 0.2 s. Check that the client is running and requests $($server.Uri), or raise -TimeoutSec."
    }

    It 'says ConnectionClosed when the server was stopped' {
        Stop-Job $server
        Receive-HttpRequest $server -Count 1 -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
    }

    It 'says at once that a server with -NoRecord has nothing' {
        $quiet = Start-StaticHttpServer $site -NoRecord
        Receive-HttpRequest $quiet -Count 1 -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        "$($faults[0])" | Should -BeLike '*-NoRecord*Start it without -NoRecord.'
    }

    It 'streams until the server is stopped' {
        Invoke-Get $server 'a.txt', 'b'
        (Receive-HttpRequest $server | ForEach-Object { if ($_.Target -eq '/b') { Stop-Job $server }; $_ }).Target | Should -Be '/a.txt', '/b'
    }

    It 'ends with Ctrl+C' {
        $run = Invoke-Stoppable { param($site) Receive-HttpRequest (Start-StaticHttpServer $site) } -ArgumentList $site
        $run.State | Should -Be 'Stopped'
        $run.StopMs | Should -BeLessThan 10000
    }
}
