# Parts of files and conditions: ranges (RFC 9110, section 14) and preconditions (section 13).

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    # One comes from memory, one from the disk.
    $content = @{ '/small.bin' = Get-RandomByte 5000; '/large.bin' = Get-RandomByte 300000 }
    $site = New-Site ($content + @{ 'page.html' = '<p>page</p>' * 300; 'empty' = '' })
    $changed = ([datetime] '2024-05-06T07:08:09.5Z').ToUniversalTime()
    Get-ChildItem $site | ForEach-Object { $_.LastWriteTimeUtc = $changed }
    $server = Start-StaticHttpServer $site

    # {tag} and dates stand for what the server says of the file.
    function Expand([string] $Text) {
        $Text.Replace('{tag}', $tag).Replace('{then}', $changed.ToString('R')).Replace('{before}', $changed.AddSeconds(-1).ToString('R')).Replace('{after}', $changed.AddSeconds(1).ToString('R'))
    }
    $tag = (Invoke-Request $server 'GET /small.bin').Fields.ETag
}

AfterAll {
    Get-Job | Remove-Job -Force
    Stop-HttpClient
}

Describe 'A range of a file' {
    It '<Range> is one part, <First> to <Last>' -ForEach @(
        @{ Range = '0-0'; First = 0; Last = 0 }
        @{ Range = '10-99'; First = 10; Last = 99 }
        @{ Range = '4000-'; First = 4000; Last = -1 }
        @{ Range = '-1'; First = -1; Last = -1 }
        @{ Range = '-1000'; First = -1000; Last = -1 }
        @{ Range = '-99999999'; First = 0; Last = -1 }
        @{ Range = '7-99999999999999999999999'; First = 7; Last = -1 }
        @{ Range = ' 10-19 , ,20-29, 15-24'; First = 10; Last = 29 }
        @{ Range = '0-9,999999-'; First = 0; Last = 9 }
    ) {
        foreach ($target in $content.Keys) {
            $whole = $content[$target]
            $from, $to = $First, $Last | ForEach-Object { $_ -lt 0 ? $whole.Length + $_ : $_ }
            $answer = Invoke-Request $server "GET $target" "Range: bytes=$Range"
            $answer.Status | Should -Be 206
            $answer.Fields['Content-Range'] | Should -Be "bytes $from-$to/$($whole.Length)"
            $answer.Fields['Content-Length'] | Should -Be ($to - $from + 1)
            $answer.Fields['Content-Type'] | Should -Be 'application/octet-stream'
            $answer.Fields.ETag | Should -Not -BeNullOrEmpty
            Get-Sha256 $answer.Body | Should -Be (Get-Sha256 $whole[$from..$to])
        }
    }

    It 'of several parts is multipart/byteranges' {
        $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port @'
import email, email.policy, hashlib, http.client, sys
client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=10)
for target in '/small.bin', '/large.bin':
    client.request('GET', target)
    whole = client.getresponse().read()
    client.request('GET', target, headers={'Range': 'bytes=0-99,-100,2000-2999'})
    answer = client.getresponse()
    body = answer.read()
    head = 'Content-Type: %s\r\n\r\n' % answer.getheader('Content-Type')
    message = email.message_from_bytes(head.encode() + body, policy=email.policy.HTTP)
    parts = [(part['Content-Type'], part['Content-Range'], part.get_payload(decode=True)) for part in message.iter_parts()]
    wanted = [(0, 100), (len(whole) - 100, len(whole)), (2000, 3000)]
    print(answer.status, answer.getheader('Content-Range'), int(answer.getheader('Content-Length')) == len(body), message.defects,
          parts == [('application/octet-stream', 'bytes %d-%d/%d' % (a, b - 1, len(whole)), whole[a:b]) for a, b in wanted])
'@
        try { $peer.ReadLine(), $peer.ReadLine() | Should -Be (@('206 None True [] True') * 2) }
        finally { $peer.Stop() }
    }

    It 'that lies outside gets 416 and is told the length: <_>' -ForEach '300000-', '300000-300001', '99999999999999999999-', '-0', '400000-,-0' {
        $answer = Invoke-Request $server 'GET /large.bin' "Range: bytes=$_"
        $answer.Status | Should -Be 416
        $answer.Fields['Content-Range'] | Should -Be 'bytes */300000'
    }

    It 'that is invalid is ignored: <_>' -ForEach @(
        'bytes=9-5', 'bytes=a-b', 'bytes=1', 'bytes=-', 'bytes=1-2-3', 'bytes', 'bytes=', 'lines=0-1', "bytes=$(0..16 | ForEach-Object { "$($_ * 10)-$($_ * 10)," })"
    ) {
        $answer = Invoke-Request $server 'GET /small.bin' "Range: $_"
        $answer.Status | Should -Be 200
        $answer.Body | Should -HaveCount 5000
    }

    It 'of an empty file is the whole of it: <_>' -ForEach '-5', '0-', '3-4' {
        (Invoke-Request $server 'GET /empty' "Range: bytes=$_").Status | Should -Be 200
    }

    It 'is one of the file as it is, also for a client that takes it compressed' {
        $plain = Invoke-Request $server 'GET /page.html'
        $part = Invoke-Request $server 'GET /page.html' 'Range: bytes=3-6', 'Accept-Encoding: gzip, br'
        $part.Status | Should -Be 206
        $part.Text | Should -Be 'page'
        $part.Fields.ETag | Should -Be $plain.Fields.ETag
        $part.Fields.Contains('Content-Encoding') | Should -BeFalse
        $part.Fields.Vary | Should -Be 'Accept-Encoding'
    }

    It 'lets curl resume a download' {
        $file = "$TestDrive/resumed"
        [IO.File]::WriteAllBytes($file, $content['/large.bin'][0..99999])
        curl --silent --show-error --continue-at - --output $file "$($server.Uri)large.bin"
        Get-Sha256 ([IO.File]::ReadAllBytes($file)) | Should -Be (Get-Sha256 $content['/large.bin'])
    }

    It 'counts with If-Range <If> only when it is this file: <Status>' -ForEach @(
        @{ If = '{tag}'; Status = 206 }, @{ If = '{then}'; Status = 206 }
        @{ If = '"other"'; Status = 200 }, @{ If = 'W/{tag}'; Status = 200 }, @{ If = '{before}'; Status = 200 }, @{ If = '{after}'; Status = 200 }
        @{ If = 'nonsense'; Status = 200 }
    ) {
        $answer = Invoke-Request $server 'GET /small.bin' 'Range: bytes=0-9', "If-Range: $(Expand $If)"
        $answer.Status | Should -Be $Status
    }

    It 'has no effect on HEAD' {
        $answer = Invoke-Request $server 'HEAD /small.bin' 'Range: bytes=0-9'
        $answer.Status | Should -Be 200
        $answer.Fields['Content-Length'] | Should -Be 5000
    }

    It 'at the end of a file of 5 GiB is found; HEAD knows the length' -Skip:(-not $IsLinux) {
        $file = [IO.File]::Create("$site/huge")
        $file.SetLength(5GB)
        $file.Position = 5GB - 8
        $file.Write([Text.Encoding]::ASCII.GetBytes('the end!'))
        $file.Dispose()
        try {
            (Invoke-Curl -I "$($server.Uri)huge").Fields['Content-Length'] | Should -Be 5GB
            (Invoke-Curl -r '-8' "$($server.Uri)huge").Text | Should -Be 'the end!'
            $answer = Invoke-Curl -r '4294967290-4294967300' "$($server.Uri)huge"
            $answer.Fields['Content-Range'] | Should -Be 'bytes 4294967290-4294967300/5368709120'
            $answer.Body | Should -Be ([byte[]]::new(11))
        }
        finally { Remove-Item "$site/huge" }
    }
}

