# -Framing and -Encoding from end to end. Raw on the other side shows the bytes on the wire.

BeforeDiscovery {
    $framings = @(
        @{ Framing = 'Line'; Messages = 'a', '', 'bc'; Wire = '61 0A 0A 62 63 0A' }
        @{ Framing = 'line'; Messages = 'a', '', 'bc'; Wire = '61 0A 0A 62 63 0A' }
        @{ Framing = 'Null'; Messages = 'a', '', 'bc'; Wire = '61 00 00 62 63 00' }
        @{ Framing = 'Length8'; Messages = 'a', '', 'bc'; Wire = '01 61 00 02 62 63' }
        @{ Framing = 'Length16'; Messages = 'a', '', 'bc'; Wire = '00 01 61 00 00 00 02 62 63' }
        @{ Framing = 'Length16LE'; Messages = 'a', '', 'bc'; Wire = '01 00 61 00 00 02 00 62 63' }
        @{ Framing = 'Length32'; Messages = 'a', 'bc'; Wire = '00 00 00 01 61 00 00 00 02 62 63' }
        @{ Framing = 'Length32LE'; Messages = 'a', 'bc'; Wire = '01 00 00 00 61 02 00 00 00 62 63' }
        @{ Framing = 'Fixed:2'; Messages = 'ab', 'cd'; Wire = '61 62 63 64' }
        @{ Framing = 'Delimiter:0D0A'; Messages = 'a', '', 'bc'; Wire = '61 0D 0A 0D 0A 62 63 0D 0A' }
        @{ Framing = 'Delimiter:0x01 02'; Messages = 'a', 'bc'; Wire = '61 01 02 62 63 01 02' }
        @{ Framing = @{ Delimiter = "`r`n" }; Messages = 'a', 'bc'; Wire = '61 0D 0A 62 63 0D 0A' }
        @{ Framing = @{ Delimiter = 1, 2 }; Messages = 'a', 'bc'; Wire = '61 01 02 62 63 01 02' }
        @{ Framing = @{ Delimiter = @([byte] 1; 2) }; Messages = 'a', 'bc'; Wire = '61 01 02 62 63 01 02' }
        @{ Framing = @{ Delimiter = [byte] 0 }; Messages = 'a', 'bc'; Wire = '61 00 62 63 00' }
        @{ Framing = @{ Delimiter = [char] '|' }; Messages = 'a', 'bc'; Wire = '61 7C 62 63 7C' }
        @{ Framing = @{ Delimiter = [byte[]] (1, 2) }; Messages = 'a', 'bc'; Wire = '61 01 02 62 63 01 02' }
        @{ Framing = @{ LengthPrefix = 1 }; Messages = 'a', 'bc'; Wire = '01 61 02 62 63' }
        @{ Framing = @{ LengthPrefix = 4; LittleEndian = $true }; Messages = 'a', 'bc'; Wire = '01 00 00 00 61 02 00 00 00 62 63' }
        @{ Framing = 'CrLf'; Messages = 'a', '', 'bc'; Wire = '61 0D 0A 0D 0A 62 63 0D 0A' }
        @{ Framing = 'Length24LE'; Messages = 'a', 'bc'; Wire = '01 00 00 61 02 00 00 62 63' }
        @{ Framing = 'Length64'; Messages = 'a', ''; Wire = '00 00 00 00 00 00 00 01 61 00 00 00 00 00 00 00 00' }
        @{ Framing = 'OctetCount'; Messages = 'a', 'bc'; Wire = '31 20 61 32 20 62 63' }
        @{ Framing = 'Varint'; Messages = 'a', '', 'bc'; Wire = '01 61 00 02 62 63' }
        @{ Framing = 'Netstring'; Messages = 'a', '', 'bc'; Wire = '31 3A 61 2C 30 3A 2C 32 3A 62 63 2C' }
        @{ Framing = 'Slip'; Messages = 'a', 'bc'; Wire = '61 C0 62 63 C0' }
        @{ Framing = 'Telnet'; Messages = 'a', '', 'bc'; Wire = '61 0D 0A 0D 0A 62 63 0D 0A' }
        @{ Framing = 'Length16:Offset=1:Includes=Header'; Messages = 'a', 'bc'; Wire = '61 00 03 62 00 04 63' }
        @{ Framing = @{ LengthPrefix = 3 }; Messages = 'a', 'bc'; Wire = '00 00 01 61 00 00 02 62 63' }
        @{ Framing = @{ LengthPrefix = 2; LittleEndian = $true; Offset = 1; Includes = 'Length'; Adjust = -1 }; Messages = 'a', 'bc'; Wire = '61 03 00 62 04 00 63' }
        @{ Framing = @{ FixedLength = 2 }; Messages = 'ab', 'cd'; Wire = '61 62 63 64' }
    )
    foreach ($case in $framings) {
        $case.Name = $case.Framing -is [string] ? $case.Framing : (ConvertTo-Json $case.Framing -Compress)
    }
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    function ConvertTo-Hex([byte[]] $Bytes) { [Convert]::ToHexString($Bytes) -replace '..(?!$)', '$0 ' }
    function ConvertFrom-Hex([string] $Hex) { [Convert]::FromHexString($Hex -replace ' ') }

    # Everything a client sends with these arguments, as a server that frames nothing sees it.
    function Get-Wire([object[]] $Message, [hashtable] $With) {
        $raw = Start-TcpServer
        $Message | Send-TcpMessage 127.0.0.1 $raw.Port @With
        Wait-Until { $raw.Information.Count -ge 2 }
        ConvertTo-Hex (Receive-Job $raw).Data
    }
}

