# What comes with a file: its type, its coding, the fields of the answer.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $text = (1..400 | ForEach-Object { "line $_ " }) -join ''
    $noise = [Convert]::ToBase64String((Get-RandomByte 3000))

    # As a client does that knows both codings.
    function Expand-Body([HttpAnswer] $Answer) {
        $decompress = [IO.Compression.CompressionMode]::Decompress
        $in = [IO.MemoryStream]::new($Answer.Body)
        $expanded = switch ($Answer.Fields['Content-Encoding']) {
            'gzip' { [IO.Compression.GZipStream]::new($in, $decompress) }
            'br' { [IO.Compression.BrotliStream]::new($in, $decompress) }
            default { $in }
        }
        [IO.StreamReader]::new($expanded).ReadToEnd()
    }

    function Compress-Text([string] $Text) {
        $out = [IO.MemoryStream]::new()
        $gzip = [IO.Compression.GZipStream]::new($out, [IO.Compression.CompressionLevel]::SmallestSize)
        $gzip.Write([Text.Encoding]::UTF8.GetBytes($Text))
        $gzip.Dispose()
        , $out.ToArray()
    }
}

AfterAll { Stop-HttpClient }

Describe 'A file of the web server' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'type' {
        It 'of <Name> is <Type>' -ForEach @(
            @{ Name = 'a.html'; Type = 'text/html; charset=utf-8' }, @{ Name = 'a.HTML'; Type = 'text/html; charset=utf-8' }
            @{ Name = 'a.css'; Type = 'text/css; charset=utf-8' }, @{ Name = 'a.js'; Type = 'text/javascript; charset=utf-8' }
            @{ Name = 'a.mjs'; Type = 'text/javascript; charset=utf-8' }, @{ Name = 'a.json'; Type = 'application/json; charset=utf-8' }
            @{ Name = 'a.svg'; Type = 'image/svg+xml' }, @{ Name = 'a.png'; Type = 'image/png' }, @{ Name = 'a.woff2'; Type = 'font/woff2' }
            @{ Name = 'a.wasm'; Type = 'application/wasm' }, @{ Name = 'a.mp4'; Type = 'video/mp4' }, @{ Name = 'a.pdf'; Type = 'application/pdf' }
            @{ Name = 'a.txt'; Type = 'text/plain; charset=utf-8' }, @{ Name = 'a.b.txt'; Type = 'text/plain; charset=utf-8' }
            @{ Name = 'a.unheard-of'; Type = 'application/octet-stream' }, @{ Name = 'unheard-of'; Type = 'application/octet-stream' }
            @{ Name = 'README'; Type = 'text/plain; charset=utf-8' }, @{ Name = 'a.ps1'; Type = 'text/plain; charset=utf-8' }
        ) {
            $answer = Invoke-Request (Start-StaticHttpServer (New-Site @{ $Name = 'x' })) "GET /$Name"
            $answer.Fields['Content-Type'] | Should -Be $Type
            $answer.Fields['X-Content-Type-Options'] | Should -Be 'nosniff'
        }

        It 'is what -MimeType says, with or without a dot' {
            $server = Start-StaticHttpServer (New-Site @{ 'a.foo' = 'x'; 'a.html' = 'x'; 'a.txt' = $text }) -MimeType @{ '.foo' = 'model/x-foo'; HTML = 'text/html; charset=iso-8859-1'; txt = 'image/x-text' }
            (Invoke-Request $server 'GET /a.foo').Fields['Content-Type'] | Should -Be 'model/x-foo'
            (Invoke-Request $server 'GET /a.html').Fields['Content-Type'] | Should -Be 'text/html; charset=iso-8859-1'
            # What is no text any more is not compressed.
            (Invoke-Request $server 'GET /a.txt' 'Accept-Encoding: gzip').Fields.Contains('Content-Encoding') | Should -BeFalse
        }
    }

    Context 'charset' {
        It 'is claimed for UTF-8, and not for anything else' {
            $texts = New-Site @{ 'utf8.html' = '<p>你好'; 'gbk.html' = [byte[]] (0xC4, 0xE3, 0xBA, 0xC3); 'own.xml' = "<?xml version='1.0' encoding='gbk'?><a/>"; 'u16.txt' = [byte[]] (0xFF, 0xFE, 0x60, 0x4F) }
            $server = Start-StaticHttpServer $texts
            (Invoke-Request $server 'GET /utf8.html').Fields['Content-Type'] | Should -BeExactly 'text/html; charset=utf-8'
            (Invoke-Request $server 'GET /gbk.html').Fields['Content-Type'] | Should -BeExactly 'text/html'
            (Invoke-Request $server 'GET /own.xml').Fields['Content-Type'] | Should -BeExactly 'text/xml'
            (Invoke-WebRequest "$($server.Uri)u16.txt").Content | Should -BeExactly '你'
        }

        It 'is never added to a type of -MimeType: <_>' -ForEach 'text/html', 'text/html; charset=gbk' {
            $server = Start-StaticHttpServer (New-Site @{ 'a.html' = '<p>hello' }) -MimeType @{ html = $_ }
            (Invoke-Request $server 'GET /a.html').Fields['Content-Type'] | Should -BeExactly $_
        }
    }

    Context 'compressed on disk' {
        BeforeAll { $packed = New-Site @{ 'a.svgz' = Compress-Text '<svg/>'; 'app.js.gz' = Compress-Text 'run()'; 'x.tar.gz' = Compress-Text 'tar' } }

        It 'is declared for .svgz, and for what -ContentEncoding names' {
            $server = Start-StaticHttpServer $packed -ContentEncoding @{ '*.js.gz' = 'gzip' }
            foreach ($case in @('a.svgz', 'image/svg+xml', '<svg/>'), @('app.js.gz', 'text/javascript', 'run()')) {
                $answer = Invoke-Request $server "GET /$($case[0])"
                $answer.Fields['Content-Encoding'] | Should -Be 'gzip'
                $answer.Fields['Content-Type'] | Should -Be $case[1]
                Expand-Body $answer | Should -Be $case[2]
            }
        }

        It 'is not declared for downloads, nor for what is said to be identity' {
            $server = Start-StaticHttpServer $packed -ContentEncoding @{ '*.svgz' = 'identity' }
            foreach ($name in 'a.svgz', 'app.js.gz', 'x.tar.gz') {
                (Invoke-Request $server "GET /$name").Fields.Keys | Should -Not -Contain 'Content-Encoding'
            }
            (Invoke-Request $server 'GET /x.tar.gz').Fields['Content-Type'] | Should -Be 'application/gzip'
        }

        It 'has to be a coding that browsers know' {
            { Start-StaticHttpServer $packed -ContentEncoding @{ '*.gz' = 'zip' } -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameters,*'
        }
    }

    Context 'coding' {
        BeforeAll { $coded = New-Site @{ 'a.txt' = $text; 'large.js' = $text * 100; 'short.txt' = 'short'; 'noise.txt' = $noise; 'a.png' = $text } }

        It 'for Accept-Encoding <Accept> is <Coding>' -ForEach @(
            @{ Accept = 'gzip'; Coding = 'gzip' }, @{ Accept = 'br'; Coding = 'br' }, @{ Accept = 'GZIP'; Coding = 'gzip' }, @{ Accept = 'x-gzip'; Coding = 'gzip' }
            @{ Accept = 'gzip, deflate, br'; Coding = 'br' }, @{ Accept = 'gzip, br;q=0.5'; Coding = 'gzip' }, @{ Accept = 'gzip;q=0.5, br;q=0.9'; Coding = 'br' }
            @{ Accept = 'br;q=0, gzip'; Coding = 'gzip' }, @{ Accept = 'gzip;q=0'; Coding = $null }, @{ Accept = 'gzip;q=0.000'; Coding = $null }
            @{ Accept = '*'; Coding = 'br' }, @{ Accept = '*;q=0.1, br;q=0'; Coding = 'gzip' }, @{ Accept = 'identity, *;q=0'; Coding = $null }
            @{ Accept = 'gzip;q=0.1, identity'; Coding = $null }, @{ Accept = 'identity;q=0.1, gzip;q=0.2'; Coding = 'gzip' }
            @{ Accept = 'deflate'; Coding = $null }, @{ Accept = 'zstd, compress'; Coding = $null }, @{ Accept = ''; Coding = $null }, @{ Accept = ', ;;q=,'; Coding = $null }
        ) {
            $server = Start-StaticHttpServer $coded
            foreach ($target in '/a.txt', '/large.js') {
                $answer = Invoke-Request $server "GET $target" "Accept-Encoding: $Accept"
                $answer.Status | Should -Be 200
                $answer.Fields['Content-Encoding'] | Should -Be $Coding
                $answer.Fields.Vary | Should -Be 'Accept-Encoding'
                Expand-Body $answer | Should -BeExactly ($target -eq '/a.txt' ? $text : $text * 100)
                $answer.Fields.Contains('Accept-Ranges') | Should -Be (-not $Coding)
            }
        }

        It 'is none for what would not get smaller, and with -NoCompression' {
            $server = Start-StaticHttpServer $coded
            $plain = Start-StaticHttpServer $coded -NoCompression
            (Invoke-Request $server 'GET /short.txt' 'Accept-Encoding: gzip, br').Text | Should -Be 'short'
            (Invoke-Request $server 'GET /a.png' 'Accept-Encoding: gzip, br').Fields.Keys | Should -Not -Contain 'Vary'
            Expand-Body (Invoke-Request $server 'GET /noise.txt' 'Accept-Encoding: gzip') | Should -BeExactly $noise
            $answer = Invoke-Request $plain 'GET /a.txt' 'Accept-Encoding: gzip, br'
            $answer.Text | Should -BeExactly $text
            $answer.Fields.Keys | Should -Not -Contain 'Vary'
        }

        It 'is undone by curl' {
            $server = Start-StaticHttpServer $coded
            (Invoke-Curl --compressed "$($server.Uri)large.js").Text | Should -BeExactly ($text * 100)
        }

        It 'is made once for fifty clients who want it at the same time' {
            $server = Start-StaticHttpServer $coded
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port @'
import http.client, sys, threading, zlib
found = []
def get():
    client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=20)
    client.request('GET', '/large.js', headers={'Accept-Encoding': 'gzip'})
    answer = client.getresponse()
    body = answer.read()
    found.append((body, zlib.decompress(body, 31), answer.getheader('ETag')))
threads = [threading.Thread(target=get) for _ in range(50)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(len(found), len(set(found)), len(found[0][1]))
'@
            try { $peer.ReadLine(30) | Should -Be "50 1 $($text.Length * 100)" }
            finally { $peer.Stop() }
        }
    }

    Context 'compressed beforehand' {
        BeforeAll {
            # Less than the server would compress it, so that the two can be told apart.
            function Compress-Loosely([string] $Text) {
                $out = [IO.MemoryStream]::new()
                $gzip = [IO.Compression.GZipStream]::new($out, [IO.Compression.CompressionLevel]::Fastest)
                $gzip.Write([Text.Encoding]::UTF8.GetBytes($Text))
                $gzip.Dispose()
                , $out.ToArray()
            }

            $large = [Convert]::ToBase64String((Get-RandomByte 300000))
            $siblings = New-Site ([ordered] @{
                    'a.css' = $text; 'a.css.gz' = Compress-Loosely $text; 'tiny.css' = 'tiny'; 'tiny.css.gz' = Compress-Loosely 'tiny'
                    'large.css' = $large; 'large.css.gz' = Compress-Loosely $large; 'cut.css' = $text; 'cut.css.gz' = (Compress-Loosely $text)[0..99]
                    'index.html' = $text; 'index.html.br' = "Demat d'an holl"
                })
            $isReadyMade = {
                $answer = Invoke-Request $server "GET /$($args[0])" 'Accept-Encoding: gzip'
                (Get-Sha256 $answer.Body) -eq (Get-Sha256 ([IO.File]::ReadAllBytes("$siblings/$($args[0]).gz")))
            }
        }

        BeforeEach { $server = Start-StaticHttpServer $siblings }

        It 'is sent once it is two seconds old and checked, also where compressing now would not be worth it: <_>' -ForEach 'a.css', 'tiny.css', 'large.css' {
            $name = $_
            Wait-Until { & $isReadyMade $name }
            $answer = Invoke-Request $server "GET /$name" 'Accept-Encoding: gzip'
            $answer.Fields['Content-Encoding'] | Should -Be 'gzip'
            $answer.Fields['Content-Type'] | Should -Be 'text/css; charset=utf-8'
            $plain = (Invoke-Request $server "GET /$name").Text
            Expand-Body $answer | Should -BeExactly $plain
            Expand-Body (Invoke-Request $server "GET /$name" 'Accept-Encoding: br') | Should -BeExactly $plain
        }

        It 'is also a file of its own' {
            $answer = Invoke-Request $server 'GET /a.css.gz'
            $answer.Fields['Content-Type'] | Should -Be 'application/gzip'
            $answer.Fields.Contains('Content-Encoding') | Should -BeFalse
        }

        It 'is not sent when it is cut, or no such file at all' {
            Wait-Until { & $isReadyMade a.css }
            Expand-Body (Invoke-Request $server 'GET /cut.css' 'Accept-Encoding: gzip') | Should -BeExactly $text
            Expand-Body (Invoke-Request $server 'GET /' 'Accept-Encoding: br') | Should -BeExactly $text
        }

        It 'is not sent when it is older than the file, nor when it is gone' {
            Wait-Until { & $isReadyMade a.css }
            (Get-Item "$siblings/a.css.gz").LastWriteTimeUtc = [datetime]::UtcNow.AddMinutes(-1)
            & $isReadyMade a.css | Should -BeFalse
            Remove-Item "$siblings/tiny.css.gz"
            (Invoke-Request $server 'GET /tiny.css' 'Accept-Encoding: gzip').Text | Should -Be 'tiny'
        }
    }

    Context 'fields' {
        BeforeAll { $fields = New-Site @{ 'index.html' = 'home'; 'sub/a.txt' = 'a' } }

        It 'say no-cache, or what -CacheControl says, of files, but not of errors' {
            (Invoke-Request (Start-StaticHttpServer $fields) 'GET /').Fields['Cache-Control'] | Should -Be 'no-cache'
            $server = Start-StaticHttpServer $fields -CacheControl 'public, max-age=600'
            (Invoke-Request $server 'GET /').Fields['Cache-Control'] | Should -Be 'public, max-age=600'
            (Invoke-Request $server 'GET /nothing').Fields['Cache-Control'] | Should -Be 'no-cache'
        }

        It 'of -Headers come with every answer and replace the server''s own' {
            $server = Start-StaticHttpServer $fields -Browse -Headers @{ 'X-Lab' = 'one'; 'Cache-Control' = 'no-store'; 'x-content-type-options' = 'sniff'; Server = 'lab' }
            $tag = (Invoke-Request $server 'GET /').Fields.ETag
            foreach ($request in @('GET /'), @('GET /nothing'), @('GET /sub/'), @('GET /sub'), @('OPTIONS *'), @('GET /', 'Range: bytes=0-1'), @('GET /', 'Range: bytes=9-'), @('GET /', "If-None-Match: $tag"), @('PUT /')) {
                $answer = Invoke-Request $server $request[0] ($request | Select-Object -Skip 1)
                $answer.Fields['X-Lab'] | Should -Be 'one'
                $answer.Fields.Server | Should -Be 'lab'
                $answer.Fields['Cache-Control'] | Should -Be 'no-store' -Because "$request has it once"
                $answer.Fields['X-Content-Type-Options'] | Should -Be 'sniff' -Because "$request has it once"
            }
        }

        It 'of -Headers with a list have a line for each of its elements' {
            $links = '</a.css>; rel=preload', '</b.js>; rel=preload'
            $server = Start-StaticHttpServer $fields -Headers @{ Link = $links; 'Set-Cookie' = [Collections.Generic.List[string]] ('a=1', 'b=2'); 'X-None' = @() }
            $answer = Invoke-Request $server 'GET /'
            $answer.Fields.Link | Should -Be $links
            $answer.Fields['Set-Cookie'] | Should -Be 'a=1', 'b=2'
            $answer.Fields.Keys | Should -Not -Contain 'X-None'
        }

        It 'hold Latin-1' {
            (Invoke-Curl (Start-StaticHttpServer $fields -Headers @{ 'X-Name' = 'Grüße' }).Uri).Fields['X-Name'] | Should -Be 'Grüße'
        }

        It 'name neither server nor language by default' {
            (Invoke-Request (Start-StaticHttpServer $fields) 'GET /').Fields.Keys | Should -Not -Contain 'Server'
        }

        It 'have the date of now, and of the last change' {
            $toDate = { [datetime]::ParseExact($args[0], 'R', [cultureinfo]::InvariantCulture) }
            (Get-Item "$fields/sub/a.txt").LastWriteTimeUtc = [datetime]::new(2023, 4, 5, 6, 7, 8)
            $answer = Invoke-Request (Start-StaticHttpServer $fields) 'GET /sub/a.txt'
            $answer.Fields['Last-Modified'] | Should -Be 'Wed, 05 Apr 2023 06:07:08 GMT'
            [math]::Abs(([datetime]::UtcNow - (& $toDate $answer.Fields.Date)).TotalSeconds) | Should -BeLessThan 60
            # Never in the future, whatever the file says.
            (Get-Item "$fields/sub/a.txt").LastWriteTimeUtc = [datetime]::UtcNow.AddDays(1)
            $answer = Invoke-Request (Start-StaticHttpServer $fields) 'GET /sub/a.txt'
            & $toDate $answer.Fields['Last-Modified'] | Should -BeLessThan ([datetime]::UtcNow.AddMinutes(1))
        }

        It 'of CORS let scripts of other origins in with -Cors, and only then' {
            $server, $closed = (Start-StaticHttpServer $fields -Cors), (Start-StaticHttpServer $fields)
            foreach ($target in '/', '/nothing') {
                (Invoke-Request $server "GET $target" 'Origin: http://other.example').Fields['Access-Control-Allow-Origin'] | Should -Be '*'
                (Invoke-Request $closed "GET $target" 'Origin: http://other.example').Fields.Keys -match '^Access-Control' | Should -BeNullOrEmpty
            }
            $preflight = 'Origin: http://other.example', 'Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: range, x-own'
            $answer = Invoke-Request $server 'OPTIONS /a' $preflight
            $answer.Status | Should -Be 204
            $answer.Fields['Access-Control-Allow-Origin'] | Should -Be '*'
            $answer.Fields['Access-Control-Allow-Methods'] | Should -Be 'GET, HEAD, OPTIONS'
            $answer.Fields['Access-Control-Allow-Headers'] | Should -Be 'range, x-own'
            (Invoke-Request $closed 'OPTIONS /a' $preflight).Fields.Keys -match '^Access-Control' | Should -BeNullOrEmpty
        }
    }
}
