# The HTTP scripts of docs/examples, against the web server of Python.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    $site = (New-Item (Join-Path $TestDrive site) -ItemType Directory).FullName
    $null = New-Item "$site/folder" -ItemType Directory
    Set-Content "$site/index.html" '<h1>你好</h1>' -NoNewline

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