Describe 'Framing' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It '<Name> is written as <Wire>' -ForEach $framings {
        Get-Wire $Messages @{ Framing = $Framing } | Should -Be $Wire
    }

    It '<Name> is read from <Wire>' -ForEach $framings {
        $server = Start-TcpServer -Framing $Framing
        , (ConvertFrom-Hex $Wire) | Send-TcpMessage 127.0.0.1 $server.Port
        $received = Receive-TcpMessage -Job $server -Count $Messages.Count -TimeoutSec 20
        $received.Text | Should -Be $Messages
        $received.Truncated | Should -Not -Contain $true
        $server.Error | Should -BeNullOrEmpty
    }

    It '<Name> is read from single bytes' -ForEach $framings {
        $server = Start-TcpServer -Framing $Framing
        $client = Open-TcpConnection 127.0.0.1 $server.Port -NoDelay
        ConvertFrom-Hex $Wire | Send-TcpMessage -Connection $client -IntervalMs 1 -WarningAction SilentlyContinue
        $received = Receive-TcpMessage -Job $server -Count $Messages.Count -TimeoutSec 20
        $received.Text | Should -Be $Messages
    }

    It '<Name> carries messages both ways' -ForEach $framings {
        $server = Start-TcpServer -Framing $Framing -Echo
        $Messages | Send-TcpMessage 127.0.0.1 $server.Port -Framing $Framing -Count $Messages.Count | ForEach-Object Text |
            Should -Be $Messages
    }

    It 'Line takes off a CR before the LF, and no other' {
        $server = Start-TcpServer -Framing Line
        "a`r`nb`rc`n`r`n" | Send-TcpMessage 127.0.0.1 $server.Port
        (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be 'a', "b`rc", ''
    }

    It 'Raw glues what waits to be read' {
        # One message kept and one in hand: the server reads no more until somebody takes them.
        $server = Start-TcpServer -BufferLimit 1
        $client = Open-TcpConnection 127.0.0.1 $server.Port -NoDelay
        foreach ($count in 1, 2) {
            "$count" | Send-TcpMessage -Connection $client
            Wait-Until { $server.MessageCount -eq $count }
        }
        'one', 'two', 'three' | Send-TcpMessage -Connection $client -IntervalMs 1
        (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be '1', '2', 'onetwothree'
    }

    It '-IntervalMs keeps Raw messages apart' {
        # A server that cannot read for so long finds two of them together: then once more.
        Wait-Until {
            $server = Start-TcpServer
            $clock = [Diagnostics.Stopwatch]::StartNew()
            'one', 'two', 'three' | Send-TcpMessage 127.0.0.1 $server.Port -IntervalMs 300
            $clock.Elapsed.TotalMilliseconds | Should -BeGreaterThan 580
            Wait-Until { $server.BytesReceived -eq 11 }
            (Receive-TcpMessage -Job $server -TimeoutSec 0).Text -join ' ' -eq 'one two three'
        }
    }

    It 'reports how many reads a message took' {
        $server = Start-TcpServer -Framing Line
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        'start, ' | Send-TcpMessage -Connection $client
        Wait-Until { $server.BytesReceived -eq 7 }
        "end`n" | Send-TcpMessage -Connection $client
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Reads | Should -Be 2
    }

    It '<Framing> carries the longest message, and an error for a longer one names the framing' -ForEach @(
        @{ Framing = 'Length8'; Fits = 255; Id = 'MessageTooLong'; Category = 'LimitsExceeded'; Advice = '*at most 255. Use a wider length prefix*' }
        @{ Framing = 'Length16'; Fits = 65535; Id = 'MessageTooLong'; Category = 'LimitsExceeded'; Advice = '*at most 65535. Use a wider length prefix*' }
        @{ Framing = @{ LengthPrefix = 1; Includes = 'Length' }; Fits = 254; Id = 'MessageTooLong'; Category = 'LimitsExceeded'; Advice = '*at most 254. Use a wider length prefix*' }
        @{ Framing = 'Fixed:3'; Fits = 3; Id = 'MessageLengthMismatch'; Category = 'InvalidArgument'; Advice = '*Fixed:3 needs exactly 3. Pad or cut the message*' }
    ) {
        $server = Start-TcpServer -Framing $Framing
        $long = 'x' * ($Fits + 1)
        $fitting = 'y' * $Fits
        $long, $fitting | Send-TcpMessage 127.0.0.1 $server.Port -Framing $Framing -ErrorVariable faults -ErrorAction SilentlyContinue
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be $fitting
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $faults[0].CategoryInfo.Category | Should -Be $Category
        "$($faults[0])" | Should -BeLike $Advice
    }

    It 'a server reports a <Framing> message that was cut off, and keeps the part that arrived' -ForEach @(
        @{ Framing = 'Line'; Wire = '61 0A 62 63'; Rest = '62 63' }
        @{ Framing = 'Delimiter:0D0A'; Wire = '61 0D 0A 62 0D'; Rest = '62 0D' }
        @{ Framing = 'Length16'; Wire = '00 01 61 00 05 62 63'; Rest = '62 63'; Prefix = 2 }
        @{ Framing = 'Length32'; Wire = '00 00 00 01 61 00 00'; Rest = ''; Prefix = 2 }
        @{ Framing = 'Fixed:1000'; Wire = '61'; Rest = '61' }
        @{ Framing = 'Length16:Offset=2'; Wire = '61 62 00 05 63'; Rest = '61 62 63'; Prefix = 2 }
        @{ Framing = 'OctetCount'; Wire = '31 20 61 35 20 62 63'; Rest = '62 63'; Prefix = 2 }
        @{ Framing = 'Netstring'; Wire = '31 3A 61 2C 32 3A 62 63'; Rest = '62 63'; Prefix = 2 }
        @{ Framing = 'Varint'; Wire = '01 61 80 01 62'; Rest = '62'; Prefix = 2 }
        @{ Framing = 'Slip'; Wire = '61 C0 62 DB DC'; Rest = '62 C0' }
        @{ Framing = 'Telnet'; Wire = '61 0D 0A 62 FF F1 63'; Rest = '62 63' }
    ) {
        $server = Start-TcpServer -Framing $Framing
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        , (ConvertFrom-Hex $Wire) | Send-TcpMessage -Connection $client
        Close-TcpConnection $client
        Wait-Until { $server.Error.Count }

        $last = Receive-TcpMessage -Job $server -TimeoutSec 0 | Select-Object -Last 1
        $last.Truncated | Should -BeTrue
        ConvertTo-Hex $last.Data | Should -Be $Rest
        $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame*'
        $server.Error[0].CategoryInfo.Category | Should -Be 'InvalidData'
        "$($server.Error[0].TargetObject)" | Should -Be "$($client.LocalEndPoint)"
        "$($server.Error[0])" | Should -BeLike "$($client.LocalEndPoint) ended the stream*$($Framing -in 'Slip', 'Telnet' ? '' : $last.Length + $Prefix) bytes of a $Framing frame*"
    }

    It 'a client gets what was cut off, marked as truncated' {
        $server = Start-TcpServer -Reply "whole`npart"
        $replies = 'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Receive -TimeoutSec 5 -ErrorVariable faults -ErrorAction SilentlyContinue
        $replies.Text | Should -Be 'whole', 'part'
        $replies.Truncated | Should -Be $false, $true
        $faults.FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame,*'
    }

    It 'refuses <Bad>, and lists the valid forms' -ForEach @(
        @{ Bad = 'Lines'; Why = "'Lines' is not a framing." }
        @{ Bad = ''; Why = "'' is not a framing." }
        @{ Bad = 'Fixed'; Why = "'Fixed' is not a framing." }
        @{ Bad = 'Fixed:0'; Why = 'A fixed length must be at least 1 byte, not 0.' }
        @{ Bad = 'Fixed:-3'; Why = "'Fixed:-3' is not a framing." }
        @{ Bad = 'Line:2'; Why = "'Line:2' is not a framing." }
        @{ Bad = 'Delimiter:'; Why = 'A delimiter must have at least 1 byte.' }
        @{ Bad = 'Delimiter:0'; Why = "The delimiter in 'Delimiter:0' is not hexadecimal." }
        @{ Bad = 'Delimiter:XY'; Why = "The delimiter in 'Delimiter:XY' is not hexadecimal." }
        @{ Bad = @{ LengthPrefix = 5 }; Why = 'A length prefix must have 1, 2, 3, 4 or 8 bytes, not 5.' }
        @{ Bad = @{ LengthPrefix = 4; Offset = -1 }; Why = 'Offset must be 0 to 65535, not -1.' }
        @{ Bad = @{ LengthPrefix = 4; Includes = 'All' }; Why = "Includes must be Nothing, Length, Header, not 'All'." }
        @{ Bad = @{ LengthPrefix = 4; Includes = 1 }; Why = "Includes must be Nothing, Length, Header, not '1'." }
        @{ Bad = @{ LengthPrefix = 4; Adjust = 'x' }; Why = "Adjust = 'x' is not a number of bytes." }
        @{ Bad = @{ LengthPrefix = 4; Ofset = 1 }; Why = 'A hashtable with * is not a framing.' }
        @{ Bad = @{ FixedLength = 4; LittleEndian = $true }; Why = 'A hashtable with * is not a framing.' }
        @{ Bad = 'Length16:Ofset=1'; Why = "'Length16:Ofset=1' is not a framing." }
        @{ Bad = @{ LengthPrefix = 'x' }; Why = "LengthPrefix = 'x' is not a number of bytes." }
        @{ Bad = @{ Delimiter = 10 }; Why = 'A delimiter is text in quotes, or bytes such as 13, 10 or `[byte`] 0; 10 is neither.' }
        @{ Bad = @{ Delimiter = 13, 256 }; Why = '256 is neither.' }
        @{ Bad = @{ Delimiter = 13, -1 }; Why = '-1 is neither.' }
        @{ Bad = @{ Delimiter = 'a', 'b' }; Why = 'a is neither.' }
        @{ Bad = @{ Delimiter = @{ a = 1 } }; Why = 'is neither.' }
        @{ Bad = @{ Delimiter = $null }; Why = 'null is neither.' }
        @{ Bad = @{ Delimiter = @() }; Why = 'A delimiter must have at least 1 byte.' }
        @{ Bad = @(13, 10); Why = "'13 10' is not a framing." }
        @{ Bad = @{ Suffix = 1 }; Why = 'A hashtable with Suffix is not a framing.' }
        @{ Bad = @{ }; Why = 'A hashtable with nothing is not a framing.' }
    ) {
        $fault = { Start-TcpServer -Framing $Bad } | Should -Throw -PassThru
        $fault.Exception.GetBaseException().Kind | Should -Be 'InvalidFraming'
        "$fault" | Should -BeLike "*$Why*Use one of: Raw, Line, CrLf, Null, Length8, Length16, *, OctetCount, Varint, Netstring, Slip, Telnet, TelnetRaw, Fixed:<bytes>, Delimiter:<hex>, or a hashtable*"
    }
}

Describe 'Framings that can be wrong' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'a server closes the connection of a client that sends <Wire> as <Framing>, and says why' -ForEach @(
        @{ Framing = 'OctetCount'; Wire = '<34>Oct 11 22:14:15 host su: failed'; Why = "*'<34>Oct 11 22:14:15 '*needs the framing Line*" }
        @{ Framing = 'Netstring'; Wire = '3:abcd'; Why = '*end with a comma*' }
        @{ Framing = 'Slip'; Wire = [byte[]] (97, 0xDB, 97); Why = '*a byte DB that neither DC nor DD follows*' }
        @{ Framing = 'Varint'; Wire = [byte[]] (255, 255, 255, 255, 255, 1); Why = '*more than 5 bytes*' }
        @{ Framing = 'Length16:Includes=Length'; Wire = [byte[]] (0, 1, 97); Why = '*length is 1, but * at least 2*' }
    ) {
        $server = Start-TcpServer -Framing $Framing
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        Send-TcpMessage $client $Wire
        Receive-TcpMessage $client -TimeoutSec 5 | Should -BeNullOrEmpty
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -Be 'MalformedFrame'
        $server.Error[0].CategoryInfo.Category | Should -Be 'InvalidData'
        "$($server.Error[0])" | Should -BeLike "$($client.LocalEndPoint) sent what is no message of the framing $Framing, so the connection was closed: $Why"
        Close-TcpConnection $client
    }

    It 'a client closes its connection, and says why' {
        $server = Start-TcpServer -Greeting 'hello'
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Netstring
        Receive-TcpMessage $client -TimeoutSec 5 -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $faults.FullyQualifiedErrorId | Should -BeLike 'MalformedFrame,*'
        $client.CloseReason | Should -Be 'MalformedFrame'
    }

    It '<Framing> does not send an empty message, and the next one is sent' -ForEach @(@{ Framing = 'Slip' }, @{ Framing = 'OctetCount' }) {
        $server = Start-TcpServer -Framing $Framing
        '', 'b' | Send-TcpMessage 127.0.0.1 $server.Port -Framing $Framing -ErrorVariable faults -ErrorAction SilentlyContinue
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'b'
        $faults.FullyQualifiedErrorId | Should -BeLike 'MessageLengthMismatch,*'
        { Start-TcpServer -Framing $Framing -Reply '' -ErrorAction Stop } | Should -Throw -ErrorId 'MessageLengthMismatch,*'
    }
}

