BeforeAll {
    . $PSScriptRoot/common.ps1

    # A mail server of a few lines: greeting, commands, data, and a number of its own for each mail.
    $smtp = @'
import socketserver, sys, uuid
word = sys.argv[1] if len(sys.argv) > 1 else "queued"
class Mail(socketserver.StreamRequestHandler):
    def say(self, text): self.wfile.write((text + "\r\n").encode())
    def handle(self):
        self.say("220 mail.test ready")
        while line := self.rfile.readline().strip():
            verb = line[:4].upper()
            if verb == b"EHLO": self.say("250-mail.test"); self.say("250 SIZE 1000000")
            elif verb == b"DATA":
                self.say("354 go on")
                while self.rfile.readline().strip() != b".": pass
                self.say("250 %s as %s" % (word, uuid.uuid4().hex[:1 + uuid.uuid4().int % 30]))
            elif verb == b"QUIT": self.say("221 bye"); return
            else: self.say("250 ok")
class Server(socketserver.ThreadingTCPServer): daemon_threads = True
s = Server(("127.0.0.1", 0), Mail)
print("PORT", s.server_address[1])
s.serve_forever()
'@
    $client = @'
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as s: s.sendmail("a@test", ["b@test"], "Subject: hi\r\n\r\n" + "text\r\n" * 500)
print("sent")
'@
    $web = @'
import functools, http.server, os, sys
os.chdir(sys.argv[1])
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print("PORT", s.server_address[1])
s.serve_forever()
'@
    # Frames with a length: each is answered with its bytes in reverse.
    $binary = @'
import socketserver, struct, sys
planted = int(sys.argv[1]) if len(sys.argv) > 1 else -1
class Reverse(socketserver.StreamRequestHandler):
    def handle(self):
        sent = 0
        while head := self.rfile.read(4):
            data = head + self.rfile.read(struct.unpack(">I", head)[0])[::-1]
            out = bytearray(data)
            if sent <= planted < sent + len(out): out[planted - sent] ^= 1
            sent += len(out)
            self.wfile.write(out)
s = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Reverse)
print("PORT", s.server_address[1])
s.serve_forever()
'@
    # What goes over a proxy to a server while a script runs with the proxy's port.
    function Get-Recorded([int] $Port, [scriptblock] $Script) {
        $proxy = Start-TcpProxy 127.0.0.1:$Port -Transcript
        & $Script $proxy.Port | Out-Null
        Wait-Until { (Get-NetTranscript $proxy).Kind -contains 'Closed' }
        Get-NetTranscript $proxy
        Remove-Job $proxy -Force
    }
}

