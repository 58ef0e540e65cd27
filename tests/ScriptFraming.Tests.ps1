# -Framing with script blocks of one's own.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # The length in 1 byte, and after the message the sum of its bytes.
    $checked = @{
        Parse = {
            $needs = $_[0] + 2
            if ($_.Count -lt $needs) { return @{ Needs = $needs; Offset = 1 } }
            $sum = 0
            foreach ($byte in $_[0..($needs - 2)]) { $sum = ($sum + $byte) % 256 }
            if ($_[$needs - 1] -ne $sum) { throw "Wrong sum: $sum" }
            @{ Length = $needs; Offset = 1; Count = $_[0] }
        }
        Format = {
            $sum = $_.Count
            foreach ($byte in $_) { $sum = ($sum + $byte) % 256 }
            $_.Count; $_; $sum
        }
    }

    # Whatever the first letter says goes wrong.
    $faulty = @{
        Parse = {
            switch -CaseSensitive ([char] $_[0]) {
                t { throw 'I do not like it' }
                e { Write-Error 'Something is wrong' }
                a { Get-Item /does/not/exist -ErrorAction Stop }
                n { -1 }
                z { 0 }
                m { 1000 }
                f { 1.6 }
                g { @{ Length = 1.6 } }
                o { @{ Length = 1; Offset = 2 } }
                w { @{ Needs = 1 } }
                u { @{ Size = 3 } }
                b { 'text' }
                2 { 1, 1 }
                l { while ($true) { } }
                default { 1 }
            }
        }
    }

    # Everything that reaches a server without framing.
    function Get-Wire([scriptblock] $Sending) {
        $raw = Start-TcpServer
        & $Sending $raw.Port
        Wait-Until { $raw.Information.Count -ge 2 }
        [Convert]::ToHexString([byte[]] (Receive-Job $raw).Data)
    }
}

