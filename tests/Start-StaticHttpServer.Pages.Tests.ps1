# What is shown for a folder, for an application's page, and for what is not there.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $site = New-Site @{
        'index.html' = 'home'; 'app.html' = '<h1>app</h1>'; '404.html' = '<h1>not here</h1>'; 'large.html' = 'x' * 100000
        'htm/index.htm' = 'htm'; 'both/index.html' = 'html'; 'both/index.htm' = 'htm'; 'list/b.txt' = 'bb'; 'list/a.txt' = 'a'; 'list/File 10.txt' = ''; 'list/File 9.txt' = ''
        'list/inner/c.txt' = 'c'; 'list/.hidden' = 'x'; 'list/empty/.keep' = ''
    }
    $json = { (Invoke-Request $args[0] "GET $($args[1])" 'Accept: application/json').Text | ConvertFrom-Json }
}

AfterAll { Stop-HttpClient }

Describe 'Pages of the web server' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context 'a folder' {
        It 'shows index.html, else index.htm' {
            $server = Start-StaticHttpServer $site
            (Invoke-Request $server 'GET /').Text | Should -Be 'home'
            (Invoke-Request $server 'GET /htm/').Text | Should -Be 'htm'
            (Invoke-Request $server 'GET /both/').Text | Should -Be 'html'
        }

        It 'shows what -DefaultDocument names, in that order' {
            $server = Start-StaticHttpServer $site -DefaultDocument none.html, b.txt, a.txt
            (Invoke-Request $server 'GET /list/').Text | Should -Be 'bb'
            (Invoke-Request $server 'GET /').Status | Should -Be 404
            $page = Start-StaticHttpServer $site -DefaultDocument @()
            (Invoke-Request $page 'GET /').Status | Should -Be 404
        }

        It 'without one is not there; the page tells of -Browse' {
            $answer = Invoke-Request (Start-StaticHttpServer $site) 'GET /list/'
            $answer.Status | Should -Be 404
            $answer.Text | Should -BeLike '*index.html or index.htm*-Browse*'
            $answer.Text | Should -Not -BeLike '*a.txt*'
        }

        It 'is listed with -Browse, unless it has a default document' {
            $server = Start-StaticHttpServer $site -Browse
            (Invoke-Request $server 'GET /').Text | Should -Be 'home'
            $answer = Invoke-Request $server 'GET /list/'
            $answer.Status | Should -Be 200
            $answer.Fields['Content-Type'] | Should -Be 'text/html; charset=utf-8'
            $answer.Fields.Vary | Should -Be 'Accept'
            $answer.Fields['Cache-Control'] | Should -Be 'no-cache'
            $answer.Fields['Content-Security-Policy'] | Should -BeLike "default-src 'none'*"
            [regex]::Matches($answer.Text, '<th scope=row><a href="([^"]*)"') | ForEach-Object { $_.Groups[1].Value } |
                Should -Be '../', 'empty/', 'inner/', 'a.txt', 'b.txt', 'File%209.txt', 'File%2010.txt'
            (Invoke-Request $server 'GET /list/empty/').Text | Should -BeLike '*This folder is empty.*'
        }

        It 'is listed as JSON for who prefers it: <Accept> gets <Type>' -ForEach @(
            @{ Accept = 'application/json'; Type = 'application/json' }, @{ Accept = 'text/html'; Type = 'text/html' }, @{ Accept = '*/*'; Type = 'text/html' }
            @{ Accept = 'text/html;q=0.5, application/json'; Type = 'application/json' }, @{ Accept = 'text/html, application/json;q=0.9'; Type = 'text/html' }
            @{ Accept = 'application/json;q=0'; Type = 'text/html' }, @{ Accept = ''; Type = 'text/html' }
            @{ Accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'; Type = 'text/html' }
        ) {
            $server = Start-StaticHttpServer $site -Browse
            (Invoke-Request $server 'GET /list/' "Accept: $Accept").Fields['Content-Type'] | Should -Be "$Type; charset=utf-8"
        }

        It 'is read by Invoke-RestMethod: names, kinds, sizes, dates, links' {
            (Get-Item "$site/list/a.txt").LastWriteTimeUtc = [datetime]::new(2024, 2, 3, 4, 5, 6)
            $server = Start-StaticHttpServer $site -Browse
            $entries = & $json $server '/list/'
            $entries.name | Should -Be 'empty', 'inner', 'a.txt', 'b.txt', 'File 9.txt', 'File 10.txt'
            $entries.type | Should -Be 'folder', 'folder', 'file', 'file', 'file', 'file'
            $entries.size | Should -Be $null, $null, 1, 2, 0, 0
            $entries[2].modified.ToUniversalTime() | Should -Be ([datetime]::new(2024, 2, 3, 4, 5, 6))
            $entries.href | Should -Be '/list/empty/', '/list/inner/', '/list/a.txt', '/list/b.txt', '/list/File%209.txt', '/list/File%2010.txt'
            $read = Invoke-RestMethod "$($server.Uri)list/" -Headers @{ Accept = 'application/json' }
            foreach ($entry in $read) {
                $answer = Invoke-WebRequest ([uri]::new($server.Uri, $entry.href)) -SkipHttpErrorCheck
                $answer.StatusCode | Should -Be 200 -Because "$($entry.href) is listed"
            }
            @(& $json $server '/list/empty/') | Should -HaveCount 0
            (Invoke-Request $server 'GET /list/empty/' 'Accept: application/json').Text | Should -Be '[]'
        }

        It 'is listed as it is now' {
            $server = Start-StaticHttpServer $site -Browse
            Set-SiteFile "$site/list/inner/new.txt" 'new'
            (& $json $server '/list/inner/').name | Should -Be 'c.txt', 'new.txt'
            Remove-Item "$site/list/inner/new.txt"
            (& $json $server '/list/inner/').name | Should -Be 'c.txt'
        }

        It 'with -IncludeHidden is listed with hidden names' {
            (& $json (Start-StaticHttpServer $site -Browse -IncludeHidden) '/list/').name | Should -Contain '.hidden'
        }

        It 'of a thousand files is listed whole' {
            $many = New-Site
            foreach ($number in 1..1000) { [IO.File]::WriteAllText("$many/f$number", '') }
            $server = Start-StaticHttpServer $many -Browse
            (& $json $server '/').name -join ',' | Should -Be ((1..1000 | ForEach-Object { "f$_" }) -join ',')
            [regex]::Matches((Invoke-Request $server 'GET /').Text, '<th scope=row>').Count | Should -Be 1000
        }
    }

    Context 'a single-page application' {
        BeforeEach { $server = Start-StaticHttpServer $site -SpaFallback app.html -NotFoundPage ./404.html -Headers $null -MimeType $null }

        It 'answers for <_>' -ForEach '/users', '/users/42', '/users/42/', '/a.b/c', '/list/', '/users?x=.png' {
            $answer = Invoke-Request $server "GET $_"
            $answer.Status | Should -Be 200
            $answer.Text | Should -Be '<h1>app</h1>'
            $answer.Fields['Content-Type'] | Should -Be 'text/html; charset=utf-8'
        }

        It 'does not answer for files that are missing or hidden: <_>' -ForEach '/missing.js', '/users/logo.png', '/.env' {
            (Invoke-Request $server "GET $_").Status | Should -Be 404
        }

        It 'leaves alone what is there' {
            (Invoke-Request $server 'GET /').Text | Should -Be 'home'
            (Invoke-Request $server 'GET /list/a.txt').Text | Should -Be 'a'
            (Invoke-Request $server 'GET /list').Status | Should -Be 301
            (Invoke-Request $server 'POST /users').Status | Should -Be 405
        }

        It 'answers who accepts HTML by name or says nothing: <Accept> gets <Status>' -ForEach @(
            @{ Accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'; Status = 200 }, @{ Accept = '*/*'; Status = 404 }
            @{ Accept = 'application/json'; Status = 404 }, @{ Accept = 'image/avif,image/webp,*/*;q=0.8'; Status = 404 }
        ) {
            $answer = Invoke-Request $server 'GET /users' "Accept: $Accept"
            $answer.Status | Should -Be $Status
            @($answer.Fields.Vary) -join ', ' | Should -BeLike '*Accept*'
        }

        It 'is a file with all that files have' {
            $answer = Invoke-Request $server 'GET /users'
            (Invoke-Request $server 'GET /users' "If-None-Match: $($answer.Fields.ETag)").Status | Should -Be 304
            (Invoke-Request $server 'HEAD /users').Fields['Content-Length'] | Should -Be '<h1>app</h1>'.Length
        }

        It 'may be in a folder, and may be gone later' {
            $inner = Start-StaticHttpServer $site -SpaFallback list/inner/c.txt
            (Invoke-Request $inner 'GET /users').Text | Should -Be 'c'
            Rename-Item "$site/list/inner" away
            (Invoke-Request $inner 'GET /users').Status | Should -Be 404
            Rename-Item "$site/list/away" inner
            (Invoke-Request $inner 'GET /users').Text | Should -Be 'c'
        }

        It 'is named by a full path, too, as long as it is in the folder' {
            $full = Start-StaticHttpServer $site -SpaFallback "$site/app.html" -NotFoundPage "$site/list/../404.html"
            (Invoke-Request $full 'GET /users').Text | Should -Be '<h1>app</h1>'
            (Invoke-Request $full 'GET /users.js').Text | Should -Be '<h1>not here</h1>'
            $drive = Start-StaticHttpServer $site -SpaFallback "TestDrive:/$(Split-Path $site -Leaf)/app.html"
            (Invoke-Request $drive 'GET /users').Text | Should -Be '<h1>app</h1>'
            { Start-StaticHttpServer "$site/list" -SpaFallback "$site/app.html" -ErrorAction Stop } | Should -Throw -ErrorId 'PathNotFound,*'
        }
    }

    Context 'not found' {
        It 'shows -NotFoundPage, small or large, always whole' {
            foreach ($page in '404.html', 'large.html') {
                $server = Start-StaticHttpServer $site -NotFoundPage $page
                $text = [IO.File]::ReadAllText("$site/$page")
                foreach ($field in 'X: y', 'Range: bytes=0-1', 'If-None-Match: *', 'Accept-Encoding: gzip') {
                    $answer = Invoke-Request $server 'GET /nothing' $field
                    $answer.Status | Should -Be 404
                    $answer.Text | Should -Be $text
                    $answer.Fields['Content-Type'] | Should -Be 'text/html; charset=utf-8'
                    $answer.Fields.Keys | Should -Not -Contain 'ETag'
                }
                (Invoke-Request $server 'HEAD /nothing').Fields['Content-Length'] | Should -Be $text.Length
                (Invoke-Request $server 'GET /list/').Text | Should -Be $text
            }
            # As itself, it is a file like any other.
            (Invoke-Request $server 'GET /large.html').Status | Should -Be 200
        }

        It 'is not kept by caches as files are' {
            $server = Start-StaticHttpServer $site -NotFoundPage 404.html -CacheControl 'max-age=31536000, immutable'
            (Invoke-Request $server 'GET /nothing').Fields['Cache-Control'] | Should -Be 'no-cache'
        }

        It 'shows the page as it is now, or one of its own when it is gone' {
            $own = New-Site @{ '404.html' = 'old' }
            $server = Start-StaticHttpServer $own -NotFoundPage 404.html
            (Invoke-Request $server 'GET /nothing').Text | Should -Be 'old'
            Set-SiteFile "$own/404.html" 'new'
            (Invoke-Request $server 'GET /nothing').Text | Should -Be 'new'
            Remove-Item "$own/404.html"
            $answer = Invoke-Request $server 'GET /nothing'
            $answer.Status | Should -Be 404
            $answer.Text | Should -BeLike '*There is no such file here.*'
        }

        It 'never shows a page from outside' -Skip:$IsWindows {
            $around = New-Site @{ 'secret.html' = 'SECRET'; 'root/a.txt' = '' }
            [IO.File]::CreateSymbolicLink("$around/root/404.html", '../secret.html')
            $server = Start-StaticHttpServer "$around/root" -NotFoundPage 404.html -SpaFallback 404.html
            foreach ($target in '/nothing', '/nothing.png', '/404.html') {
                $answer = Invoke-Request $server "GET $target"
                $answer.Status | Should -Be 404
                $answer.Text | Should -Not -BeLike '*SECRET*'
            }
        }

        It 'is a line of text for a program, and a page for a browser: <Accept> gets <Type>' -ForEach @(
            @{ Accept = ''; Type = 'text/plain' }, @{ Accept = '*/*'; Type = 'text/plain' }, @{ Accept = 'application/json'; Type = 'text/plain' }
            @{ Accept = 'text/html;q=0'; Type = 'text/plain' }, @{ Accept = 'text/html'; Type = 'text/html' }
            @{ Accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'; Type = 'text/html' }
        ) {
            $server = Start-StaticHttpServer $site
            foreach ($line in 'GET /%3Cscript%3Ealert(1)%3C/script%3E', 'DELETE /', 'GET /list') {
                $answer = Invoke-Request $server $line "Accept: $Accept"
                $answer.Status | Should -BeIn 404, 405, 301
                $answer.Fields['Content-Type'] | Should -Be "$Type; charset=utf-8"
                $answer.Fields.Vary | Should -Be 'Accept'
                $answer.Fields['Cache-Control'] | Should -Be 'no-cache'
                $answer.Text | Should -Not -BeLike '*alert(1)*'
                $answer.Text.Contains('<html') | Should -Be ($Type -eq 'text/html')
                if ($Type -eq 'text/html') { $answer.Fields['Content-Security-Policy'] | Should -BeLike "default-src 'none'*" }
            }
        }
    }
}
