BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-Talk {
        $server = Start-TcpServer -Framing CrLf -ScriptBlock { "来,确认下眼神 $($_.Text)" } -Transcript
        $connection = Open-TcpConnection localhost $server.Port -Framing CrLf
        foreach ($word in 'one', 'two') {
            Send-TcpMessage $connection $word
            $null = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
        }
        Close-TcpConnection $connection
        Stop-Job $server
        Get-NetTranscript $server
        Remove-Job $server
    }

    $talk = Get-Talk
    Export-Clixml $TestDrive/talk.xml -InputObject $talk
    $copy = Import-Clixml $TestDrive/talk.xml
}

Describe 'Format-NetTranscript' {
    It 'shows a timeline, of live events and of copies' {
        $live = $talk | Format-NetTranscript -NoColor -Width 80
        $live[0] | Should -Match '^#\d+ TCP 127\.0\.0\.1:\d+ --> 127\.0\.0\.1:\d+, '
        $live[1] | Should -BeLike '* SYN, SYN ACK, ACK (ESTABLISHED | ESTABLISHED)'
        @($live -like '* -->           FIN (FIN-WAIT-2 | CLOSE-WAIT)') | Should -HaveCount 1
        @($live -like "* <-- * 来,确认下眼神 one`u{240d}`u{240a}") | Should -HaveCount 1
        $copy | Format-NetTranscript -NoColor -Width 80 | Should -Be $live
        Format-NetTranscript $talk -NoColor -Width 80 | Should -Be $live
    }

    It 'draws two lanes, and the same as an image' {
        $lines = $talk | Format-NetTranscript -Sequence -NoColor -Width 80
        @($lines -match 'SYN-SENT \|-+ SYN -+>\| SYN-RCVD$') | Should -HaveCount 1
        @($lines -match 'FIN-WAIT-1 \|-+ FIN -+>\| CLOSE-WAIT$') | Should -HaveCount 1
        $copy | Format-NetTranscript -Sequence -NoColor -Width 80 | Should -Be $lines
        $path = "$TestDrive/picture.svg"
        $talk | Format-NetTranscript -Path $path | Should -BeNullOrEmpty
        $image = [xml] (Get-Content $path -Raw)
        $image.svg.text.'#text' | Should -Contain 'FIN-WAIT-1'
        @($image.svg.text.'#text' -like '*来,确认下眼神 one*') | Should -HaveCount 1
        if (-not $IsWindows) { (Get-Item $path).UnixMode | Should -Be '-rw-------' }
    }

    It 'says when the image cannot be written' {
        { $talk | Format-NetTranscript -Path $TestDrive/nowhere/x.svg } | Should -Throw -ErrorId 'FileUnwritable,*'
    }

    It 'replaces an image with -Force only, as Export-NetTranscript does' {
        $path = "$TestDrive/there.svg"
        'mine' | Set-Content $path
        { $talk | Format-NetTranscript -Path $path } | Should -Throw '*-Force*' -ErrorId 'FileExists,*'
        { $talk | Format-NetTranscript -Force } | Should -Throw '*-Path*' -ErrorId 'InvalidParameters,*'
        $talk | Format-NetTranscript -Path $path -Force -WhatIf
        Get-Content $path | Should -Be 'mine'
        $talk | Format-NetTranscript -Path $path -Force
        Get-Content $path -Raw | Should -BeLike '*<svg*'
        Get-ChildItem $TestDrive/there.svg* | Should -HaveCount 1
    }

    It 'writes a dialogue that a server plays' {
        $path = "$TestDrive/said.txt"
        $talk | Format-NetTranscript -Dialogue | Set-Content $path
        Get-Content $path | Should -Be 'C: one', 'S: 来,确认下眼神 one', 'C: two', 'S: 来,确认下眼神 two'
        $server = Start-TcpServer -Path $path
        try {
            $connection = Open-TcpConnection localhost $server.Port -Framing CrLf
            foreach ($word in 'one', 'two') {
                Send-TcpMessage $connection $word
                (Receive-TcpMessage $connection -Count 1 -TimeoutSec 20).Text | Should -Be "来,确认下眼神 $word"
            }
            Wait-Until { $server.Dialogue[0].Completed }
        }
        finally {
            $connection | Close-TcpConnection
            Remove-Job $server -Force
        }
    }

    It 'shows at least what xxd shows, with -Hex' -Skip:(-not (Get-Command xxd -ErrorAction Ignore)) {
        $data = $talk | Where-Object Kind -EQ Data | Select-Object -First 2 -Skip 1
        $dump = $data | Format-NetTranscript -Hex -NoColor -Width 80 | Where-Object { $_ -match '^  [0-9a-f]{4} ' }
        $bytes = ($dump | ForEach-Object { $_.Substring(7, 48) }) -join '' -replace ' '
        $bytes | Should -Be ([Convert]::ToHexString($data.Data)).ToLowerInvariant()
        $dump[0] | Should -BeLike '*...,*'
    }

    It 'has colors unless they are not wanted' {
        $script = "Import-Module '$modulePath/PSNetLab.psd1'; `$PSStyle.OutputRendering = '{0}'; Import-Clixml $TestDrive/talk.xml | Format-NetTranscript {1}"
        $saved = $env:NO_COLOR
        try {
            $env:NO_COLOR = ''
            @(Invoke-PowerShell -Command ($script -f 'Ansi', '')) -join '' | Should -Match '\e\['
            @(Invoke-PowerShell -Command ($script -f 'Ansi', '-NoColor')) -join '' | Should -Not -Match '\e\['
            @(Invoke-PowerShell -Command ($script -f 'PlainText', '')) -join '' | Should -Not -Match '\e\['
            $env:NO_COLOR = '1'
            @(Invoke-PowerShell -Command ($script -f 'Ansi', '')) -join '' | Should -Not -Match '\e\['
        }
        finally { $env:NO_COLOR = $saved }
    }

    It 'follows a server while it works' {
        $server = Start-TcpServer -Echo -Transcript
        $null = Send-TcpMessage localhost $server.Port now -Count 1
        $line = Get-NetTranscript $server -Wait | Format-NetTranscript -NoColor | Where-Object { $_ -match '<-- +3  now' } | Select-Object -First 1
        $line | Should -Not -BeNullOrEmpty
        Remove-Job $server -Force
    }

    It 'says what is no event, and goes on' {
        $lines = @(5, $talk[0]) | Format-NetTranscript -ErrorVariable failed -ErrorAction SilentlyContinue
        $failed[0].FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
        $lines | Should -HaveCount 2
    }

    It 'refuses a framing by script blocks, which it does not run' {
        { $talk | Format-NetTranscript -Framing @{ Parse = { 1 } } } | Should -Throw -ErrorId 'InvalidParameters,*' -ExpectedMessage '*runs no script blocks*'
    }

    It 'refuses to make a dialogue of two connections' {
        $both = @($talk) + @(Get-Talk)
        { $both | Format-NetTranscript -Dialogue } | Should -Throw -ErrorId 'InvalidParameters,*' -ExpectedMessage '*-ConnectionId*'
    }
}