Describe 'A condition' {
    It '<Fields> gives <Status>' -ForEach @(
        @{ Fields = 'If-None-Match: {tag}'; Status = 304 }
        @{ Fields = 'If-None-Match: W/{tag}'; Status = 304 }
        @{ Fields = 'If-None-Match: "a", {tag}, "b"'; Status = 304 }
        @{ Fields = 'If-None-Match: "a"', 'If-None-Match: {tag}'; Status = 304 }
        @{ Fields = 'If-None-Match: *'; Status = 304 }
        @{ Fields = 'If-None-Match: "other"'; Status = 200 }
        @{ Fields = 'If-None-Match: nonsense'; Status = 200 }
        @{ Fields = 'If-Modified-Since: {then}'; Status = 304 }
        @{ Fields = 'If-Modified-Since: {after}'; Status = 304 }
        @{ Fields = 'If-Modified-Since: {before}'; Status = 200 }
        @{ Fields = 'If-Modified-Since: Monday, 06-May-24 07:08:09 GMT'; Status = 304 }
        @{ Fields = 'If-Modified-Since: Mon May  6 07:08:09 2024'; Status = 304 }
        @{ Fields = 'If-Modified-Since: yesterday'; Status = 200 }
        # A tag is better than a date.
        @{ Fields = 'If-None-Match: "other"', 'If-Modified-Since: {after}'; Status = 200 }
        @{ Fields = 'If-None-Match: {tag}', 'If-Modified-Since: {before}'; Status = 304 }
        @{ Fields = 'If-Match: {tag}'; Status = 200 }
        @{ Fields = 'If-Match: *'; Status = 200 }
        @{ Fields = 'If-Match: "other"'; Status = 412 }
        @{ Fields = 'If-Match: W/{tag}'; Status = 412 }
        @{ Fields = 'If-Unmodified-Since: {before}'; Status = 412 }
        @{ Fields = 'If-Unmodified-Since: {then}'; Status = 200 }
        @{ Fields = 'If-Match: {tag}', 'If-Unmodified-Since: {before}'; Status = 200 }
        @{ Fields = 'If-Match: "other"', 'If-None-Match: {tag}'; Status = 412 }
        @{ Fields = 'If-Match: {tag}', 'If-None-Match: {tag}'; Status = 304 }
        # Conditions come before ranges.
        @{ Fields = 'If-None-Match: {tag}', 'Range: bytes=0-1'; Status = 304 }
        @{ Fields = 'If-Match: "other"', 'Range: bytes=0-1'; Status = 412 }
        @{ Fields = 'If-Match: {tag}', 'Range: bytes=0-1'; Status = 206 }
    ) {
        foreach ($method in 'GET', 'HEAD') {
            $answer = Invoke-Request $server "$method /small.bin" ($Fields | ForEach-Object { Expand $_ })
            $answer.Status | Should -Be ($method -eq 'HEAD' -and $Status -eq 206 ? 200 : $Status)
        }
    }

    It 'does not count where there is no file' {
        (Invoke-Request $server 'GET /nothing' 'If-None-Match: *').Status | Should -Be 404
        (Invoke-Request $server 'GET /nothing' 'If-Match: *').Status | Should -Be 404
    }

    It 'makes an answer without content that still has the fields a cache needs' {
        foreach ($target in '/small.bin', '/large.bin', '/page.html') {
            $whole = Invoke-Request $server "GET $target"
            $none = Invoke-Request $server "GET $target" "If-None-Match: $($whole.Fields.ETag)"
            $none.Status | Should -Be 304
            foreach ($name in 'ETag', 'Last-Modified', 'Cache-Control', 'Vary') { $none.Fields[$name] | Should -Be $whole.Fields[$name] }
            foreach ($name in 'Content-Length', 'Content-Type') { $none.Fields.Contains($name) | Should -BeFalse }
        }
    }

    It 'works in curl' {
        $tagFile = "$TestDrive/tag"
        (Invoke-Curl --etag-save $tagFile "$($server.Uri)page.html").Status | Should -Be 200
        (Invoke-Curl --etag-compare $tagFile "$($server.Uri)page.html").Status | Should -Be 304
        (Invoke-Curl --time-cond (Expand '{then}') "$($server.Uri)page.html").Status | Should -Be 304
        (Invoke-Curl --time-cond (Expand '{before}') "$($server.Uri)page.html").Status | Should -Be 200
    }

    It 'knows the compressed forms apart by their tags' {
        $tags = '', 'gzip', 'br' | ForEach-Object { (Invoke-Request $server 'GET /page.html' "Accept-Encoding: $_").Fields.ETag }
        $tags | Select-Object -Unique | Should -HaveCount 3
        foreach ($number in 0..2) {
            foreach ($coding in '', 'gzip', 'br') {
                $status = (Invoke-Request $server 'GET /page.html' "Accept-Encoding: $coding", "If-None-Match: $($tags[$number])").Status
                $status | Should -Be ($coding -eq @('', 'gzip', 'br')[$number] ? 304 : 200)
            }
        }
    }
}