Describe 'A framing by script blocks' {
    AfterEach { Get-TcpConnection | Close-TcpConnection; Get-Job | Remove-Job -Force }

    It 'is what a server reads and answers in' {
        $server = Start-TcpServer -Framing $checked -Greeting 'hi' -Echo
        $server.Port | Should -BeGreaterThan 0
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        Send-TcpMessage $client ([byte[]] (2, 65, 66, 133, 0, 0, 1, 67, 68))
        $got = [Collections.Generic.List[byte]]::new()
        while ($got.Count -lt 13) { $got.AddRange((Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Data) }
        [Convert]::ToHexString($got) | Should -Be '026869D3024142850000014344'
        (Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20).Text | Should -Be 'AB', '', 'C'
    }

    It 'is that of a client, and of the server that sends to it' {
        $server = Start-TcpServer -Framing $checked
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing $checked
        $client.Framing | Should -Be 'Script'
        'one', 'two' | Send-TcpMessage -Connection $client
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'one', 'two'
        'three', 'four' | Send-TcpMessage -Job $server
        (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be 'three', 'four'
        Send-TcpMessage $client ([byte[]] (1, 65, 66)) -Raw
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'A'
    }

    It 'serves Send-TcpMessage, which gets its replies in order' {
        $server = Start-TcpServer -Framing $checked -ScriptBlock { $_.Text.ToUpper() }
        $replies = 1..50 | ForEach-Object { "m$_" } | Send-TcpMessage 127.0.0.1 $server.Port -Framing $checked -Count 50 -TimeoutSec 30
        $replies.Text | Should -Be (1..50 | ForEach-Object { "M$_" })
    }

    It 'keeps the order of each of several connections' {
        $server = Start-TcpServer -Framing $checked -ThrottleLimit 4
        $clients = 1..6 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing $checked }
        foreach ($i in 1..10) { foreach ($client in $clients) { Send-TcpMessage $client "$i" } }
        Receive-TcpMessage -Job $server -Count 60 -TimeoutSec 30 | Group-Object ConnectionId |
            ForEach-Object { $_.Group.Text -join ' ' } | Should -Be (@('1 2 3 4 5 6 7 8 9 10') * 6)
    }

    It 'plays a dialogue and sends after a delay' {
        $server = Start-TcpServer -Framing $checked -DelayMs 10 -Dialogue 'ready', @{ 'ask *' = 'answer'; '/^add (\d+)$/' = 'added $1' }, 'S: bye'
        ('add 3' | Send-TcpMessage 127.0.0.1 $server.Port -Framing $checked -Count 3 -TimeoutSec 20).Text | Should -Be 'ready', 'added 3', 'bye'
        Wait-Until { $server.Dialogue[0].Completed }
    }

    It 'is read over every split of a stream' {
        $server = Start-TcpServer -Framing $checked
        $stream = [byte[]] (2, 65, 66, 133, 0, 0, 3, 67, 68, 69, 207)
        foreach ($cut in 1..($stream.Count - 1)) {
            $client = Open-TcpConnection 127.0.0.1 $server.Port -NoDelay
            Send-TcpMessage $client $stream[0..($cut - 1)] -Raw
            # What is complete has been taken before the rest comes.
            Wait-Until { (Get-TcpConnection $server -Id ((Get-TcpConnection $server).Id)).BytesReceived -eq $cut }
            Send-TcpMessage $client $stream[$cut..($stream.Count - 1)] -Raw
            $messages = Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20
            $messages.Text | Should -Be 'AB', '', 'CDE'
            $messages.Truncated | Should -Not -Contain $true
            Close-TcpConnection $client
            Wait-Until { $server.ConnectionCount -eq 0 }
        }
        $server.Error | Should -BeNullOrEmpty
    }

    It 'a message that was cut off after <Sent> has <Text> of it, and never its header' -ForEach @(
        @{ Sent = 5; Text = '' }
        @{ Sent = 5, 65; Text = 'A' }
        @{ Sent = 5, 65, 66, 67, 68, 69; Text = 'ABCDE' }
    ) {
        $server = Start-TcpServer -Framing $checked
        Send-TcpMessage 127.0.0.1 $server.Port ([byte[]] $Sent)
        $message = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        $message.Truncated | Should -BeTrue
        $message.Text | Should -Be $Text
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -Be 'TruncatedFrame'
    }

    It 'content may be other bytes than those that were sent' {
        $doubled = @{
            Parse = { $end = [Array]::IndexOf($_, [byte] 10); if ($end -ge 0) { @{ Length = $end + 1; Content = [byte[]] $_[0..$end].Where{ $_ -gt 32 } } } }
        }
        $server = Start-TcpServer -Framing $doubled
        Send-TcpMessage 127.0.0.1 $server.Port "a b  c`nd`n"
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'abc', 'd'
    }

    It 'may use $using:, and a message without Format is sent as it is' {
        $width = 3
        $framing = @{ Parse = { if ($_.Count -ge $using:width) { [PSCustomObject] @{ Length = $using:width } } } }
        $server = Start-TcpServer -Framing $framing
        Send-TcpMessage 127.0.0.1 $server.Port 'abcdef' -Framing $framing
        (Receive-TcpMessage -Job $server -Count 2 -TimeoutSec 20).Text | Should -Be 'abc', 'def'
        { Start-TcpServer -Framing @{ Parse = { $using:notThere } } -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidParameters,*'
    }

    It 'Format may return <What>' -ForEach @(
        @{ What = 'bytes and numbers'; Format = { 2; $_; 3 }; Wire = '02686903' }
        @{ What = 'a byte array as one'; Format = { , ([byte[]] (1, 2)) }; Wire = '0102' }
        @{ What = 'text in -Encoding'; Format = { 'é' }; Wire = 'E9' }
    ) {
        Get-Wire { Send-TcpMessage 127.0.0.1 $args[0] 'hi' -Encoding latin1 -Framing @{ Parse = { }; Format = $Format } } | Should -Be $Wire
    }

    It 'a <Letter> fails with <Why>, and ends only its connection' -ForEach @(
        @{ Letter = 't'; Why = '*1 byte from *: I do not like it (line 3 of the script block*' }
        @{ Letter = 'e'; Why = '*: Something is wrong (line 4 of *' }
        @{ Letter = 'a'; Why = "*: Cannot find path '/does/not/exist'*" }
        @{ Letter = 'n'; Why = '*nonsense: Length is -1*' }
        @{ Letter = 'z'; Why = '*nonsense: Length is 0*at least 1 byte*' }
        @{ Letter = 'm'; Why = '*nonsense: Length is 1000, but there are only 1 *' }
        @{ Letter = 'f'; Why = "*nonsense: Length = '1.6' is not a number of bytes*" }
        @{ Letter = 'g'; Why = "*nonsense: Length = '1.6' is not a number of bytes*" }
        @{ Letter = 'o'; Why = '*nonsense: Offset 2*not within*' }
        @{ Letter = 'w'; Why = '*nonsense: Needs is 1*' }
        @{ Letter = 'u'; Why = '*nonsense: a table with Size.*such as @{ Length*' }
        @{ Letter = 'b'; Why = "*nonsense: 'text'*" }
        @{ Letter = '2'; Why = '*nonsense: 2 objects*' }
        @{ Letter = 'l'; Why = '*did not end within 5 s*' }
    ) {
        $server = Start-TcpServer -Framing $faulty -Echo
        $other = Open-TcpConnection 127.0.0.1 $server.Port
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        Send-TcpMessage $client "x$Letter"
        (Receive-TcpMessage $client -TimeoutSec 30 -WarningAction SilentlyContinue).Text | Should -Be 'x'
        Wait-Until { $server.Error.Count }
        $server.Error.Count | Should -Be 1
        $server.Error[0].FullyQualifiedErrorId | Should -Be 'FramingScriptFailed'
        "$($server.Error[0])" | Should -BeLike "The script block failed on the Parse of -Framing, with $Why. The connection was closed."
        Send-TcpMessage $other 'yy'
        Wait-Until { $server.BytesSent -eq 3 }
    }

    It 'takes a whole number of any type: <Type>' -ForEach @{ Type = 'double' }, @{ Type = 'decimal' }, @{ Type = 'ulong' } {
        $server = Start-TcpServer -Framing @{ Parse = [scriptblock]::Create("if (`$_.Count -ge 2) { [$Type] 2 }") }
        Send-TcpMessage 127.0.0.1 $server.Port 'abcd'
        (Receive-TcpMessage $server -Count 2 -TimeoutSec 20).Text | Should -Be 'ab', 'cd'
    }

    It 'whoever waits for an answer is told that Parse failed' {
        $server = Start-TcpServer -Framing $faulty -Echo
        Send-TcpMessage 127.0.0.1 $server.Port 't' -Count 1 -WarningVariable told -ErrorAction SilentlyContinue 3>$null
        "$told" | Should -BeLike '*I do not like it*'
    }

    It 'a client is told that its Parse failed, and its connection is closed' {
        $server = Start-TcpServer -Greeting 'xt'
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing $faulty
        (Receive-TcpMessage $client -TimeoutSec 10 -ErrorVariable faults -ErrorAction SilentlyContinue).Text | Should -Be 'x'
        $faults.FullyQualifiedErrorId | Should -BeLike 'FramingScriptFailed,*'
        $client.CloseReason | Should -Be 'FramingFailed'
        "$($client.CloseDetail)" | Should -BeLike '*I do not like it*'
    }

    It 'a Format that returns <What> sends nothing, and says why' -ForEach @(
        @{ What = 'nothing'; Format = { }; Why = '*returned nothing*' }
        @{ What = 'a number that is no byte'; Format = { 256 }; Why = '*returned 256, which is not a byte*' }
        @{ What = 'an error'; Format = { throw 'no' }; Why = '*: no (line 1*' }
    ) {
        $server = Start-TcpServer
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing @{ Parse = { }; Format = $Format }
        Send-TcpMessage $client 'a' -ErrorVariable faults -ErrorAction SilentlyContinue
        $faults.FullyQualifiedErrorId | Should -BeLike 'FramingScriptFailed,*'
        "$faults" | Should -BeLike "*the Format of -Framing, with a message of 1 byte to $Why. It was not sent."
        $client.State | Should -Be 'Established'
        $client.BytesSent | Should -Be 0
    }

    It 'a server whose Format fails ends that connection' {
        $server = Start-TcpServer -Echo -Framing @{ Parse = { 1 }; Format = { if ($_[0] -eq 120) { throw 'no' }; $_ } }
        (Send-TcpMessage 127.0.0.1 $server.Port 'axb' -Receive -TimeoutSec 10 -WarningAction SilentlyContinue).Text | Should -Be 'a'
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -Be 'FramingScriptFailed'
        $server.State | Should -Be 'Running'
    }

    It 'a message that never ends is too long at last' {
        $server = Start-TcpServer -MaxMessageBytes 100 -Framing @{ Parse = { if ($_[0] -eq 1) { @{ Needs = 100000 } } } }
        Send-TcpMessage 127.0.0.1 $server.Port ([byte[]] 1) -ErrorAction SilentlyContinue -Receive -WarningAction SilentlyContinue
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -Be 'MessageTooLong'
        Send-TcpMessage 127.0.0.1 $server.Port ([byte[]]::new(70000)) -ErrorAction SilentlyContinue
        Wait-Until { $server.Error.Count -eq 2 }
        $server.Error[1].FullyQualifiedErrorId | Should -Be 'MessageTooLong'
    }

    It 'stopping the server or closing the connection does not wait for a Parse that never ends' {
        # It is ended after 5 s anyway. A machine that stands still may take that long too: then once more.
        $endless = @{ Parse = { while ($true) { } } }
        foreach ($try in 1..3) {
            $server = Start-TcpServer -Framing $endless
            Send-TcpMessage 127.0.0.1 $server.Port 'a'
            Wait-Until { $server.BytesReceived -eq 1 }
            $took = (Measure-Command { Stop-Job $server }).TotalSeconds
            $server.State | Should -Be 'Stopped'
            if ($took -lt 4) { break }
        }
        $took | Should -BeLessThan 4

        $greeter = Start-TcpServer -Greeting 'a'
        foreach ($try in 1..3) {
            $client = Open-TcpConnection 127.0.0.1 $greeter.Port -Framing $endless
            $receiving = [powershell]::Create().AddScript({ param($module, $client) Import-Module $module; Receive-TcpMessage $client }).
                AddArgument((Get-Module PSNetLab).Path).AddArgument($client)
            $run = $receiving.BeginInvoke()
            Wait-Until { $client.BytesReceived -eq 1 }
            Close-TcpConnection $client
            $inTime = $run.AsyncWaitHandle.WaitOne(4000)
            $receiving.EndInvoke($run) | Should -BeNullOrEmpty
            if ($inTime) { break }
        }
        $inTime | Should -BeTrue
    }

    It 'Ctrl+C ends a Receive-TcpMessage whose Parse never ends' {
        $greeter = Start-TcpServer -Greeting 'a'
        $client = Open-TcpConnection 127.0.0.1 $greeter.Port -Framing @{ Parse = { while ($true) { } } }
        $receiving = [powershell]::Create().AddScript({ param($module, $client) Import-Module $module; Receive-TcpMessage $client }).
            AddArgument((Get-Module PSNetLab).Path).AddArgument($client)
        $run = $receiving.BeginInvoke()
        Wait-Until { $client.BytesReceived -eq 1 }
        $stop = $receiving.BeginStop($null, $null)
        $stop.AsyncWaitHandle.WaitOne(4000) | Should -BeTrue
        $null = $run
    }

    It 'what Parse writes beside its output is in the streams of the job' {
        $server = Start-TcpServer -Framing @{ Parse = { Write-Warning "saw $($_.Count)"; $_.Count } }
        Send-TcpMessage 127.0.0.1 $server.Port 'ab'
        (Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20).Text | Should -Be 'ab'
        Wait-Until { $server.Warning.Count }
        "$($server.Warning[0])" | Should -Be 'saw 2'
    }

    It 'refuses <Bad>' -ForEach @(
        @{ Bad = "Parse = 'text'"; Framing = @{ Parse = 'text' }; Why = "*Parse must be a script block, not 'text'*" }
        @{ Bad = 'a script block alone'; Framing = { 1 }; Why = '*write @{ Parse = *' }
        @{ Bad = 'Format alone'; Framing = @{ Format = { } }; Why = '*A hashtable with Format is not a framing*@{ Parse = *' }
        @{ Bad = 'more'; Framing = @{ Parse = { }; Rest = 1 }; Why = '*is not a framing*' }
    ) {
        $fault = { Start-TcpServer -Framing $Framing } | Should -Throw -PassThru
        $fault.Exception.GetBaseException().Kind | Should -Be 'InvalidFraming'
        "$fault" | Should -BeLike $Why
    }
}
