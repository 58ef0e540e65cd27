BeforeAll {
    . $PSScriptRoot/common.ps1

    # A conversation as words: kind, direction and text.
    function Get-Story([Parameter(ValueFromPipeline)] $Item) {
        process { "$($Item.Kind) $($Item.Direction) $($Item.Text)".Trim() }
    }
}

Describe 'What a server records' {
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-TcpConnection | Close-TcpConnection
    }

    It 'has opening, bytes each way, the ends of both streams, and the close' {
        $server = Start-TcpServer -Echo -Transcript
        Send-TcpMessage localhost $server.Port hi -Count 1 | Should -Not -BeNullOrEmpty
        Stop-Job $server
        Get-NetTranscript $server | Get-Story | Should -Be @(
            'Opened', 'Data ToServer hi', 'Data ToClient hi', 'HalfClosed ToServer', 'HalfClosed ToClient', 'Closed'
        )
    }

    It 'has a reset, and whose it is' {
        $server = Start-TcpServer -Transcript
        $connection = Open-TcpConnection localhost $server.Port -Transcript
        Wait-Until { $server.ConnectionCount -eq 1 }
        Close-TcpConnection $connection -Reset
        Wait-Until { (Get-NetTranscript $server).Kind -contains 'Closed' }
        Get-NetTranscript $server | Get-Story | Should -Be 'Opened', 'Reset ToServer', 'Closed'
        Get-NetTranscript $connection | Get-Story | Should -Be 'Opened', 'Reset ToServer', 'Closed'
    }

    It 'is in the clear over TLS, and says which was taken off' {
        $server = Start-TcpServer -Echo -Tls -Transcript
        Send-TcpMessage localhost $server.Port secret -Count 1 -SkipCertificateCheck | Should -Not -BeNullOrEmpty
        $events = Get-NetTranscript $server
        $events[0].Detail | Should -Match '^Tls1[23] TLS_'
        $events[1].Text | Should -Be secret
    }

    It 'has requests and answers of <_>' -ForEach 'Start-HttpServer', 'Start-StaticHttpServer' {
        $server = $_ -eq 'Start-HttpServer' ? (Start-HttpServer -Transcript) : (Start-StaticHttpServer $TestDrive -Transcript)
        $null = Send-TcpMessage localhost $server.Port "GET /nowhere HTTP/1.0`r`n`r`n" -Receive
        $asked, $answered = Get-NetTranscript $server | Where-Object Kind -EQ Data
        $asked.Text | Should -Be "GET /nowhere HTTP/1.0`r`n`r`n"
        $answered.Text | Should -BeLike 'HTTP/1.1 404 *'
    }

    It 'has a conversation for each peer of a UDP server' {
        $server = Start-UdpServer -Echo -Transcript -Encoding GB18030
        foreach ($text in '来', '去') { Send-UdpMessage localhost $server.Port $text -Encoding GB18030 -Count 1 -TimeoutSec 20 | Should -Not -BeNullOrEmpty }
        # A client may be ahead of the recorder.
        Wait-Until { @(Get-NetTranscript $server).Count -eq 6 }
        $events = Get-NetTranscript $server
        $events | Get-Story | Should -Be @(
            'Opened', 'Data ToServer 来', 'Data ToClient 来', 'Opened', 'Data ToServer 去', 'Data ToClient 去'
        )
        $events.ConnectionId | Select-Object -Unique | Should -HaveCount 2
        $events.Protocol | Select-Object -Unique | Should -Be Udp
    }

    It 'has the faults of a TCP proxy, on the side of its clients' {
        $server = Start-TcpServer -Echo
        $proxy = Start-TcpProxy $server -Transcript -Fault (New-NetFault -LatencyMs 1 -Direction ToServer)
        $null = Send-TcpMessage localhost $proxy.Port hi -Count 1
        Wait-Until { (Get-NetTranscript $proxy).Direction -contains 'ToClient' }
        $events = Get-NetTranscript $proxy
        $fault = $events | Where-Object Kind -EQ Fault
        $fault.Detail | Should -Be 'Latency: 1 ms'
        $fault.Direction | Should -Be ToServer
        ($events | Where-Object Kind -EQ Data | Get-Story) | Should -Be 'Data ToServer hi', 'Data ToClient hi'
        "$($events[0].ServerEndPoint)" | Should -Be "127.0.0.1:$($proxy.Port)"
    }

    It 'has the faults of a UDP proxy' {
        $server = Start-UdpServer -Echo
        $proxy = Start-UdpProxy $server -Transcript -Fault (New-NetFault -LossPercent 100 -Direction ToClient)
        Send-UdpMessage localhost $proxy.Port hi -Count 1 -TimeoutSec 0.1 -ErrorAction Ignore
        Wait-Until { (Get-NetTranscript $proxy).Kind -contains 'Fault' }
        Get-NetTranscript $proxy | Get-Story | Should -Be 'Opened', 'Data ToServer hi', 'Fault ToClient'
    }

    It 'is bounded, and says how much is missing' {
        $server = Start-TcpServer -NoRecord -TranscriptBytes 8KB
        $null = Send-TcpMessage localhost $server.Port ('x' * 100KB)
        Wait-Until { (Get-NetTranscript $server).Kind -contains 'Closed' }
        $events = Get-NetTranscript $server
        $dropped = $events | Where-Object Kind -EQ Dropped
        $dropped.Direction | Should -Be ToServer
        $dropped.Length + ($events | Where-Object Kind -EQ Data | Measure-Object Length -Sum).Sum | Should -Be 100KB
    }
}

