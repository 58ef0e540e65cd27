# The examples that speak a protocol, with the usual clients of each.

BeforeDiscovery {
    $tools = @{}
    foreach ($tool in 'curl', 'nc', 'logger', 'openssl', 'redis-cli') {
        $tools[$tool] = $IsLinux -and [bool] (Get-Command $tool -CommandType Application -ErrorAction Ignore)
    }
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1

    # What an example has put out, apart from its first line, once there is enough of it.
    function Wait-Output($Example, [int] $Count) {
        Wait-Until { $Example.Output.Count -gt $Count }
        @($Example.Output)[1..$Count]
    }
}

Describe 'smtp-server.ps1' {
    BeforeEach { $server = Start-ExampleServer smtp-server @{ Refuse = '*@example.net' } }
    AfterEach { Stop-Example $server }

    It 'takes the mail of python3, and refuses what it shall refuse' {
        $said = Invoke-PythonScript @'
import smtplib, sys
from email.message import EmailMessage
mail = EmailMessage()
mail['From'], mail['To'], mail['Subject'] = 'a@example.org', 'b@example.org', 'disk full'
mail.set_content('First line\n.a dot\n\nLast line\n')
with smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=10) as smtp:
    print(smtp.send_message(mail, to_addrs=['b@example.org', 'c@example.net', 'd@example.org']))
    try:
        smtp.sendmail('a@example.org', ['nobody@example.net'], 'x')
    except smtplib.SMTPRecipientsRefused as refused:
        print(refused.recipients)
'@ $server.Port
        $said[0] | Should -Be "{'c@example.net': (550, b'no such mailbox')}"
        $said[1] | Should -Be "{'nobody@example.net': (550, b'no such mailbox')}"
        $mail = Wait-Output $server 1
        $mail.From | Should -Be 'a@example.org'
        $mail.To | Should -Be 'b@example.org, d@example.org'
        $mail.Subject | Should -Be 'disk full'
        $mail.Text.Trim() | Should -Be "First line`n.a dot`n`nLast line"
    }

    It 'takes the mail of curl' -Skip:(-not $tools.curl) {
        $file = Join-Path $TestDrive mail.txt
        Set-Content $file 'Subject: from curl', '', 'text'
        curl -sS --max-time 20 "smtp://127.0.0.1:$($server.Port)" --mail-from a@b.c --mail-rcpt d@e.f -T $file
        $LASTEXITCODE | Should -Be 0
        (Wait-Output $server 1).Subject | Should -Be 'from curl'
    }
}

Describe 'ftp-banner.ps1' {
    It 'lets curl in no farther than the password' -Skip:(-not $tools.curl) {
        $server = Start-ExampleServer ftp-banner
        try {
            $said = curl -sS -v --max-time 20 "ftp://me:secret@127.0.0.1:$($server.Port)/" 2>&1 | Out-String
            $LASTEXITCODE | Should -Be 67
            $said | Should -Match '220 ProFTPD 1.3.5 Server ready'
            Wait-Output $server 2 | Should -Be '127.0.0.1 says: USER me', '127.0.0.1 says: PASS secret'
        }
        finally { Stop-Example $server }
    }

    It 'greets python3, and refuses its password' {
        $server = Start-ExampleServer ftp-banner
        try {
            $said = Invoke-PythonScript @'
import ftplib, sys
ftp = ftplib.FTP()
print(ftp.connect('127.0.0.1', int(sys.argv[1]), 10))
try:
    ftp.login('me', 'secret')
except ftplib.error_perm as refused:
    print(refused)
'@ $server.Port
            $said[0] | Should -BeLike '220 ProFTPD*'
            $said[1] | Should -BeLike '530 *'
        }
        finally { Stop-Example $server }
    }
}

