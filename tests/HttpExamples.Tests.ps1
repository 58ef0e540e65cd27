# The HTTP scripts of docs/examples, against servers and clients in Python.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    $site = (New-Item (Join-Path $TestDrive site) -ItemType Directory).FullName
    $null = New-Item "$site/folder" -ItemType Directory
    Set-Content "$site/index.html" '<h1>你好</h1>' -NoNewline

    # Asks for each target over a connection of its own, and prints status and page.
    function Get-Page([int] $Port, [string[]] $Target) {
        Invoke-PythonScript @'
import http.client, sys
for target in sys.argv[2:]:
    connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=10)
    connection.request('GET', target)
    response = connection.getresponse()
    print(response.status, response.reason, response.read().decode().strip())
    connection.close()
'@ (@($Port) + $Target)
    }

    # What python3 -m http.server runs, which knows GET and HEAD; and PUT, which says what it got.
    $python = Start-PythonPeer @'
import functools, http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_PUT(self):
        text = self.rfile.read(int(self.headers['Content-Length'])).decode()
        self.send_response(201, 'Got ' + str(len(text)))
        self.end_headers()
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), functools.partial(Handler, directory=sys.argv[1]))
print('PORT', server.server_address[1])
server.serve_forever()
'@ $site
}

AfterAll { $python.Stop() }

Describe 'http-by-hand.ps1' {
    It 'shows what is asked, what is answered, and what is in the page' {
        $lines = Invoke-Example http-by-hand @{ Port = $python.Port; Method = 'GET' }
        $lines[0..3] | Should -Be '> GET / HTTP/1.1', "> Host: 127.0.0.1:$($python.Port)", '> Connection: close', '> '
        $lines | Should -Contain '< HTTP/1.0 200 OK'
        $lines | Should -Contain '< Content-Length: 15'
        $lines[-2] | Should -Be '= Successful, with 11 characters of content'
    }

    It '<Method> <Target> is answered with <Status>' -ForEach @(
        @{ Method = 'HEAD'; Target = '/'; Status = '200 OK'; Class = 'Successful, with 0 characters' }
        @{ Method = 'GET'; Target = '/folder'; Status = '301 Moved Permanently'; Class = 'Redirection' }
        @{ Method = 'GET'; Target = '/nothing'; Status = '404 File not found'; Class = 'Client error' }
        @{ Method = 'PUT'; Target = '/'; Status = '201 Got 7'; Class = 'Successful' }
        @{ Method = 'DELETE'; Target = '/'; Status = "501 Unsupported method ('DELETE')"; Class = 'Server error' }
        @{ Method = 'CONNECT'; Target = '/'; Status = "501 Unsupported method ('CONNECT')"; Class = 'Server error' }
    ) {
        $lines = Invoke-Example http-by-hand @{ Port = $python.Port; Method = $Method; Target = $Target }
        $lines | Should -Contain "< HTTP/1.0 $Status"
        $lines[-2] | Should -BeLike "= $Class*"
    }

    It 'tries eight methods' {
        $lines = Invoke-Example http-by-hand @{ Port = $python.Port }
        @($lines -match '^< HTTP/1\.0 \d{3} ').Count | Should -Be 8
        $lines | Should -Contain '> name=小明'
    }
}

Describe 'http-server-by-hand.ps1' {
    It 'prints each request line by line, serves the page, or says that there is none, and closes' {
        $server = Start-ExampleServer http-server-by-hand @{ Path = $site }
        try {
            Get-Page $server.Port '/', '/index.html', '/other' | Should -Be @(
                '200 OK <h1>你好</h1>', '200 OK <h1>你好</h1>'
                '404 Not Found <!doctype html><title>404</title><h1>Not found</h1>'
            )
            # A client may have its answer before its request is printed.
            Wait-Until { @($server.Output -match ' Host: ').Count -eq 3 }
            $asked = @($server.Output | ForEach-Object { "$_" -replace '^\S+ ' })
            $asked | Should -Contain 'GET / HTTP/1.1'
            $asked | Should -Contain 'GET /other HTTP/1.1'
            @($asked -eq "Host: 127.0.0.1:$($server.Port)").Count | Should -Be 3
        }
        finally {
            Stop-Example $server
        }
    }

    It 'closes the connection of a client that would stay' {
        $server = Start-ExampleServer http-server-by-hand @{ Path = $site }
        try {
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            Send-TcpMessage $client "GET / HTTP/1.1`r`nHost: x`r`n`r`n"
            # To the end of the stream: -IdleTimeoutSec of the server is 10.
            -join (Receive-TcpMessage $client -TimeoutSec 9).Text | Should -BeLike 'HTTP/1.1 200 OK*'
            $client.State | Should -Be 'CloseWait'
        }
        finally {
            Close-TcpConnection $client
            Stop-Example $server
        }
    }

    It 'goes on when a client leaves in the middle, or sends nonsense' {
        $server = Start-ExampleServer http-server-by-hand @{ Path = $site }
        try {
            Send-TcpMessage 127.0.0.1 $server.Port 'GET / HT' -ErrorAction Stop
            # Head and page may come in two reads.
            $answer = Send-TcpMessage 127.0.0.1 $server.Port "`e[2J`0`r`n`r`n" -Receive -TimeoutSec 10
            -join $answer.Text | Should -Match '^HTTP/1.1 404'
            Get-Page $server.Port '/' | Should -BeLike '200 OK *'
            $server.Output -match "`e" | Should -BeNullOrEmpty
        }
        finally {
            Stop-Example $server
        }
    }
}