Describe 'Get-NetTranscript' {
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-TcpConnection | Close-TcpConnection
    }

    It 'finds a server by <_>, also after it has ended' -ForEach 'object', 'name', 'id', 'pipeline' {
        $server = Start-TcpServer -Transcript -Name recorded
        Send-TcpMessage localhost $server.Port hi
        Stop-Job $server
        $events = switch ($_) {
            object { Get-NetTranscript $server }
            name { Get-NetTranscript recorded }
            id { Get-NetTranscript -Job $server.Id }
            pipeline { $server | Get-NetTranscript }
        }
        $events[0].Kind | Should -Be Opened
    }

    It 'gets the events of one connection, of either side' {
        $server = Start-TcpServer -Echo -Transcript
        $connections = 1..2 | ForEach-Object { Open-TcpConnection localhost $server.Port -Transcript }
        foreach ($index in 0, 1) {
            Send-TcpMessage $connections[$index] "number $index"
            Receive-TcpMessage $connections[$index] -Count 1 -TimeoutSec 20 | Should -Not -BeNullOrEmpty
        }
        $connections[1] | Get-NetTranscript -Direction ToServer | ForEach-Object Text | Should -Be 'number 1'
        $served = Get-TcpConnection $server
        Wait-Until { @(Get-NetTranscript $server -Direction ToClient).Count -eq 2 }
        ($served[0] | Get-NetTranscript -Direction ToClient).Text | Should -Be 'number 0'
        Get-NetTranscript $server -ConnectionId $served[1].Id -Direction ToClient | ForEach-Object Text | Should -Be 'number 1'
        (Get-NetTranscript $server -Last 1).Text | Should -Be 'number 1'
    }

    It 'remembers what calls sent that have ended, in the order of time' {
        $server = Start-TcpServer -Echo
        $udp = Start-UdpServer -Echo
        $null = Send-TcpMessage localhost $server.Port first -Count 1 -Transcript
        $null = Send-UdpMessage localhost $udp.Port second -Count 1 -TimeoutSec 20 -Transcript
        $null = Send-TcpMessage localhost $server.Port third -Count 1 -TranscriptBytes 1MB
        $texts = Get-NetTranscript -Direction ToServer | Where-Object Kind -EQ Data | Select-Object -Last 3 | ForEach-Object Text
        $texts | Should -Be first, second, third
    }

    It 'forgets all but 16 of what has ended' {
        $server = Start-TcpServer
        foreach ($number in 1..20) { Send-TcpMessage localhost $server.Port "number $number" -Transcript }
        $texts = Get-NetTranscript | Where-Object Text -Like 'number *' | ForEach-Object Text
        $texts | Should -Be (5..20 | ForEach-Object { "number $_" })
    }

    It 'waits for what comes, and ends with the server' {
        $server = Start-TcpServer -Echo -Transcript
        $null = Send-TcpMessage localhost $server.Port before -Count 1
        $shell = [powershell]::Create()
        try {
            $script = "param(`$server) Import-Module '$modulePath/PSNetLab.psd1'; Get-NetTranscript `$server -Wait -Last 0"
            $in, $out = [Management.Automation.PSDataCollection[psobject]]::new(), [Management.Automation.PSDataCollection[psobject]]::new()
            $in.Complete()
            $run = $shell.AddScript($script).AddArgument($server).BeginInvoke($in, $out)
            $seen = [Collections.Generic.List[string]]::new()
            # Whether it waits already cannot be seen, so there is something new until it has come.
            Wait-Until {
                $null = Send-TcpMessage localhost $server.Port after -Count 1
                $seen.AddRange([string[]] @($out.ReadAll() | Get-Story))
                $seen -contains 'Data ToClient after'
            }
            $seen | Should -Not -Contain 'Data ToServer before'
            Stop-Job $server
            $run.AsyncWaitHandle.WaitOne(30000) | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }

    It 'stops waiting at once with Ctrl+C, and with Select-Object -First' {
        $server = Start-TcpServer -Transcript
        Send-TcpMessage localhost $server.Port hi
        (Get-NetTranscript $server -Wait | Select-Object -First 1).Kind | Should -Be Opened
        $shell = [powershell]::Create().AddScript("Import-Module '$modulePath/PSNetLab.psd1'; 'ready'; Get-NetTranscript -Wait")
        try {
            $in, $out = [Management.Automation.PSDataCollection[psobject]]::new(), [Management.Automation.PSDataCollection[psobject]]::new()
            $in.Complete()
            $run = $shell.BeginInvoke($in, $out)
            Wait-Until { $out.Count -gt 0 }
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $shell.Stop()
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
            $run.IsCompleted | Should -BeTrue
        }
        finally { $shell.Dispose() }
    }

    It 'says what to do when <_> does not record' -ForEach 'a server', 'a connection' {
        $server = Start-TcpServer
        $source = $_ -eq 'a server' ? $server : (Open-TcpConnection localhost $server.Port)
        $source | Get-NetTranscript -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        "$failed" | Should -BeLike '*-Transcript*'
    }

    It 'says which connections there are when there is no such' {
        $server = Start-TcpServer -Transcript
        Send-TcpMessage localhost $server.Port hi
        Wait-Until { Get-NetTranscript $server }
        $id = (Get-NetTranscript $server -Last 1).ConnectionId
        Get-NetTranscript $server -ConnectionId 987654 -ErrorVariable failed -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionNotFound,*'
        "$failed" | Should -BeLike "*connections $id."
    }

    It 'completes the connections of the chosen job' {
        $server = Start-TcpServer -Transcript
        Send-TcpMessage localhost $server.Port hi
        Wait-Until { Get-NetTranscript $server }
        $line = "Get-NetTranscript -Job $($server.Id) -ConnectionId "
        (TabExpansion2 $line $line.Length).CompletionMatches.CompletionText | Should -Be (Get-NetTranscript $server)[0].ConnectionId
    }
}

