# Peers that know nothing of this module, nor of .NET.

BeforeDiscovery {
    $missing = @{}
    foreach ($tool in 'python3', 'ncat', 'socat', 'openssl') {
        $missing[$tool] = -not (Get-Command $tool -CommandType Application -ErrorAction Ignore)
    }
    $missing.python3 = $missing.python3 -and -not (Get-Command python -CommandType Application -ErrorAction Ignore)
    foreach ($tool in $missing.Keys) {
        if ($missing[$tool]) { Write-Warning "$tool is missing: the tests with it are skipped." }
    }
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    function Start-Tool([string] $Name, [string[]] $ArgumentList) {
        $start = [Diagnostics.ProcessStartInfo]::new($Name, $ArgumentList)
        $start.RedirectStandardInput = $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $start.StandardInputEncoding = [Text.UTF8Encoding]::new($false)
        $start.StandardOutputEncoding = [Text.UTF8Encoding]::new($false)
        $process = [Diagnostics.Process]::Start($start)
        # A full pipe would stop the tool.
        $process.BeginErrorReadLine()
        $tools.Add($process)
        $process
    }

    function Read-ToolLine($Process) {
        $Process.StandardOutput.ReadLineAsync().WaitAsync([timespan]::FromSeconds(30)).GetAwaiter().GetResult()
    }

    function Send-ToolLine($Process, [string] $Text) {
        $Process.StandardInput.Write("$Text`n")
        $Process.StandardInput.Flush()
    }

    # The tools cannot say which free port they took, or when they listen.
    function Wait-Port([int] $Port) {
        Wait-Until { Open-TcpConnection 127.0.0.1 $Port -ErrorAction Ignore | ForEach-Object { Close-TcpConnection $_; $true } }
    }
}

Describe 'Interop' {
    BeforeEach { $tools = [Collections.Generic.List[Diagnostics.Process]]::new() }

    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        foreach ($tool in $tools) {
            if (-not $tool.HasExited) { $tool.Kill($true) }
            $tool.WaitForExit()
            $tool.Dispose()
        }
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'python3' -Skip:$missing.python3 {
        It 'client: says something, gets the answer, in <Encoding>' -ForEach @{ Encoding = 'utf-8' }, @{ Encoding = 'gb18030' } {
            $server = Start-TcpServer -Encoding $Encoding -Reply '来,确认下眼神'
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port, $Encoding -Code @'
import socket, sys
with socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10) as s:
    for text in '你好', '再见':
        s.sendall(text.encode(sys.argv[2]))
        print(s.recv(1024).decode(sys.argv[2]), flush=True)
'@
            $peer.ReadToEnd() | Should -Be '来,确认下眼神', '来,确认下眼神'
            (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be '你好', '再见'
            Wait-Until { $server.Information.Count -eq 2 }
            "$($server.Information[1])" | Should -BeLike '*closed: PeerClosed'
        }

        It 'server: one client after the other' {
            $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(5)
print('PORT', s.getsockname()[1], flush=True)
for _ in range(3):
    c, address = s.accept()
    print('client', address[1], flush=True)
    while data := c.recv(1024):
        print(data.decode(), flush=True)
        c.sendall('来,确认下眼神'.encode())
    c.close()
'@
            foreach ($number in 1..3) {
                $connection = Open-TcpConnection 127.0.0.1 $peer.Port
                $peer.ReadLine() | Should -Be "client $($connection.LocalEndPoint.Port)"
                foreach ($text in '你好', '再见') {
                    $text | Send-TcpMessage -Connection $connection
                    $peer.ReadLine() | Should -Be $text
                    Receive-TcpMessage $connection -Count 1 -TimeoutSec 20 | Should -Be '来,确认下眼神'
                }
                Close-TcpConnection $connection
            }
            $peer.WaitForExit(10) | Should -Be 0
        }

        It 'counts what it gets after a half-close, and answers then' {
            $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1], flush=True)
c = s.accept()[0]
total = 0
while data := c.recv(65536):
    total += len(data)
c.sendall(b'%d\n' % total)
'@
            1..10000 | Send-TcpMessage 127.0.0.1 $peer.Port -Framing Line -Receive | Should -Be '48894'
        }

        It 'packs and unpacks the length prefix <Framing> as "<Format>"' -ForEach @(
            @{ Framing = 'Length8'; Format = 'B' }
            @{ Framing = 'Length16'; Format = '>H' }
            @{ Framing = 'Length16LE'; Format = '<H' }
            @{ Framing = 'Length32'; Format = '>I' }
            @{ Framing = 'Length32LE'; Format = '<I' }
        ) {
            $server = Start-TcpServer -Framing $Framing -Echo
            $peer = Start-PythonPeer -NoPort -ArgumentList $server.Port, $Format -Code @'
import socket, struct, sys
form = sys.argv[2]
with socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10) as s:
    f = s.makefile('rb')
    for text in 'one', '', 'x' * 200:
        s.sendall(struct.pack(form, len(text)) + text.encode())
        size, = struct.unpack(form, f.read(struct.calcsize(form)))
        print(f.read(size).decode() == text, flush=True)
