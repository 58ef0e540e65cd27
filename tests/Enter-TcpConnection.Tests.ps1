BeforeDiscovery {
    $hasTmux = [bool] (Get-Command tmux -ErrorAction Ignore)
    if (-not $hasTmux) { Write-Warning 'tmux is missing: the sessions at a terminal are not tested.' }
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    . $PSScriptRoot/terminal.ps1
}

Describe 'Enter-TcpConnection without a console' {
    BeforeAll {
        $server = Start-TcpServer
    }

    AfterAll { Remove-Job $server -Force }

    AfterEach { @(Get-TcpConnection -Job $server) | Should -BeNullOrEmpty -Because 'it did not even connect' }

    It 'says what to use instead when the input is redirected' {
        $said = '' | Invoke-PowerShell -Command "Import-Module $modulePath/PSNetLab.psd1
            try { Enter-TcpConnection 127.0.0.1 $($server.Port) }
            catch { `$_.FullyQualifiedErrorId, `$_.CategoryInfo.Category, `$_.TargetObject, `"`$_`" }"
        $said[0] | Should -Be 'NotInteractive,PSNetLab.Commands.EnterTcpConnectionCommand'
        $said[1] | Should -Be InvalidOperation
        $said[2] | Should -Be '127.0.0.1'
        $said[3] | Should -BeLike '*the input is redirected*Send-TcpMessage*'
    }

    It 'is an error in a background job: <Name>' -ForEach @(
        @{ Name = 'of a process'; Start = { param($path, $port) Start-Job { Import-Module $using:path; Enter-TcpConnection 127.0.0.1 $using:port } } }
        @{ Name = 'of a thread'; Start = { param($path, $port) Start-ThreadJob { Import-Module $using:path; Enter-TcpConnection 127.0.0.1 $using:port } } }
    ) {
        $job = & $Start "$modulePath/PSNetLab.psd1" $server.Port
        $null = $job | Wait-Job -Timeout 60
        $fault = $job.ChildJobs.Count ? $job.ChildJobs[0].JobStateInfo.Reason.ErrorRecord : $null
        $fault ??= $job.JobStateInfo.Reason.ErrorRecord
        if (-not $fault) { $null = $job | Receive-Job -ErrorVariable fault -ErrorAction SilentlyContinue }
        @($fault)[0].FullyQualifiedErrorId | Should -BeLike 'NotInteractive*'
        Remove-Job $job -Force
    }

    It 'is an error in a runspace without a host' {
        $shell = [powershell]::Create()
        try {
            $fault = $shell.AddScript("Import-Module $modulePath/PSNetLab.psd1; try { Enter-TcpConnection 127.0.0.1 $($server.Port) } catch { `$_ }").Invoke()
            $fault.FullyQualifiedErrorId | Should -Be 'NotInteractive,PSNetLab.Commands.EnterTcpConnectionCommand'
        }
        finally { $shell.Dispose() }
    }
}