Describe 'Framings in every place' {
    AfterEach { Get-TcpConnection | Close-TcpConnection; Get-Job | Remove-Job -Force }

    It '<Framing> over TLS, with a greeting, a dialogue and replies' -ForEach @(
        foreach ($framing in 'OctetCount', 'Varint', 'Netstring', 'Slip', 'Telnet', 'Length16:Offset=1:Includes=Header') { @{ Framing = $framing } }
    ) {
        $server = Start-TcpServer -Tls -Framing $Framing -Greeting 'hello' -Dialogue 'ready', @{ '/^ask (.*)/' = 'answer $1' }, 'S: bye'
        $said = 'ask me' | Send-TcpMessage 127.0.0.1 $server.Port -SkipCertificateCheck -Framing $Framing -Count 4 -TimeoutSec 20
        $said.Text | Should -Be 'hello', 'ready', 'answer me', 'bye'
    }

    It 'script blocks answer in <Framing>' -ForEach @(@{ Framing = 'Netstring' }, @{ Framing = 'Telnet' }) {
        $server = Start-TcpServer -Framing $Framing -ScriptBlock { $_.Text.ToUpper(); 'and more' }
        ('a' | Send-TcpMessage 127.0.0.1 $server.Port -Framing $Framing -Count 2 -TimeoutSec 20).Text | Should -Be 'A', 'and more'
    }

    It '-Raw sends bytes as they are over a framed connection' {
        $server = Start-TcpServer -Framing Netstring
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Netstring
        Send-TcpMessage $client 'framed'
        '3:', 'abc', ',2:d' | Send-TcpMessage -Connection $client -Raw
        Send-TcpMessage $client 'e,' -Raw
        (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be 'framed', 'abc', 'de'
        Send-TcpMessage -Job $server '4:torn' -Raw
        Send-TcpMessage -Job $server ',' -Raw
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'torn'
        '1:a,1:b,' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Netstring -Raw
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'a', 'b'
    }
}

Describe 'Telnet' {
    AfterEach { Get-TcpConnection | Close-TcpConnection; Get-Job | Remove-Job -Force }

    It 'a server refuses every option, and sees only lines' {
        $server = Start-TcpServer -Framing Telnet -Dialogue 'login', @{ 'me' = 'welcome' }
        $raw = Open-TcpConnection 127.0.0.1 $server.Port
        Send-TcpMessage $raw ([byte[]] (255, 253, 1, 255, 251, 31, 255, 250, 31, 0, 80, 0, 24, 255, 240) + [Text.Encoding]::ASCII.GetBytes("me`r`0"))
        $got = [Collections.Generic.List[byte]]::new()
        Wait-Until { if ($more = Receive-TcpMessage $raw -Count 1 -TimeoutSec 20) { $got.AddRange($more.Data) }; $got.Count -ge 22 }
        $text = [Text.Encoding]::Latin1.GetString($got)
        $text -replace '\xff..' | Should -Be "login`r`nwelcome`r`n"
        [regex]::Matches($text, '\xff..').Value.ForEach{ ConvertTo-Hex ([Text.Encoding]::Latin1.GetBytes($_)) } | Should -Be 'FF FC 01', 'FF FE 1F'
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'me'
    }

    It 'a client refuses every option while it receives, and TelnetRaw gives a prompt without an end' {
        $server = Start-TcpServer
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing TelnetRaw
        Wait-Until { $server.Connections.Count }
        Send-TcpMessage -Job $server ([byte[]] (255, 251, 1, 255, 253, 24) + [Text.Encoding]::ASCII.GetBytes('login: '))
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'login: '
        $answer = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        ConvertTo-Hex $answer.Data | Should -Be 'FF FE 01 FF FC 18'
        Send-TcpMessage $client ([byte[]] (255, 13))
        ConvertTo-Hex (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Data | Should -Be 'FF FF 0D 00'
    }

    It 'refuses an encoding without its lines' {
        { Start-TcpServer -Framing Telnet -Encoding utf-16 -ErrorAction Stop } | Should -Throw '*0D 0A, which utf-16 does not have*'
    }
}

Describe 'Encoding' {
    AfterEach { Get-Job | Remove-Job -Force }

    It '<Name> puts the text on the wire as <Wire> and reads it back' -ForEach @(
        @{ Name = 'the default'; With = @{}; Wire = 'E6 9D A5 2C E7 A1 AE E8 AE A4 E4 B8 8B E7 9C BC E7 A5 9E' }
        @{ Name = 'utf8'; With = @{ Encoding = 'utf8' }; Wire = 'E6 9D A5 2C E7 A1 AE E8 AE A4 E4 B8 8B E7 9C BC E7 A5 9E' }
        @{ Name = 'GB18030'; With = @{ Encoding = 'GB18030' }; Wire = 'C0 B4 2C C8 B7 C8 CF CF C2 D1 DB C9 F1' }
        @{ Name = 'a code page'; With = @{ Encoding = 936 }; Wire = 'C0 B4 2C C8 B7 C8 CF CF C2 D1 DB C9 F1' }
        @{ Name = 'an Encoding'; With = @{ Encoding = [Text.Encoding]::BigEndianUnicode }; Wire = '67 65 00 2C 78 6E 8B A4 4E 0B 77 3C 79 5E' }
        @{ Name = 'utf-16'; With = @{ Encoding = 'utf-16' }; Wire = '65 67 2C 00 6E 78 A4 8B 0B 4E 3C 77 5E 79' }
    ) {
        Get-Wire '来,确认下眼神' $With | Should -Be $Wire
        $server = Start-TcpServer @With -Framing Length8 -Echo
        $answer = '来,确认下眼神' | Send-TcpMessage 127.0.0.1 $server.Port @With -Framing Length8 -Count 1
        $answer.Text | Should -Be '来,确认下眼神'
        ConvertTo-Hex $answer.Data | Should -Be $Wire
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be '来,确认下眼神'
    }

    It 'shows bytes that are invalid in <Encoding> as U+FFFD and keeps them in Data' -ForEach @(
        @{ Encoding = 'utf8' }, @{ Encoding = 'GB18030' }, @{ Encoding = 'ascii' }
    ) {
        $server = Start-TcpServer -Framing Line -Encoding $Encoding
        , [byte[]] (0x61, 0xff, 0x0a) | Send-TcpMessage 127.0.0.1 $server.Port
        $message = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        $message.Text | Should -Be "a`u{fffd}"
        $message.Data | Should -Be 0x61, 0xff
    }
}