Describe 'http-by-hand.ps1 and http-server-by-hand.ps1' {
    It 'talk to each other' {
        $server = Start-ExampleServer http-server-by-hand @{ Path = $site }
        try {
            $lines = Invoke-Example http-by-hand @{ Port = $server.Port; Method = 'GET' }
            $lines | Should -Contain '< HTTP/1.1 200 OK'
        }
        finally {
            Stop-Example $server
        }
    }
}

Describe 'http-server.ps1' {
    BeforeAll { Set-Content "$site/page.html" 'another page' -NoNewline }
    AfterAll { Remove-Item "$site/404.html" }

    It 'serves the folder to many at once, and prints who asks for what' {
        $server = Start-ExampleServer http-server @{ Path = $site }
        try {
            # These stay, and say nothing more.
            $others = foreach ($n in 1..5) { Open-TcpConnection 127.0.0.1 $server.Port }
            $others | ForEach-Object { Send-TcpMessage -Connection $_ "GET / HTTP/1.1`r`n" }
            Get-Page $server.Port '/', '/page.html' | Should -Be '200 OK <h1>你好</h1>', '200 OK another page'
            Get-Page $server.Port '/nothing' |
                Should -Be '404 Not Found 404 Not Found: There is no such file here.'
            Wait-Until { $server.Output.Count -eq 4 }
            $server.Output[0] | Should -BeLike "Serving *site on http://127.0.0.1:$($server.Port)/"
            # Each page came over a connection of its own, so their order is not fixed.
            $server.Output[1..3] -replace '^127\.0\.0\.1:\d+ ' | Sort-Object |
                Should -Be 'GET / 200', 'GET /nothing 404', 'GET /page.html 200'
        }
        finally {
            $others | Close-TcpConnection
            Stop-Example $server
        }
    }

    It 'has a page of the folder for what is not there' {
        Set-Content "$site/404.html" '<h1>没有这一页</h1>' -NoNewline
        $server = Start-ExampleServer http-server @{ Path = $site }
        try {
            Get-Page $server.Port '/nothing', '/folder/nothing' |
                Should -Be '404 Not Found <h1>没有这一页</h1>', '404 Not Found <h1>没有这一页</h1>'
        }
        finally {
            Stop-Example $server
        }
    }

    It 'prints no control characters of a client' {
        $server = Start-ExampleServer http-server @{ Path = $site }
        try {
            $csi = [byte[]] [char[]] "GET /$([char] 0x9b)2J HTTP/1.1`r`nHost: lab`r`nConnection: close`r`n`r`n"
            $null = Send-TcpMessage 127.0.0.1 $server.Port $csi -Receive -TimeoutSec 10
            Wait-Until { $server.Output.Count -eq 2 }
            $server.Output[1] | Should -BeLike '* GET /[?]2J 4*'
        }
        finally {
            Stop-Example $server
        }
    }

    It 'ends with Ctrl+C, and its port can be taken at once' {
        $server = Start-ExampleServer http-server @{ Path = $site }
        $null = Get-Page $server.Port '/'
        Stop-Example $server
        $again = Start-ExampleServer http-server @{ Path = $site; Port = $server.Port }
        try { Get-Page $server.Port '/' | Should -BeLike '200 OK *' }
        finally { Stop-Example $again }
    }

    It 'says when there is no such folder' {
        $server = Start-Example http-server @{ Path = "$site/nowhere" }
        try {
            Wait-Until { $server.Shell.Streams.Error.Count -or $server.Run.IsCompleted }
            { $server.Shell.EndInvoke($server.Run) } | Should -Throw '*nowhere* is not there*'
        }
        finally {
            Stop-Example $server
        }
    }
}

Describe 'static-site.ps1' {
    It 'serves a folder as long as a Python script runs, and puts out what it asked for' {
        $requests = Invoke-Example static-site @{ Path = $site; ScriptBlock = {
                $code = "import sys, urllib.request as web; web.urlopen(sys.argv[1]).read()`n" +
                    "try: web.urlopen(sys.argv[1] + 'nothing')`nexcept OSError: print('missing')"
                & (Get-Command python3, python -ErrorAction Ignore)[0] -c $code "$_"
            }
        }
        $requests | Should -Be 'GET / 200', 'GET /nothing 404'
    }

    It 'is gone when the script block fails' {
        $address = [Collections.Concurrent.ConcurrentQueue[uri]]::new()
        $fault = { $address.Enqueue($_); throw 'no luck' }.GetNewClosure()
        { Invoke-Example static-site @{ Path = $site; ScriptBlock = $fault } } | Should -Throw '*no luck*'
        { Open-TcpConnection 127.0.0.1 $address.ToArray()[0].Port -ErrorAction Stop } |
            Should -Throw -ErrorId ConnectionRefused*
    }

    It 'says so when there is no such folder' {
        { Invoke-Example static-site @{ Path = "$site/nothing"; ScriptBlock = {} } } |
            Should -Throw '*Set -Path to a folder.*'
    }
}
