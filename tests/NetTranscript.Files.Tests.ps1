BeforeDiscovery {
    . $PSScriptRoot/namespaces.ps1
    $why = Test-Namespace
    if (-not $why -and -not (Get-Command tcpdump -CommandType Application -ErrorAction Ignore)) { $why = 'tcpdump is missing' }
    $why = "$why"
    $hasTshark = [bool] (Get-Command tshark -CommandType Application -ErrorAction Ignore)
    $hasCurl = [bool] (Get-Command curl -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/namespaces.ps1

    # What tshark finds wrong with a file, and whatever fields are asked for.
    function Get-TsharkField([string] $Path, [string[]] $Field, [string[]] $Option) {
        $checks = 'ip', 'tcp', 'udp' | ForEach-Object { '-o', "$_.check_checksum:TRUE" }
        $fields = $Field | ForEach-Object { '-e', $_ }
        tshark -r $Path -T fields @fields @checks @Option 2>$null
    }
    $strange = '_ws.malformed || tcp.analysis.flags || ip.checksum.status!=1 || tcp.checksum.status!=1 || udp.checksum.status!=1'
}

Describe 'Export-NetTranscript' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'writes <Extension> so that only its owner may read it, and Import-NetTranscript reads it back' -ForEach @(
        @{ Extension = 'jsonl' }, @{ Extension = 'pcapng' }
    ) {
        $server = Start-TcpServer -Framing Line -Reply "w`u{f6}rld" -Transcript
        $null = Send-TcpMessage localhost $server.Port 'hello' -Framing Line -Count 1
        Wait-Until { (Get-NetTranscript $server).Kind -contains 'Closed' }
        $events = Get-NetTranscript $server
        $file = $events | Export-NetTranscript $TestDrive/t.$Extension -PassThru
        if (-not $IsWindows) { $file.UnixFileMode | Should -Be ([IO.UnixFileMode] 'UserRead, UserWrite') }
        $back = Import-NetTranscript $file
        $back.Count | Should -Be $events.Count
        foreach ($property in 'ConnectionId', 'Kind', 'Direction', 'Text', 'ClientEndPoint', 'ServerEndPoint', 'Time') {
            @($back.$property) | Should -Be @($events.$property) -Because $property
        }
        Get-ChildItem $TestDrive -Filter *.tmp | Should -BeNullOrEmpty
    }

    It 'refuses what it cannot do, and leaves nothing behind' {
        { @() | Export-NetTranscript $TestDrive/t.pcap } | Should -Throw -ErrorId 'InvalidParameters*' -ExceptionType ([PSNetLab.NetLabException])
        { @() | Export-NetTranscript $TestDrive/t.pcap } | Should -Throw '*.pcapng, .jsonl, .har, .txt*'
        { @() | Export-NetTranscript $TestDrive/none/t.txt } | Should -Throw -ErrorId 'FileUnwritable*'
        'mine' | Set-Content $TestDrive/there.txt
        { @() | Export-NetTranscript $TestDrive/there.txt } | Should -Throw -ErrorId 'FileExists*'
        Get-Content $TestDrive/there.txt | Should -Be mine
        @() | Export-NetTranscript $TestDrive/there.txt -WhatIf -Force
        Get-Content $TestDrive/there.txt | Should -Be mine
        @() | Export-NetTranscript $TestDrive/there.txt -Force
        Get-Content $TestDrive/there.txt | Should -BeNullOrEmpty
        @() | Export-NetTranscript $TestDrive/empty.pcapng
        Import-NetTranscript $TestDrive/empty.pcapng | Should -BeNullOrEmpty
        Get-ChildItem $TestDrive -Filter *.tmp | Should -BeNullOrEmpty
    }

    It 'leaves neither the file nor a part of it after Ctrl+C' {
        $folder = (New-Item -ItemType Directory "$TestDrive/stopped").FullName
        $line = '{"time":"2026-01-01T00:00:00Z","connectionId":1,"kind":"Opened","client":"[::1]:1","server":"[::1]:2"}'
        [IO.File]::WriteAllLines("$folder/in.jsonl", [string[]] (@($line) * 100))
        $null = Invoke-Stoppable {
            param($folder)
            Import-NetTranscript $folder/in.jsonl | ForEach-Object { $_; Start-Sleep -Seconds 1 } | Export-NetTranscript $folder/out.pcapng
        } -ArgumentList $folder
        Get-ChildItem $folder | ForEach-Object Name | Should -Be in.jsonl
    }

    It 'writes packets that tshark finds nothing wrong with, and what was inside TLS' -Skip:(-not $hasTshark) {
        $body = 'x' * 200000
        $web = Start-HttpServer @{ 'GET /big' = $body } -Tls -Transcript
        (Invoke-WebRequest "https://localhost:$($web.Port)/big" -SkipCertificateCheck).Content.Length | Should -Be 200000
        $udp = Start-UdpServer -Echo -Transcript
        $null = Send-UdpMessage localhost $udp.Port 'datagram' -Count 1 -TimeoutSec 20
        Remove-Job $web, $udp -Force
        Get-NetTranscript | Where-Object { $_.ServerEndPoint.Port -in $web.Port, $udp.Port } | Export-NetTranscript $TestDrive/tls.pcapng
        $as = '-d', "tcp.port==$($web.Port),http"
        Get-TsharkField $TestDrive/tls.pcapng 'frame.number', '_ws.col.Info' ($as + '-Y', $strange) | Should -BeNullOrEmpty
        Get-TsharkField $TestDrive/tls.pcapng 'http.response.code', 'http.content_length' ($as + '-Y', 'http.response') |
            Should -Be "200`t200000"
        Get-TsharkField $TestDrive/tls.pcapng 'frame.comment' '-Y', 'tcp.flags.syn==1 && tcp.flags.ack==0' | Should -BeLike '*TLS (*was taken off*'
        @(Get-TsharkField $TestDrive/tls.pcapng 'udp.length' '-Y', 'udp').Count | Should -Be 2
    }

    It 'writes requests and answers as an HTTP Archive, also those of curl' -Skip:(-not $hasCurl) {
        $api = Start-HttpServer @{ 'GET /a' = 'one', 'two'; 'POST /form' = { "got $($_.Form.x)" } } -Transcript
        curl -s "$($api.Uri)a" "$($api.Uri)a" -d x=7 "$($api.Uri)form" 2>$null | Out-Null
        curl -s "$($api.Uri)a" "$($api.Uri)a" | Out-Null
        curl -s -d x=7 "$($api.Uri)form" | Out-Null
        # A client may be ahead of the recorder.
        Wait-Until { @(Get-NetTranscript $api | Where-Object Kind -EQ Closed).Count -eq 3 }
        Get-NetTranscript $api | Export-NetTranscript $TestDrive/c.har
        $entries = (Get-Content $TestDrive/c.har -Raw | ConvertFrom-Json).log.entries
        $entries[-3..-1].request.method | Should -Be GET, GET, POST
        $entries[-1].request.postData.text | Should -Be x=7
        $entries[-1].response.content.text | Should -Be 'got 7'
        $entries[-1].request.url | Should -Be "$($api.Uri)form"
    }

    It 'takes secrets out of an HTTP Archive, also those of -RedactName' {
        $api = Start-HttpServer @{ 'POST /in' = { @{ token = 'S3CRET'; mine = 'S3CRET'; other = 'kept' } } } -Transcript
        $login = @{ Uri = "$($api.Uri)in?api_key=S3CRET"; Method = 'Post'; Body = @{ password = 'S3CRET' } }
        $null = Invoke-RestMethod @login -Headers @{ Authorization = 'Bearer S3CRET'; Cookie = 'id=S3CRET' }
        Wait-Until { (Get-NetTranscript $api).Direction -contains 'ToClient' }
        Get-NetTranscript $api | Export-NetTranscript $TestDrive/secret.har -RedactName mine
        $text = Get-Content $TestDrive/secret.har -Raw
        $text | Should -Not -BeLikeExactly '*S3CRET*'
        $text | Should -BeLike '*kept*'
        { Get-NetTranscript $api | Export-NetTranscript $TestDrive/secret.jsonl -RedactName mine -ErrorAction Stop } |
            Should -Throw '*-RedactName is for files with the extension .har*' -ErrorId 'InvalidParameters*'
    }

    It 'takes copies of events, and says what is no event' {
        $server = Start-TcpServer -Echo -Framing Line -Transcript
        $null = Send-TcpMessage localhost $server.Port 'hello' -Framing Line -Count 1
        Wait-Until { (Get-NetTranscript $server).Kind -contains 'Closed' }
        $events = Get-NetTranscript $server
        Export-Clixml $TestDrive/events.xml -InputObject $events
        $copies = Import-Clixml $TestDrive/events.xml
        Export-NetTranscript $TestDrive/live.txt $events
        $copies | Export-NetTranscript $TestDrive/copies.txt
        Get-Content $TestDrive/copies.txt | Should -Be (Get-Content $TestDrive/live.txt)
        5 | Export-NetTranscript $TestDrive/five.txt -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        ($copies | Invoke-NetReplay localhost $server.Port -Compare).Matched | Should -BeTrue
    }

    It 'takes copies of what went over TLS, and of another encoding, as what they are' {
        $api = Start-HttpServer @{ 'GET /a' = 'one' } -Tls -Transcript
        $null = Invoke-WebRequest "$($api.Uri)a" -SkipCertificateCheck
        $text = Start-TcpServer -Framing Line -Reply "`u{6765}" -Encoding gb18030 -Transcript
        $null = Send-TcpMessage localhost $text.Port "`u{6765}" -Framing Line -Encoding gb18030 -Count 1
        Wait-Until { (Get-NetTranscript $api).Direction -contains 'ToClient' -and (Get-NetTranscript $text).Kind -contains 'Closed' }
        Get-NetTranscript $api | ConvertTo-Csv | ConvertFrom-Csv | Export-NetTranscript $TestDrive/copy.har
        (Get-Content $TestDrive/copy.har -Raw | ConvertFrom-Json).log.entries.request.url | Should -Be "$($api.Uri)a"
        Get-NetTranscript $text | ConvertTo-Json | ConvertFrom-Json | Format-NetTranscript -Dialogue | Should -Be "C: `u{6765}", "S: `u{6765}"
    }

    It 'shows invalid bytes in every copy and every file as it shows them live' {
        $server = Start-TcpServer -Echo -Encoding ascii -Transcript
        $null = Send-TcpMessage localhost $server.Port ([byte[]] (0x61, 0xff)) -Encoding ascii -Count 1
        Wait-Until { @(Get-NetTranscript $server | Where-Object Kind -EQ Data).Count -eq 2 }
        $live = Get-NetTranscript $server
        $live | Export-NetTranscript $TestDrive/bytes.jsonl
        $data = $live | Where-Object Kind -EQ Data
        $data.Text | Should -Be "a`u{fffd}", "a`u{fffd}"
        (Import-NetTranscript $TestDrive/bytes.jsonl | Where-Object Kind -EQ Data).Text | Should -Be $data.Text
        $live | ConvertTo-Csv | ConvertFrom-Csv | Export-NetTranscript $TestDrive/bytes.txt
        Get-Content $TestDrive/bytes.txt | Where-Object { $_ -notlike '#*' } | Should -Be "C: a`u{fffd}", "S: a`u{fffd}"
    }

    It 'takes copies of empty datagrams, and says which copies are no events' {
        $udp = Start-UdpServer -Transcript
        Send-UdpMessage 127.0.0.1 $udp.Port ''
        Wait-Until { (Get-NetTranscript $udp).Kind -contains 'Data' }
        $live = Get-NetTranscript $udp
        $live | ConvertTo-Csv | ConvertFrom-Csv | Format-NetTranscript | Should -Be ($live | Format-NetTranscript)
        $data = $live | Where-Object Kind -EQ Data
        $wrong = @(
            $data | Select-Object Kind, ClientEndPoint, ServerEndPoint, Text
            $data | Select-Object * -ExcludeProperty Direction
            $data | ConvertTo-Csv | ConvertFrom-Csv | ForEach-Object { $_.Data = 'hex'; $_ }
            $data | ConvertTo-Csv | ConvertFrom-Csv | ForEach-Object { $_.ConnectionId = 'one'; $_ }
            $data | ConvertTo-Csv | ConvertFrom-Csv | ForEach-Object { $_.Encoding = 'none'; $_ }
        )
        $wrong | Format-NetTranscript -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.Count | Should -Be $wrong.Count
        "$faults" | Should -BeLike '*is no event of a transcript*'
    }

    It 'says that a datagram does not fit, and that a record of the other end is left out' {
        $line = '{{"time":"2026-01-01T00:00:00Z","connectionId":{0},"protocol":"{1}","kind":"Data","direction":"ToServer","text":"{2}","client":"[::1]:1","server":"[::1]:2"}}'
        $line -f 1, 'Udp', ('x' * 70000) | Set-Content $TestDrive/long.jsonl
        { Import-NetTranscript $TestDrive/long.jsonl | Export-NetTranscript $TestDrive/long.pcapng } | Should -Throw -ErrorId 'MessageTooLong,*'
        Test-Path $TestDrive/long.pcapng | Should -BeFalse
        ($line -f 1, 'Tcp', 'a'), ($line -f 2, 'Tcp', 'a') | Set-Content $TestDrive/both.jsonl
        Import-NetTranscript $TestDrive/both.jsonl | Export-NetTranscript $TestDrive/both.pcapng -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike 'Left out connection 2*'
        (Import-NetTranscript $TestDrive/both.pcapng).ConnectionId | Should -Be 1
    }

    It 'says what is not HTTP' {
        $server = Start-TcpServer -Echo -Transcript
        $null = Send-TcpMessage localhost $server.Port 'hello' -Count 1
        Get-NetTranscript $server | Export-NetTranscript $TestDrive/none.har -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeLike '*not*'
        (Get-Content $TestDrive/none.har -Raw | ConvertFrom-Json).log.entries | Should -BeNullOrEmpty
    }
}