Describe 'Enter-TcpConnection at a terminal' -Skip:(-not $hasTmux) {
    BeforeAll {
        # For every program in the terminal: no colors, and a clipboard that OSC 52 would reach.
        $env:NO_COLOR = 1
        $terminal = Start-Terminal
        function Enter([string] $Arguments, [string[]] $Shows = @('`* Ctrl+D ends sending*', '>')) {
            $terminal.Press("Clear-Host; Enter-TcpConnection $Arguments", 'Enter')
            $terminal.Shows($Shows)
        }
    }

    AfterAll {
        $terminal.Stop()
        Remove-Item Env:NO_COLOR
    }

    AfterEach {
        # Without its server, a session ends by itself. Ctrl+C just then could come between the command and its prompt, where
        # PowerShell waits for ever for an answer of the terminal that Ctrl+C throws away.
        Get-Job | Remove-Job -Force
        try { $terminal.Shows('PS>') }
        catch {
            $terminal.Restart()
            throw
        }
    }

    It 'sends what is typed, shows what arrives above it, and ends with the peer' {
        $server = Start-TcpServer -Framing Line
        Enter "localhost $($server.Port)" "`* Connected to localhost:$($server.Port).", '`* Ctrl+D*', '>'
        $terminal.Press('hello 世界', 'Enter')
        $message = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        $message.Text | Should -Be 'hello 世界'
        $terminal.Press('half a li')
        $terminal.Shows('> half a li')
        Send-TcpMessage -Job $server "250 你好"
        $terminal.Shows(@('> hello 世界', '< 250 你好', '> half a li'))
        $terminal.Press('ne', 'Enter')
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'half a line'
        Get-TcpConnection -Job $server | Close-TcpConnection
        $terminal.Shows(@('`* localhost:* has closed the connection.', 'PS>'))
    }

    It 'gives the terminal back as it was' {
        $server = Start-TcpServer
        $state = '"[$([Console]::TreatControlCAsInput) $(stty -a | grep -ow -e "-\?echo" -e "-\?icanon")]"'
        $terminal.Press("Clear-Host; $state", 'Enter')
        $terminal.Shows(@('`[*]', 'PS>'))
        $before = $terminal.Screen()[-2]
        Enter "localhost:$($server.Port)"
        $terminal.Press('', 'C-c')
        $terminal.Shows(@('`* The connection is closed.', 'PS>'))
        $terminal.Press($state, 'Enter')
        $terminal.Shows(@('`[*]', 'PS>'))
        $terminal.Screen()[-2] | Should -Be $before
        # Ctrl+C stops a pipeline again.
        $terminal.Press('"asleep"; Start-Sleep 600', 'Enter')
        $terminal.Shows('asleep')
        $terminal.Press('', 'C-c')
        $terminal.Shows('PS>')
        $terminal.Press('"alive"', 'Enter')
        $terminal.Shows(@('alive', 'PS>'))
    }

    It 'edits wide characters, and keeps a history' {
        $server = Start-TcpServer -Framing Line
        Enter "localhost $($server.Port)"
        $terminal.Press('中文字', @('Left', 'Left', 'BSpace'))
        $terminal.Press('法x', @('Home', 'DC'))
        $terminal.Shows('> x文字')
        $terminal.Press('', @('C-u', 'C-k'))
        $terminal.Press('中文字', @('Left', 'BSpace'))
        $terminal.Shows('> 中字')
        Wait-Until { $terminal.Cursor() -like '4,*' }
        $terminal.Press('华😀', @('Left', 'Left', 'Right', 'Enter'))
        $terminal.Press('second', 'Enter')
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be '中华😀字', 'second'
        $terminal.Press('', @('Up', 'Up'))
        $terminal.Shows('> 中华😀字')
        $terminal.Press('', @('Down', 'M-b'))
        $terminal.Press('the ', 'Enter')
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'the second'
    }

    It 'sends pasted lines one by one' {
        $server = Start-TcpServer -Framing Line
        Enter "localhost $($server.Port)"
        $lines = 1..50 | ForEach-Object { "line $_ 行" }
        $terminal.Paste(($lines -join "`n") + "`nrest")
        (Receive-TcpMessage -Job $server -Count 50 -TimeoutSec 20).Text | Should -Be $lines
        $terminal.Shows(@('> line 49 行', '> line 50 行', '> rest'))
    }

    It 'redraws the line when the terminal is resized' {
        $server = Start-TcpServer -Framing Line
        Enter "localhost $($server.Port)"
        $terminal.Press(('0123456789' * 9) + '中')
        $terminal.Shows(@('> 0123456789*', '890123456789中'))
        $terminal.Resize(40, 10)
        $terminal.Shows(@('> 01234567890123456789012345678901234567', '8901234567890123456789012345678901234567', '890123456789中'))
        @($terminal.Screen() -like '> *').Count | Should -Be 1
        $terminal.Resize(80, 24)
        $terminal.Shows(@('> 0123456789*', '890123456789中'))
        $terminal.Press('', 'Enter')
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be (('0123456789' * 9) + '中')
    }

    It 'half-closes on Ctrl+D, and listens until the peer ends' {
        $peer = Start-PythonPeer @'
import socket
server = socket.create_server(('127.0.0.1', 0))
print('PORT', server.getsockname()[1])
client, _ = server.accept()
said = b''
while piece := client.recv(4096): said += piece
print(said)
client.sendall(b'you said %d bytes\n' % len(said))
client.close()
'@
        try {
            Enter "127.0.0.1 $($peer.Port)"
            $terminal.Press('last', @('Enter', 'C-d'))
            $peer.ReadLine() | Should -Be "b'last\r\n'"
            $terminal.Shows(@('< you said 6 bytes', "`* 127.0.0.1:$($peer.Port) has closed the connection.", 'PS>'))
        }
        finally { $peer.Stop() }
    }

    It 'never passes on what would command the terminal' {
        # First that this tmux would notice.
        $terminal.Press('Clear-Host; [Console]::Write("`e]52;c;b3du`a`e]2;own`a")', 'Enter')
        Wait-Until { $terminal.Tmux(@('list-buffers', '-F', '#{buffer_sample}')) -eq 'own' }
        Wait-Until { $terminal.Tmux(@('display-message', '-p', '#{pane_title}')) -eq 'own' }
        $null = $terminal.Tmux('delete-buffer')
        $terminal.Shows('PS>')

        $server = Start-TcpServer
        Enter "localhost $($server.Port)"
        $bytes = [Text.Encoding]::UTF8.GetBytes("`e]52;c;ZXZpbA==`a`e]2;evil`a`e[2J`e[31m" + [char] 0x9b + '2J' + [char] 0x202e + "evil`r`n`e[")
        Send-TcpMessage -Job $server $bytes
        $terminal.Shows(@('< ␛]52;c;ZXZpbA==␇␛]2;evil␇␛`[2J␛`[31m�2J�evil', '< ␛`[', '>'))
        Send-TcpMessage -Job $server "2J`n"
        $terminal.Shows(@('< ␛`[2J', '>'))
        $terminal.Screen()[0] | Should -BeLike '`* Connected to*' -Because 'the screen was not cleared'
        $terminal.Tmux('list-buffers') | Should -BeNullOrEmpty
        $terminal.Tmux(@('display-message', '-p', '#{pane_title}')) | Should -Not -BeLike '*evil*'
    }

    It 'puts characters together that were cut' {
        $server = Start-TcpServer
        Enter "localhost $($server.Port)"
        $bytes = [Text.Encoding]::UTF8.GetBytes('一😀')
        foreach ($byte in $bytes[0..4]) { Send-TcpMessage -Job $server ([byte[]] $byte) }
        $terminal.Shows(@('< 一', '>'))
        Send-TcpMessage -Job $server ([byte[]] $bytes[5, 6])
        Send-TcpMessage -Job $server "二`r"
        Send-TcpMessage -Job $server "`nrest"
        $terminal.Shows(@('< 一😀二', '< rest', '>'))
    }

    It 'closes on Ctrl+C what it opened, and nothing else' {
        $server = Start-TcpServer -Framing Line
        Enter "localhost $($server.Port)"
        Wait-Until { @(Get-TcpConnection -Job $server).Count -eq 1 }
        $terminal.Press('unsent', 'C-c')
        $terminal.Shows(@('`* The connection is closed.', 'PS>'))
        Wait-Until { @(Get-TcpConnection -Job $server).Count -eq 0 }

        $terminal.Press("Clear-Host; `$c = Open-TcpConnection localhost $($server.Port) -Framing Line; Enter-TcpConnection `$c", 'Enter')
        $terminal.Shows(@('`* Connection * to 127.0.0.1:*', '`* Ctrl+D*', '>'))
        $terminal.Press('in the session', 'Enter')
        $terminal.Press('', 'C-c')
        $terminal.Shows(@('`* Connection * stays open.', 'PS>'))
        Send-TcpMessage -Job $server 'later'
        $terminal.Press('Send-TcpMessage $c after; (Receive-TcpMessage $c -Count 1 -TimeoutSec 20).Text; Close-TcpConnection $c', 'Enter')
        $terminal.Shows(@('later', 'PS>'))
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'in the session', 'after'
    }

    It 'reports a reset as an error' {
        $server = Start-TcpServer
        Enter "localhost $($server.Port)"
        Wait-Until { @(Get-TcpConnection -Job $server).Count -eq 1 }
        Get-TcpConnection -Job $server | Close-TcpConnection -Reset
        $terminal.Shows(@('Enter-TcpConnection:*reset the connection*', '*', 'PS>'))
        $terminal.Press('Clear-Host; $Error[0].FullyQualifiedErrorId', 'Enter')
        $terminal.Shows(@('ConnectionReset,PSNetLab.Commands.EnterTcpConnectionCommand', 'PS>'))
    }

    It 'reports that nothing listens, as it was typed' {
        $port = Get-FreePort
        $terminal.Press("Clear-Host; try { Enter-TcpConnection localhost $port } catch { `"`$(`$_.FullyQualifiedErrorId) `$(`$_.TargetObject)`" }", 'Enter')
        $terminal.Shows(@("ConnectionRefused,PSNetLab.Commands.EnterTcpConnectionCommand localhost:$port", 'PS>'))
    }

    It 'saves what a server can play' {
        $server = Start-TcpServer -Framing Line -Dialogue '220 ready', 'HELO *', '250 你好', 'QUIT', '221 bye', '!stall'
        Enter "localhost $($server.Port)" '< 220 ready', '>'
        $terminal.Press('HELO me', 'Enter')
        $terminal.Shows(@('< 250 你好', '>'))
        $terminal.Press('QUIT', 'Enter')
        $terminal.Shows(@('< 221 bye', '>'))
        $terminal.Press(':save said.txt', 'Enter')
        $terminal.Shows(@('`* 5 lines were written to *said.txt.', '>'))
        $player = Start-TcpServer -Path (Join-Path $TestDrive said.txt)
        $said = 'HELO me', 'QUIT' | Send-TcpMessage localhost $player.Port -Framing Line -Count 3 -TimeoutSec 20
        $said.Text | Should -Be '220 ready', '250 你好', '221 bye'
        $player.Dialogue.Completed | Should -Be $true
    }

    It 'speaks TLS with openssl' -Skip:(-not (Get-Command openssl -ErrorAction Ignore)) {
        $own = New-TestCertificate -Folder $TestDrive -Name lab
        $peer = Start-TlsPeer $TestDrive '-cert', 'lab.pem', '-key', 'lab.key'
        try {
            Enter "localhost $($peer.Port) -TargetHost lab.example -TrustedCertificate $($own.File)" '`* Connected to localhost:* over Tls1*', '`* Ctrl+D*', '>'
            $terminal.Press('abc', 'Enter')
            $terminal.Shows(@('> abc', '< cba', '>')) # s_server -rev turns each line round
            $terminal.Press(':info', 'Enter')
            $terminal.Shows(@('`* Tls1* TLS_*, certificate of CN=lab', '>'))
        }
        finally { $peer.Stop() }
    }

    It 'talks with ncat, both ways' -Skip:(-not (Get-Command ncat -ErrorAction Ignore)) {
        $peer = Start-PythonPeer -ArgumentList (Get-FreePort) -Code @'
import subprocess, sys
ncat = subprocess.Popen(['ncat', '-lv', '127.0.0.1', sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
for line in ncat.stderr:
    if 'Listening on 127.0.0.1:' in line:
        print('PORT', sys.argv[1])
        break
print(repr(ncat.stdout.readline()))
ncat.stdin.write('to you\n')
ncat.stdin.flush()
print(repr(ncat.stdout.readline()))
ncat.kill()
'@
        try {
            Enter "127.0.0.1 $($peer.Port) -LineEnding Lf"
            $terminal.Press('to ncat', 'Enter')
            $peer.ReadLine() | Should -Be "'to ncat\n'"
            $terminal.Shows(@('< to you', '>'))
            $terminal.Press(':hex', 'Enter')
            $terminal.Press('bytes', 'Enter')
            $terminal.Shows(@('> 0008 62 79 74 65 73 0a *bytes.', '`* 127.0.0.1:* has closed the connection.', 'PS>'))
            $peer.ReadLine() | Should -Be "'bytes\n'"
        }
        finally { $peer.Stop() }
    }

    It 'shows the error of a script block of this session' {
        $terminal.Press('Clear-Host; $s = Start-TcpServer -Framing Line -ScriptBlock { throw "no $_" }; Enter-TcpConnection localhost $s.Port; Remove-Job $s -Force', 'Enter')
        $terminal.Shows(@('`* Ctrl+D*', '>'))
        $terminal.Press('today', 'Enter')
        $terminal.Shows(@('> today', '`* *The script block failed*no today*', '`* *', '`* server goes on.', '>'))
        $terminal.Press(':close', 'Enter')
    }
}