Describe 'syslog.ps1' {
    It 'takes datagrams and lines' {
        $server = Start-ExampleServer syslog
        try {
            Send-UdpMessage 127.0.0.1 $server.Port '<34>Oct 11 22:14:15 host su: by datagram'
            $null = Wait-Output $server 1
            Send-TcpMessage 127.0.0.1 $server.Port '<165>1 2003-10-11T22:14:15Z host app - - - by line', 'plain' -Framing Line
            $messages = Wait-Output $server 3
            $messages.By | Should -Be 'UDP', 'TCP', 'TCP'
            $messages.Severity | Should -Be 'Critical', 'Notice', $null
            $messages.Facility | Should -Be 4, 20, $null
            $messages.Text | Should -Be 'Oct 11 22:14:15 host su: by datagram', '2003-10-11T22:14:15Z host app - - - by line', 'plain'
        }
        finally { Stop-Example $server }
    }

    It 'takes what logger <Option> sends' -Skip:(-not $tools.logger) -ForEach @(
        @{ Name = 'UDP'; Option = , '--udp' }
        @{ Name = 'TCP'; Option = , '--tcp' }
        @{ Name = 'TCP'; Option = '--tcp', '--octet-count' }
        @{ Name = 'TCP'; Option = '--tcp', '--octet-count', '--rfc3164' }
    ) {
        $server = Start-ExampleServer syslog
        try {
            logger -n 127.0.0.1 -P $server.Port @Option -p mail.warning -t test 'disk full'
            $LASTEXITCODE | Should -Be 0
            $message = Wait-Output $server 1
            $message.By, $message.Facility, $message.Severity | Should -Be $Name, 2, 'Warning'
            $message.Text | Should -BeLike '*test*disk full'
        }
        finally { Stop-Example $server }
    }

    It 'takes lines and counted messages over one connection, however they are cut' {
        $server = Start-ExampleServer syslog
        try {
            Invoke-PythonScript @'
import socket, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for one in b'<14>first\n13 <14>two\nlines<14>third\r\n10 <14>fourth<14>torn':
    peer.send(bytes([one]))
peer.close()
'@ $server.Port
            (Wait-Output $server 5).Text | Should -Be 'first', "two`nlines", 'third', 'fourth', 'torn'
        }
        finally { Stop-Example $server }
    }

    It 'takes lines and counted messages over TLS, also of openssl' -Skip:(-not $tools.openssl) {
        $server = Start-ExampleServer syslog @{ Tls = $true }
        try {
            '<14>line' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -SkipCertificateCheck
            $null = Wait-Output $server 1
            bash -c "printf '11 <13>counted' | timeout 20 openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:$($server.Port) 2>&1" | Out-Null
            $messages = Wait-Output $server 2
            $messages.By | Should -Be 'TLS', 'TLS'
            $messages.Text | Should -Be 'line', 'counted'
            $messages.Severity | Should -Be 'Information', 'Notice'
        }
        finally { Stop-Example $server }
    }
}

Describe 'redis-like.ps1' {
    BeforeEach { $server = Start-ExampleServer redis-like }
    AfterEach { Stop-Example $server }

    It 'answers lines of words from nc' -Skip:(-not $tools.nc) {
        $said = "printf 'PING\r\nSET name me\r\nGET name\r\nGET other\r\nINCR n\r\nINCR n\r\nKEYS *m*\r\nDEL name\r\nEVAL x\r\nQUIT\r\n' | timeout 20 nc 127.0.0.1 $($server.Port)" |
            ForEach-Object { bash -c $_ }
        $said | Should -Be '+PONG', '+OK', '$2', 'me', '$-1', ':1', ':2', '*1', '$4', 'name', ':1', "-ERR unknown command 'EVAL'", '+OK'
    }

    It 'answers redis-cli' -Skip:(-not $tools['redis-cli']) {
        $words = @('SET', 'a name', 'two words'), @('GET', 'a name'), @('GET', 'other'), @('INCR', 'n'), @('KEYS', 'n'), @('NOPE')
        $said = foreach ($command in $words) { (redis-cli -h 127.0.0.1 -p $server.Port --no-raw @command) -join ' ' }
        $said | Should -Be 'OK', '"two words"', '(nil)', '(integer) 1', '1) "n"', "(error) ERR unknown command 'NOPE'"
    }

    It 'answers arrays as redis-cli sends them' {
        $said = Invoke-PythonScript @'
import socket, sys
peer = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)
def ask(*words):
    peer.sendall(b''.join([b'*%d\r\n' % len(words)] + [b'$%d\r\n%s\r\n' % (len(w.encode()), w.encode()) for w in words]))
    print(lines.readline().rstrip())
lines = peer.makefile('rb')
ask('SET', 'a name', 'two words')
ask('GET', 'a name')
print(lines.readline().rstrip())
ask('PING')
'@ $server.Port
        $said | Should -Be "b'+OK'", "b'`$9'", "b'two words'", "b'+PONG'"
    }
}

Describe 'time.ps1' {
    It 'tells python3 the time over TCP and UDP' {
        $server = Start-ExampleServer time
        try {
            $said = Invoke-PythonScript @'
import socket, struct, sys, time
port = int(sys.argv[1])
peer = socket.create_connection(('127.0.0.1', port), 10)
told = b''
while part := peer.recv(100):
    told += part
print(len(told), abs(struct.unpack('!I', told)[0] - 2208988800 - time.time()) < 30)
peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
peer.settimeout(10)
peer.sendto(b'', ('127.0.0.1', port))
told = peer.recv(100)
print(len(told), abs(struct.unpack('!I', told)[0] - 2208988800 - time.time()) < 30)
'@ $server.Port
            $said | Should -Be '4 True', '4 True'
        }
        finally { Stop-Example $server }
    }
}
