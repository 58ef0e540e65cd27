# Files that change while they are served: no answer is ever stale, mixed or wrongly framed.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1

    # Runs a Python client on the server and a folder; it prints what it found.
    function Invoke-Client($Server, [string] $Folder, [string] $Code) {
        $peer = Start-PythonPeer -NoPort -ArgumentList $Server.Port, $Folder @"
import http.client, os, socket, sys, threading, time
port, folder = int(sys.argv[1]), sys.argv[2]
def connect():
    return http.client.HTTPConnection('127.0.0.1', port, timeout=20)
def get(client, target, **fields):
    client.request('GET', target, headers={name.replace('_', '-'): value for name, value in fields.items()})
    answer = client.getresponse()
    return answer, answer.read()
def replace(name, content):
    with open(folder + '/new', 'wb') as new:
        new.write(content)
    os.replace(folder + '/new', folder + '/' + name)
$Code
"@
        try { $peer.ReadLine(60) }
        finally { $peer.Stop() }
    }
}

AfterAll { Stop-HttpClient }

Describe 'A file that changes' {
    BeforeEach {
        $site = New-Site @{ 'page.html' = 'first'; 'large.bin' = [byte[]]::new(200000) }
        $server = Start-StaticHttpServer $site
    }

    AfterEach { Get-Job | Remove-Job -Force }

    It 'is sent with its new content at once, also when it had been in memory for long' {
        $other = New-Site @{ 'page.html' = 'first' }
        # Only what has been quiet for a while is kept, so this waits for the clock.
        Wait-Until { ([datetime]::UtcNow - (Get-Item "$other/page.html").LastWriteTimeUtc).TotalSeconds -gt 2.1 }
        $second = Start-StaticHttpServer $other
        foreach ($time in 1..3) { (Invoke-Request $second 'GET /page.html').Text | Should -Be 'first' }
        $tag = (Invoke-Request $second 'GET /page.html').Fields.ETag
        Set-SiteFile "$other/page.html" 'secnd'
        (Invoke-Request $second 'GET /page.html').Text | Should -Be 'secnd'
        (Invoke-Request $second 'GET /page.html' "If-None-Match: $tag").Text | Should -Be 'secnd'
        # A program that sets the time back does not deceive the server.
        $written = (Get-Item "$other/page.html").LastWriteTimeUtc
        Set-SiteFile "$other/page.html" 'third'
        (Get-Item "$other/page.html").LastWriteTimeUtc = $written
        (Invoke-Request $second 'GET /page.html').Text | Should -Be 'third'
        Remove-Item "$other/page.html"
        (Invoke-Request $second 'GET /page.html').Status | Should -Be 404
    }

    It 'is never stale: written a thousand times, in place or anew, with the same length or another' {
        Invoke-Client $server $site @'
client, stale = connect(), 0
tag = ''
for number in range(1000):
    content = b'%06d' % number * (1 + number % 3 // 2)
    if number % 2:
        replace('page.html', content)
    else:
        with open(folder + '/page.html', 'wb') as file:
            file.write(content)
    answer, body = get(client, '/page.html', If_None_Match=tag)
    stale += body != content
    tag = answer.getheader('ETag')
print(stale)
'@ | Should -Be '0'
    }

    It 'is never mixed: replaced again and again while eight clients fetch it, small, large and compressed' {
        Invoke-Client $server $site @'
def content(number, size):
    return (b'%07d ' % number) * size
sizes = {'page.html': 500, 'large.bin': 40000}
for name, size in sizes.items():
    replace(name, content(0, size))
wrong, count, last = [], [0], 0
stop = threading.Event()
def fetch(worker):
    client = connect()
    name = list(sizes)[worker % 2]
    seen = -1
    while not stop.is_set():
        answer, body = get(client, '/' + name, Accept_Encoding='identity' if worker < 6 else 'gzip')
        if answer.getheader('Content-Encoding') == 'gzip':
            import zlib
            body = zlib.decompress(body, 31)
        number = int(body[:7])
        # What came once is never followed by something older.
        if body != content(number, sizes[name]) or number < seen:
            wrong.append((name, number, seen))
        seen = number
        count[0] += 1
threads = [threading.Thread(target=fetch, args=[worker]) for worker in range(8)]
[thread.start() for thread in threads]
for number in range(1, 500):
    for name, size in sizes.items():
        replace(name, content(number, size))
stop.set()
[thread.join() for thread in threads]
print(len(wrong), count[0] > 8)
'@ | Should -Be '0 True'
    }

    It 'that shrinks while it is sent ends the connection, and the record says so' {
        Set-SiteFile "$site/large.bin" ([byte[]]::new(30MB))
        Invoke-Client $server $site @'
client = socket.create_connection(('127.0.0.1', port), 20)
client.sendall(b'GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\nGET /page.html HTTP/1.1\r\nHost: x\r\n\r\n')
count = len(client.recv(1000))
os.truncate(folder + '/large.bin', 1000)
last = b''
while True:
    data = client.recv(1 << 20)
    if not data:
        break
    count += len(data)
    last = data
print(count < 30 << 20, b'HTTP/1.1' in last)
'@ | Should -Be 'True False'
        Wait-Until { $server.Waiting }
        $record = Receive-Job $server
        $record | Should -HaveCount 1
        $record.Completed | Should -BeFalse
        $record.BytesSent | Should -BeLessThan 30MB
        (Invoke-Request $server 'GET /large.bin').Body | Should -HaveCount 1000
    }

    It 'that grows while it is sent is sent as long as it was' {
        Set-SiteFile "$site/large.bin" ([byte[]]::new(20MB))
        Invoke-Client $server $site @'
client = connect()
client.request('GET', '/large.bin')
answer = client.getresponse()
with open(folder + '/large.bin', 'ab') as file:
    file.write(b'more' * 1000000)
length = len(answer.read())
print(length == 20 << 20, get(client, '/page.html')[1], len(get(client, '/large.bin')[1]) == (20 << 20) + 4000000)
'@ | Should -Be "True b'first' True"
    }

    It 'that is replaced or deleted while it is sent is sent to its end as it was' -Skip:$IsWindows {
        $old = Get-RandomByte 12MB
        Set-SiteFile "$site/large.bin" $old
        Invoke-Client $server $site @'
import hashlib
def start():
    client = connect()
    client.request('GET', '/large.bin')
    return client.getresponse()
first = start()
replace('large.bin', b'new')
second = start()
os.remove(folder + '/large.bin')
print(hashlib.sha256(first.read()).hexdigest().upper(), second.read(), get(connect(), '/large.bin')[0].status)
'@ | Should -Be "$(Get-Sha256 $old) b'new' 404"
    }

    It 'becomes a folder, and a file again' {
        (Invoke-Request $server 'GET /page.html').Text | Should -Be 'first'
        Remove-Item "$site/page.html"
        Set-SiteFile "$site/page.html/index.html" 'folder'
        (Invoke-Request $server 'GET /page.html').Status | Should -Be 301
        (Invoke-Request $server 'GET /page.html/').Text | Should -Be 'folder'
        Remove-Item "$site/page.html" -Recurse
        Set-SiteFile "$site/page.html" 'again'
        (Invoke-Request $server 'GET /page.html').Text | Should -Be 'again'
        (Invoke-Request $server 'GET /page.html/').Status | Should -Be 404
    }

    It 'appears before another default document and is shown from then on' {
        $start = Start-StaticHttpServer $site -DefaultDocument one.html, two.html
        (Invoke-Request $start 'GET /').Status | Should -Be 404
        Set-SiteFile "$site/two.html" 'two'
        (Invoke-Request $start 'GET /').Text | Should -Be 'two'
        Set-SiteFile "$site/one.html" 'one'
        (Invoke-Request $start 'GET /').Text | Should -Be 'one'
        Remove-Item "$site/one.html"
        (Invoke-Request $start 'GET /').Text | Should -Be 'two'
    }
}

Describe 'What the server may not read' -Skip:(-not $IsLinux) {
    BeforeAll {
        $closed = New-Site @{ 'open.txt' = 'open'; 'file.txt' = 'closed'; 'folder/a.txt' = 'a'; 'unlisted/a.txt' = 'a'; 'names-only/a.txt' = 'a'; 'start/index.html' = 'closed'; 'a.css' = 'plain'; 'a.css.gz' = 'closed' }
        chmod 000 "$closed/file.txt" "$closed/folder" "$closed/start/index.html" "$closed/a.css.gz"
        chmod 311 "$closed/unlisted"
        chmod 444 "$closed/names-only"
        $start = "Import-Module '$modulePath/PSNetLab.psd1'; `$s = Start-StaticHttpServer '$closed' -Browse; `$s.Port; `$null = [Console]::In.ReadLine()"
        $command = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $start
        # Root may read everything, as long as it has that capability.
        if ([Environment]::IsPrivilegedProcess -and (Get-Command setpriv -ErrorAction Ignore)) {
            $command = @('setpriv', '--bounding-set=-dac_override,-dac_read_search') + $command
        }
        elseif ([Environment]::IsPrivilegedProcess) { $reason = 'root may read everything, and setpriv is missing' }
        if (-not $reason) {
            $info = [Diagnostics.ProcessStartInfo]::new($command[0], [string[]] $command[1..$command.Count])
            $info.RedirectStandardInput = $info.RedirectStandardOutput = $true
            $process = [Diagnostics.Process]::Start($info)
            $server = [pscustomobject] @{ Port = [int] $process.StandardOutput.ReadLine(); LocalEndPoint = [ipendpoint]::new([ipaddress]::Loopback, 0) }
        }
    }

    BeforeEach { if ($reason) { Set-ItResult -Skipped -Because $reason } }

    AfterAll {
        if ($process) {
            $process.Kill($true)
            $process.Dispose()
        }
        chmod -R 700 $closed
    }

    It '<Target> gets <Status>' -ForEach @(
        @{ Target = '/file.txt'; Status = 403 }, @{ Target = '/folder/a.txt'; Status = 403 }, @{ Target = '/folder/'; Status = 403 }, @{ Target = '/unlisted/'; Status = 403 }
        @{ Target = '/start/'; Status = 403 }, @{ Target = '/unlisted/a.txt'; Status = 200 }, @{ Target = '/names-only/a.txt'; Status = 403 }
        @{ Target = '/names-only/'; Status = 403 }, @{ Target = '/open.txt'; Status = 200 }
    ) {
        (Invoke-Request $server "GET $Target").Status | Should -Be $Status
    }

    It 'is not needed where the file itself can be sent' {
        (Invoke-Request $server 'GET /a.css' 'Accept-Encoding: gzip').Text | Should -Be 'plain'
    }

    It 'is sent as soon as it may' {
        chmod 600 "$closed/file.txt"
        (Invoke-Request $server 'GET /file.txt').Text | Should -Be 'closed'
        chmod 000 "$closed/file.txt"
        (Invoke-Request $server 'GET /file.txt').Status | Should -Be 403
    }
}