Describe 'Import-NetTranscript' {
    It 'says what is wrong with a file' {
        'text' | Set-Content $TestDrive/text.txt
        '{"kind":"Data"}' | Set-Content $TestDrive/line.jsonl
        $null = Import-NetTranscript $TestDrive/text.txt, $TestDrive/line.jsonl, $TestDrive/none.jsonl, $TestDrive -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId -replace ',.*' | Should -Be InvalidTranscript, InvalidTranscript, PathNotFound, FileUnreadable
        "$($faults[1])" | Should -BeLike "line.jsonl, line 1: *"
    }

    It 'reads what tcpdump writes of <Link>' -Skip:($why -ne '') -ForEach @(
        @{ Link = 'the loopback interface'; Interface = 'lo' }
        @{ Link = 'any interface'; Interface = 'any' }
    ) {
        $there = [NetHost]::new("cap$Interface")
        try {
            $file = "$TestDrive/$Interface.pcap"
            $dump = [Diagnostics.ProcessStartInfo]::new('ip')
            foreach ($word in -split "netns exec $($there.Namespace) tcpdump -i $Interface -B 65536 -U --immediate-mode -w $file tcp") { $dump.ArgumentList.Add($word) }
            $dump.RedirectStandardError = $true
            $dumping = [Diagnostics.Process]::Start($dump)
            while (($line = $dumping.StandardError.ReadLine()) -notlike '*listening on*') { if ($null -eq $line) { throw 'tcpdump ended' } }
            $code = @'
import socket, threading
s = socket.create_server(("127.0.0.1", 0))
def serve():
    c, _ = s.accept()
    while data := c.recv(65536): c.sendall(data)
    c.close()
threading.Thread(target=serve).start()
c = socket.create_connection(s.getsockname())
sent = bytes(range(256)) * 4000
t = threading.Thread(target=lambda: (c.sendall(sent), c.shutdown(socket.SHUT_WR))); t.start()
got = b""
while data := c.recv(65536): got += data
assert got == sent
'@
            Set-Content $TestDrive/peer.py $code
            $there.Exec(@('python3', "$TestDrive/peer.py"))
            ip netns exec $there.Namespace python3 -c 'import socket; s = socket.socket(); print(s.connect_ex(("127.0.0.1", 9)))' | Should -Not -Be 0
            Wait-Until { (Import-NetTranscript $file -ErrorAction Ignore).Kind -contains 'Reset' }
            kill -INT $dumping.Id
            $dumping.WaitForExit(30000) | Should -BeTrue
        }
        finally {
            if ($dumping -and -not $dumping.HasExited) { $dumping.Kill() }
            $there.Stop()
            Remove-NetHost
        }
        $events = Import-NetTranscript $file
        foreach ($direction in 'ToServer', 'ToClient') {
            $bytes = $events | Where-Object Direction -EQ $direction | Where-Object Data | ForEach-Object { , $_.Data }
            ($bytes | Measure-Object Length -Sum).Sum | Should -Be 1024000
        }
        @($events | Where-Object ConnectionId -EQ 1 | Where-Object Kind -NE Data).Kind | Should -Be Opened, HalfClosed, HalfClosed, Closed
        @($events | Where-Object ConnectionId -EQ 2).Kind | Should -Be Reset, Closed
    }
}