Describe 'Invoke-NetReplay' {
    AfterEach {
        Get-Job | Remove-Job -Force
        $peers | ForEach-Object Stop
    }

    It 'finds no difference to a mail server, but what is ignored, and finds a planted one at its byte' {
        $peers = (Start-PythonPeer $smtp), (Start-PythonPeer $smtp 'quEued')
        $recorded = Get-Recorded $peers[0].Port { param($port)
            $mail = Start-PythonPeer $client $port -NoPort
            $mail.ReadLine() | Should -Be sent
            $mail.Stop() }
        $recorded | Export-NetTranscript $TestDrive/mail.pcapng
        $result = Invoke-NetReplay 127.0.0.1 $peers[0].Port -Transcript $TestDrive/mail.pcapng -Ignore 'as [0-9a-f]+'
        $result.Reason | Should -BeNullOrEmpty
        "$($result.FirstDifference)" | Should -BeNullOrEmpty
        $result.Matched | Should -BeTrue
        $result.Sent | Should -BeGreaterThan 3000
        $changed = $recorded | Invoke-NetReplay 127.0.0.1 $peers[1].Port -Ignore 'as [0-9a-f]+'
        $changed.Matched | Should -BeFalse
        $changed.FirstDifference.ExpectedText | Should -BeLike 'eued as *'
        $changed.FirstDifference.GotText | Should -BeLike 'Eued as *'
        $said = -join ($recorded | Where-Object Direction -EQ ToClient).Text
        $changed.FirstDifference.Offset | Should -Be ($said.IndexOf('queued') + 2)
    }

    It 'finds no difference to a web server but its date' {
        $null = New-Item -ItemType Directory $TestDrive/site
        'page' * 50000 | Set-Content $TestDrive/site/index.html
        $peers = @(Start-PythonPeer $web $TestDrive/site)
        $recorded = Get-Recorded $peers[0].Port { param($port) Invoke-WebRequest "http://127.0.0.1:$port/" }
        $result = $recorded | Invoke-NetReplay 127.0.0.1 $peers[0].Port -Ignore 'Date: [^\r]*'
        $result.Matched | Should -BeTrue -Because "$($result.Reason) $($result.FirstDifference)"
        'pages' * 40000 | Set-Content $TestDrive/site/index.html
        $result = $recorded | Invoke-NetReplay 127.0.0.1 $peers[0].Port -Ignore 'Date: [^\r]*', 'Last-Modified: [^\r]*', 'Content-Length: \d+' -TimeoutSec 20
        $result.Matched | Should -BeFalse
        $head = (-join ($recorded | Where-Object Direction -EQ ToClient).Text).IndexOf("`r`n`r`n") + 4
        $result.FirstDifference.Offset | Should -Be ($head + 4)
    }

    It 'finds no difference to a binary server, and a bit that was planted' {
        $peers = (Start-PythonPeer $binary), (Start-PythonPeer $binary 70001)
        $recorded = Get-Recorded $peers[0].Port { param($port)
            $connection = Open-TcpConnection 127.0.0.1 $port -Framing Length32
            foreach ($size in 1, 1000, 100000) { Send-TcpMessage $connection ([byte[]] (, 7 * $size)) -Count 1 }
            Close-TcpConnection $connection }
        $same = $recorded | Invoke-NetReplay 127.0.0.1 $peers[0].Port -Compare
        $same.Matched | Should -BeTrue -Because "$($same.Reason) $($same.FirstDifference)"
        $planted = $recorded | Invoke-NetReplay 127.0.0.1 $peers[1].Port -Compare
        $planted.FirstDifference.Offset | Should -Be 70001
        $planted.FirstDifference.Expected[0] -bxor $planted.FirstDifference.Got[0] | Should -Be 1
        $planted.Received | Should -Be $same.Received
    }

    It 'plays the server as a job, over TLS as well' {
        $server = Start-TcpServer -Framing Line -Reply 'world' -Transcript
        $null = Send-TcpMessage localhost $server.Port 'hello' -Framing Line -Count 1
        Get-NetTranscript $server | Export-NetTranscript $TestDrive/hello.jsonl
        Remove-Job $server -Force
        $stub = Get-Item $TestDrive/hello.jsonl | Invoke-NetReplay -AsServer -Compare -Tls
        $stub.PSJobTypeName | Should -Be NetReplay
        Send-TcpMessage localhost $stub.Port 'hello' -Framing Line -Count 1 -SkipCertificateCheck | ForEach-Object Text | Should -Be world
        $result = Receive-Job $stub -Wait
        $result.Matched | Should -BeTrue -Because "$($result.Reason) $($result.FirstDifference)"
        $stub.State | Should -Be Completed
        Test-TcpPort localhost $stub.Port -Quiet | Should -BeFalse
    }

    It 'reports what makes it void' {
        $one = '{{"time":"2026-01-01T00:00:00Z","connectionId":{0},"kind":"Data","direction":"ToServer","text":"a","client":"[::1]:1","server":"[::1]:2"}}'
        ($one -f 1), ($one -f 2) | Set-Content $TestDrive/two.jsonl
        $two = Import-NetTranscript $TestDrive/two.jsonl
        { $two | Invoke-NetReplay localhost:1 -ErrorAction Stop } | Should -Throw '*Choose one with -ConnectionId*'
        { $two | Invoke-NetReplay localhost:1 -ConnectionId 3 -ErrorAction Stop } | Should -Throw -ErrorId 'ConnectionNotFound*'
        { $two | Invoke-NetReplay localhost $(Get-FreePort) -ConnectionId 2 -ErrorAction Stop } | Should -Throw -ErrorId 'ConnectionRefused*'
        { $two | Invoke-NetReplay localhost -ConnectionId 2 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameters*'
        { $two | Invoke-NetReplay localhost:1 -ConnectionId 2 -Speed 2 -ErrorAction Stop } | Should -Throw '*Add -Timing Original*'
        { 7 | Invoke-NetReplay localhost:1 } | Should -Throw '*events of Get-NetTranscript*'
        { Invoke-NetReplay localhost:1 -Transcript $TestDrive/none.jsonl } | Should -Throw -ErrorId 'PathNotFound*'
        { @() | Invoke-NetReplay localhost:1 -ErrorAction Stop } | Should -Throw '*transcript is empty*'
    }

    It 'ends at once with Ctrl+C, and leaves no socket' {
        $server = Start-TcpServer
        '{"time":"2026-01-01T00:00:00Z","connectionId":1,"kind":"Data","direction":"ToClient","text":"never","client":"[::1]:1","server":"[::1]:2"}' |
            Set-Content $TestDrive/wait.jsonl
        $before = Get-OpenSocketCount
        $run = Invoke-Stoppable {
            param($port, $file)
            Invoke-NetReplay 127.0.0.1 $port -Transcript $file -TimeoutSec 60
        } -ArgumentList $server.Port, "$TestDrive/wait.jsonl"
        $run.StopMs | Should -BeLessThan 10000
        Remove-Job $server -Force
        Wait-Until { (Get-OpenSocketCount) -le $before }
    }
}
