# The lessons of docs/examples that show what goes over the wire.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1

    # Colors are escape sequences, which stand between the words.
    $noColor = $env:NO_COLOR
    $env:NO_COLOR = '1'
}

AfterAll { $env:NO_COLOR = $noColor }

Describe 'see-handshake.ps1' {
    It 'draws the handshake and both ends, as text and as an image' {
        $lines = Invoke-Example see-handshake @{ Path = "$TestDrive/lesson.svg" }
        $picture = $lines -join "`n"
        $picture | Should -Match '(?s)SYN-SENT \|-+ SYN -+>\| SYN-RCVD.*SYN ACK.* ACK .*ESTABLISHED.*FIN-WAIT-1 \|-+ FIN -+>\| CLOSE-WAIT.*TIME-WAIT'
        $picture | Should -Match 'Are you there\?'
        ([xml] (Get-Content $TestDrive/lesson.svg -Raw)).svg | Should -Not -BeNullOrEmpty
    }

    It 'speaks Chinese where the user does' {
        $script = "[Threading.Thread]::CurrentThread.CurrentUICulture = 'zh-CN'; & '$examples/see-handshake.ps1'"
        $text = (Invoke-PowerShell -Command $script) -join "`n"
        $text | Should -Match '来,确认下眼神'
        $text | Should -Match '三次握手'
    }
}

Describe 'see-glued.ps1' {
    It 'shows messages without ends, with ends, and with lengths' {
        $lines = Invoke-Example see-glued
        $heads = @($lines | Where-Object { $_ -like '= *' })
        $heads | Should -HaveCount 3
        $text = $lines -join "`n"
        ($lines | Where-Object { $_ -match '-->' -and $_ -notmatch 'TCP' } | ForEach-Object { $_.Substring(25) })[0] | Should -BeLike 'one*'
        $text | Should -Match "two`u{240a}"
        $text | Should -Match '\[0005\] three'
    }
}

Describe 'see-half-close.ps1' {
    It 'shows that the client still talks' {
        $lines = Invoke-Example see-half-close
        $lines[0] | Should -Be 'server FinWait, client CloseWait'
        $lines -join "`n" |
            Should -Match '(?s)CLOSE-WAIT \|<-+ FIN -+\| FIN-WAIT-1.*\|-+ 14 bytes: One more thing -+>\|.*LAST-ACK \|-+ FIN -+>\| TIME-WAIT'
    }
}

Describe 'see-http.ps1' {
    It 'shows the lines of both heads, and HTTPS in the clear' {
        $text = (Invoke-Example see-http) -join "`n"
        $text | Should -Match "\|  GET / HTTP/1.1`u{240d}`u{240a} +\|"
        $text | Should -Match "\|  HTTP/1.1 200 OK`u{240d}`u{240a} +\|"
        $text | Should -Match 'TLS was taken off: Tls1[23] '
        ([regex]::Matches($text, 'Hello, world')).Count | Should -Be 2
    }
}