Describe 'An event' {
    BeforeAll {
        $server = Start-TcpServer -Reply "a`r`nb" -Transcript
        $null = Send-TcpMessage localhost $server.Port "hi`e[2J" -Count 1
        Stop-Job $server
        $events = Get-NetTranscript $server
        Remove-Job $server
        $path = "$TestDrive/events.xml"
        $events | Export-Clixml $path
        $copies = Import-Clixml $path
    }

    It 'is shown as a table of 80 columns, live and as a copy' {
        foreach ($set in $events, $copies) {
            $lines = ($set | Out-String -Width 80) -split '\r?\n'
            $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual 80 }
            $lines | Where-Object { $_ -match '\d+ --> \d+ +6 hi\u241b\[2J$' } | Should -HaveCount 1
            $lines | Where-Object { $_ -match '\d+ <-- \d+ +4 a\u240d\u240ab$' } | Should -HaveCount 1
            $lines | Where-Object { $_ -match '\d+ --- \d+ +Closed' } | Should -HaveCount 1
        }
    }

    It 'has its values once in JSON and CSV, and its bytes come back from a copy' {
        $json = $events[1] | ConvertTo-Json | ConvertFrom-Json
        $json.Kind | Should -Be Data
        $json.Direction | Should -Be ToServer
        $json.ElapsedMilliseconds | Should -BeOfType double
        $json.PSObject.Properties.Name | Should -Not -Contain Elapsed
        ($events | ConvertTo-Csv)[0] | Should -BeLike '"Sequence","Time","ElapsedMilliseconds",*'
        $copies[1].Data | Should -Be $events[1].Data
        $copies[1].Kind | Should -Be Data
        $copies[1].Elapsed | Should -Be $events[1].Elapsed
        $events[1].Elapsed | Should -BeOfType timespan
        $events | ConvertTo-Csv | ConvertFrom-Csv | Format-NetTranscript | Should -Be ($events | Format-NetTranscript)
    }
}
