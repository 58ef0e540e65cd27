# What is inside the folder, what is outside, and where each name leads.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $around = New-Site @{
        'secret.txt' = 'SECRET'; 'root-other/secret.txt' = 'SECRET'
        'root/index.html' = 'home'; 'root/a.txt' = 'a'; 'root/sub/b.txt' = 'b'; 'root/evil.example/index.html' = 'not evil'
        'root/.env' = 'HIDDEN'; 'root/.git/config' = 'HIDDEN'; 'root/sub/.hidden' = 'HIDDEN'; 'root/.well-known/acme' = 'acme'; 'root/.well-known/.x' = 'HIDDEN'
    }
    $root = "$around/root"
}

AfterAll { Stop-HttpClient }

Describe 'A path' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'leads never out of the folder, with <Switches.Keys>' -ForEach @{ Switches = @{} }, @{ Switches = @{ Browse = $true; IncludeHidden = $true } } {
        $server = Start-StaticHttpServer $root @Switches
        foreach ($target in @(
                '/../secret.txt', '/%2e%2e/secret.txt', '/.%2e/secret.txt', '/%2E./secret.txt', '/sub/../../secret.txt', '/sub/%2e%2e/%2e%2e/secret.txt'
                '/..%2fsecret.txt', '/..%2Fsecret.txt', '/sub%2f..%2f..%2fsecret.txt', '/..%5csecret.txt', '/..\secret.txt', '/sub\..\..\secret.txt', '/%5c..%5csecret.txt'
                '/%252e%252e/secret.txt', '/%252e%252e%252fsecret.txt', '/%c0%ae%c0%ae/secret.txt', '/..%c0%afsecret.txt', '/%e0%80%ae%e0%80%ae/secret.txt'
                '/..%ef%bc%8fsecret.txt', '/%u002e%u002e/secret.txt', '/..;/secret.txt', '/....//secret.txt', '/.../secret.txt', '/..%00/secret.txt', '/..%0d/secret.txt'
                '/../root-other/secret.txt', '/./../secret.txt', '//../secret.txt', '/../../../../../../../../etc/passwd', '/sub/../../root-other/secret.txt', '//etc/passwd'
                'http://localhost/../secret.txt', 'http://localhost/%2e%2e/secret.txt', '/a.txt/../../secret.txt', '/..', '/%2e%2e', '/sub/../..', '/a.txt%00.html', '/a.txt%00'
                '/a.txt/', '/a.txt/b', '/A.TXT.', '/a.txt.', '/a.txt%20', '/%', '/%4', '/a%zz', '/%80', "/$('x' * 300)", '/sub:b.txt', '/a.txt::$DATA'
            )) {
            $answer = Invoke-Request $server "GET $target"
            $answer.Status | Should -BeIn 400, 404 -Because "$target is nothing here"
            $answer.Text | Should -Not -Match 'SECRET|root:' -Because "$target is outside"
        }
        foreach ($target in '/sub/../a.txt', '/sub/%2e%2e/a.txt', '/./a.txt', '//a.txt', '/sub/.././a%2etxt', '/%61.txt') {
            (Invoke-Request $server "GET $target").Text | Should -Be 'a' -Because "$target is inside"
        }
    }

    It 'to a hidden name leads nowhere without -IncludeHidden, except below .well-known' {
        $server, $open = (Start-StaticHttpServer $root), (Start-StaticHttpServer $root -IncludeHidden)
        foreach ($target in '/.env', '/%2eenv', '/.git/config', '/.git/', '/.git', '/sub/.hidden', '/.well-known/.x', '/sub/../.env') {
            (Invoke-Request $server "GET $target").Status | Should -Be 404 -Because "$target is hidden"
        }
        foreach ($target in '/.env', '/.git/config', '/sub/.hidden', '/.well-known/.x') {
            (Invoke-Request $open "GET $target").Text | Should -Be 'HIDDEN'
        }
        (Invoke-Request $server 'GET /.well-known/acme').Text | Should -Be 'acme'
    }

    It 'to a folder without a slash is sent to the one with it, on this host, with the query' {
        $server = Start-StaticHttpServer $root
        foreach ($case in @(
                @{ Target = '/sub'; Location = '/sub/' }
                @{ Target = '/sub?a=1&b=//x'; Location = '/sub/?a=1&b=//x' }
                @{ Target = '//sub'; Location = '/sub/' }
                @{ Target = '//evil.example'; Location = '/evil.example/' }
                @{ Target = '///evil.example?/..'; Location = '/evil.example/?/..' }
                @{ Target = '/x/..//evil.example'; Location = '/evil.example/' }
                @{ Target = 'http://elsewhere.example/sub'; Location = '/sub/' }
            )) {
            $answer = Invoke-Request $server "GET $($case.Target)"
            $answer.Status | Should -Be 301
            $answer.Fields.Location | Should -Be $case.Location
        }
        foreach ($target in '//evil.example/..', '//evil.example/%2e%2e', '//evil.example/../', '//evil.example/../sub', '/%2fevil.example/..', '/\evil.example/..', '/%5cevil.example/..') {
            $location = (Invoke-Request $server "GET $target").Fields.Location
            if ($location) { $location | Should -Match '^/[^/\\]' -Because "$target must not lead to another host" }
        }
        (Invoke-Curl -L "$($server.Uri)/evil.example").Text | Should -Be 'not evil'
    }

    Context 'over links' -Skip:$IsWindows {
        BeforeAll {
            foreach ($link in @(
                    @{ Name = 'in-file'; To = 'sub/b.txt' }, @{ Name = 'in-folder'; To = 'sub' }, @{ Name = 'in-absolute'; To = "$root/sub/b.txt" }
                    @{ Name = 'out-and-in'; To = '../root/sub/b.txt' }, @{ Name = 'in-twice'; To = 'in-file' }
                    @{ Name = 'out-file'; To = '../secret.txt' }, @{ Name = 'out-absolute'; To = "$around/secret.txt" }, @{ Name = 'out-folder'; To = '../root-other' }
                    @{ Name = 'out-twice'; To = 'out-file' }, @{ Name = 'up'; To = '..' }, @{ Name = 'nowhere'; To = 'none' }, @{ Name = 'loop'; To = 'loop' }
                )) {
                [IO.File]::CreateSymbolicLink("$root/$($link.Name)", $link.To)
            }
            [IO.File]::CreateSymbolicLink("$root/zip.css.gz", "$around/secret.txt")
            Set-SiteFile "$root/zip.css" 'plain'
        }

        It 'stays in the folder by default' {
            $server = Start-StaticHttpServer $root
            foreach ($name in 'in-file', 'in-folder/b.txt', 'in-absolute', 'out-and-in', 'in-twice') {
                (Invoke-Request $server "GET /$name").Text | Should -Be 'b' -Because "$name stays inside"
            }
            foreach ($name in 'out-file', 'out-absolute', 'out-folder', 'out-folder/', 'out-folder/secret.txt', 'out-twice', 'up', 'up/', 'up/secret.txt', 'nowhere', 'loop', 'loop/') {
                (Invoke-Request $server "GET /$name").Status | Should -Be 404 -Because "$name leads out"
            }
            (Invoke-Request $server 'GET /up/root/a.txt').Text | Should -Be 'a'
            (Invoke-Request $server 'GET /zip.css' 'Accept-Encoding: gzip').Text | Should -Be 'plain'
        }

        It 'leads out with -FollowSymlinks' {
            $server = Start-StaticHttpServer $root -FollowSymlinks
            foreach ($name in 'out-file', 'out-absolute', 'out-folder/secret.txt', 'out-twice', 'up/secret.txt') {
                (Invoke-Request $server "GET /$name").Text | Should -Be 'SECRET'
            }
            foreach ($name in 'nowhere', 'loop', '../secret.txt') { (Invoke-Request $server "GET /$name").Status | Should -BeIn 400, 404 }
        }

        It 'is listed only where it leads to something' {
            $server = Start-StaticHttpServer $root -Browse -DefaultDocument @()
            $names = ((Invoke-Request $server 'GET /' 'Accept: application/json').Text | ConvertFrom-Json).name
            $names -match '^(in-|out|up|now|loop)' | Should -Be 'in-folder', 'in-absolute', 'in-file', 'in-twice', 'out-and-in'
        }
    }

    It 'to anything but a file leads nowhere: <_>' -ForEach 'a pipe', 'a socket', 'a device' -Skip:$IsWindows {
        $odd = New-Site @{ 'a.txt' = 'a' }
        if ($_ -eq 'a pipe') { mkfifo "$odd/thing" }
        elseif ($_ -eq 'a device') { [IO.File]::CreateSymbolicLink("$odd/thing", '/dev/zero') }
        else {
            $socket = [Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
            $socket.Bind([Net.Sockets.UnixDomainSocketEndPoint]::new("$odd/thing"))
        }
        try { (Invoke-Request (Start-StaticHttpServer $odd -FollowSymlinks) 'GET /thing').Status | Should -Be 404 }
        finally { if ($socket) { $socket.Dispose() } }
    }

    It 'with any character leads to the file of that name, also by the links of the listing' {
        $names = @(
            'a b', 'it''s', '100%', '%41', '#1', 'a&b', 'a=b;c', 'plus+', 'til~de', '-dash', '(x)[y]{z}', '中文', "e$([char] 0x301)", 'é', '😀', '&amp;', 'javascript', 'c,d@e!$'
            if (-not $IsWindows) { '"quoted"', 'what?', '<i>', 'back\slash', 'javascript:alert(1)', 'http:', 'dot.', 'space ', '*|' }
        )
        $files = @{}
        foreach ($name in $names) { $files["$name/$name"] = $files[$name + '.txt'] = "this is $name" }
        $server = Start-StaticHttpServer (New-Site $files) -Browse
        foreach ($name in $names) {
            $escaped = [uri]::EscapeDataString($name)
            $answer = Invoke-Request $server "GET /$escaped/$escaped"
            $answer.Text | Should -Be "this is $name" -Because "$escaped is there ($($answer.Status))"
            (Invoke-Request $server "GET /$escaped").Fields.Location | Should -Be "/$escaped/"
        }

        # As a browser does it.
        $peer = Start-PythonPeer -NoPort -ArgumentList $server.Uri @'
import html.parser, json, sys, urllib.parse, urllib.request
class Links(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        if tag == 'a':
            self.links.append(dict(attributes)['href'])
def read(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
        return answer.read().decode()
def links(url):
    parser = Links()
    parser.links = []
    parser.feed(read(url))
    return [urllib.parse.urljoin(url, link) for link in parser.links]
top = sys.argv[1]
folders = [link for link in links(top) if link.endswith('/') and link != top]
found = {read(link) for folder in folders for link in links(folder) if not link.endswith('/')}
found |= {'listed ' + json.loads(read(urllib.parse.urljoin(top, entry['href']), Accept='application/json'))[0]['name']
          for entry in json.loads(read(top, Accept='application/json')) if entry['type'] == 'folder'}
print(json.dumps(sorted(found)))
'@
        try { $found = ConvertFrom-Json $peer.ReadLine(30) }
        finally { $peer.Stop() }
        $wanted = $names | ForEach-Object { "this is $_"; "listed $_" }
        Compare-Object $found $wanted -CaseSensitive | Should -BeNullOrEmpty
    }

    It 'with a control character is refused, and nothing of that name is listed' -Skip:$IsWindows {
        $names = "tab`t", "new`nline", "esc$([char] 27)", "del$([char] 127)", "next$([char] 0x85)"
        $files = @{ 'plain.txt' = '' }
        foreach ($name in $names) { $files[$name] = 'x' }
        $server = Start-StaticHttpServer (New-Site $files) -Browse
        foreach ($name in $names) { (Invoke-Request $server "GET /$([uri]::EscapeDataString($name))").Status | Should -Be 400 }
        ((Invoke-Request $server 'GET /' 'Accept: application/json').Text | ConvertFrom-Json).name | Should -Be 'plain.txt'
    }

    It 'in JSON never leads to another host' {
        $server = Start-StaticHttpServer $root -Browse -DefaultDocument @()
        foreach ($target in '/', '//', '///', '//evil.example/..', '//sub/') {
            $entries = (Invoke-Request $server "GET $target" 'Accept: application/json').Text | ConvertFrom-Json
            $entries | Should -Not -BeNullOrEmpty
            $entries.href | Should -Match '^/[^/\\]' -Because "$target is on this host"
        }
    }

    It 'leads into a folder that has gone and come back' {
        $moving = New-Site @{ 'a.txt' = 'first'; 'sub/index.html' = 'page' }
        $server = Start-StaticHttpServer $moving
        (Invoke-Request $server 'GET /a.txt').Text | Should -Be 'first'
        Rename-Item $moving "$moving.away"
        foreach ($target in '/a.txt', '/', '/sub/') { (Invoke-Request $server "GET $target").Status | Should -Be 404 }
        Set-SiteFile "$moving/a.txt" 'second'
        (Invoke-Request $server 'GET /a.txt').Text | Should -Be 'second'
        (Invoke-Request $server 'GET /sub/').Status | Should -Be 404
        Remove-Item $moving -Recurse
        Rename-Item "$moving.away" $moving
        (Invoke-Request $server 'GET /a.txt').Text | Should -Be 'first'
        (Invoke-Request $server 'GET /sub/').Text | Should -Be 'page'
    }
}