'@
            $peer.ReadToEnd() | Should -Be 'True', 'True', 'True'
        }

        It 'resets: ConnectionReset' {
            $peer = Start-PythonPeer @'
import socket, struct
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen()
print('PORT', s.getsockname()[1], flush=True)
c = s.accept()[0]
c.recv(1024)
c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
c.close()
'@
            $fault = { 'x' | Send-TcpMessage 127.0.0.1 $peer.Port -Receive -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionReset,*'
            $fault.TargetObject | Should -Be "127.0.0.1:$($peer.Port)"
        }
    }

    Context 'ncat' -Skip:$missing.ncat {
        It 'client: what is piped into it comes back' {
            $server = Start-TcpServer -Echo
            '来,', 'second line' | ncat 127.0.0.1 $server.Port | Should -Be '来,', 'second line'
        }

        It 'server: what it is sent comes back' {
            $port = Get-FreePort
            $null = Start-Tool ncat '--listen', '--keep-open', '--exec', '/bin/cat', '127.0.0.1', $port
            Wait-Port $port
            # After a half-close it would throw away what the program still says.
            $connection = Open-TcpConnection 127.0.0.1 $port -Framing Line
            1..1000 | Send-TcpMessage -Connection $connection
            (Receive-TcpMessage $connection -Count 1000 -TimeoutSec 20).Text | Should -Be (1..1000)
        }

        It 'client under TLS' {
            $server = Start-TcpServer -Tls -Framing Line -Echo
            $ncat = Start-Tool ncat '--ssl', '127.0.0.1', $server.Port
            foreach ($text in 'secret', '来,确认下眼神') {
                Send-ToolLine $ncat $text
                Read-ToolLine $ncat | Should -Be $text
            }
            $server.Error | Should -BeNullOrEmpty
        }
    }

    Context 'socat' -Skip:$missing.socat {
        It 'client: what is piped into it comes back' {
            $server = Start-TcpServer -Echo -Framing Line
            1..100 | socat -t5 - "TCP4:127.0.0.1:$($server.Port)" | Should -Be (1..100)
        }

        It 'client from another address' -Skip:(-not $IsLinux) {
            $server = Start-TcpServer -Framing Line -ScriptBlock { "$($_.RemoteEndPoint.Address)" } -AllowAddress 127.0.0.2
            'who' | socat -t5 - "TCP4:127.0.0.1:$($server.Port),bind=127.0.0.2" | Should -Be '127.0.0.2'
        }

        It 'server: what it is sent comes back, after a half-close, too' {
            $port = Get-FreePort
            $null = Start-Tool socat "TCP4-LISTEN:$port,bind=127.0.0.1,reuseaddr,fork", 'EXEC:sort'
            Wait-Port $port
            # sort says nothing before its input has ended.
            ('b', 'c', 'a' | Send-TcpMessage 127.0.0.1 $port -Framing Line -Receive -TimeoutSec 10).Text | Should -Be 'a', 'b', 'c'
        }
    }

    Context 'openssl' -Skip:$missing.openssl {
        BeforeAll {
            $null = openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=lab.example' -addext 'subjectAltName=DNS:lab.example' `
                -keyout "$TestDrive/key.pem" -out "$TestDrive/cert.pem" 2>&1
            Get-Content "$TestDrive/key.pem", "$TestDrive/cert.pem" | Set-Content "$TestDrive/both.pem"
        }

        It 's_client with <Option> verifies the certificate of a server and talks to it' -ForEach @{ Option = '-tls1_2' }, @{ Option = '-tls1_3' } {
            $server = Start-TcpServer -Certificate "$TestDrive/both.pem" -Framing Line -Echo
            $client = Start-Tool openssl 's_client', $Option, '-quiet', '-verify_return_error', '-verify_hostname', 'lab.example',
                '-CAfile', "$TestDrive/cert.pem", '-connect', "127.0.0.1:$($server.Port)"
            foreach ($text in 'hello', '来,确认下眼神') {
                Send-ToolLine $client $text
                Read-ToolLine $client | Should -Be $text
            }
            (Get-TcpConnection $server).Tls.Protocol | Should -Be ($Option -replace '-tls1_', 'Tls1')
            Stop-Job $server
            $client.WaitForExit(30000) | Should -BeTrue -Because 'the server has closed in good order'
        }

        It 's_server answers a client under TLS' {
            $port = Get-FreePort
            # It sends every line back reversed.
            $null = Start-Tool openssl 's_server', '-quiet', '-rev', '-cert', "$TestDrive/both.pem", '-accept', "127.0.0.1:$port"
            Wait-Port $port
            $connection = Open-TcpConnection 127.0.0.1 $port -Tls -TargetHost lab.example -SkipCertificateCheck -Framing Line
            'desserts', 'level' | Send-TcpMessage -Connection $connection
            (Receive-TcpMessage $connection -Count 2 -TimeoutSec 20).Text | Should -Be 'stressed', 'level'
        }
    }
}
