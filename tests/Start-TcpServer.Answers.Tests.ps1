# What a server says first, how late and how fast it answers, and dialogues.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Start-TcpServer -Greeting' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'greets with <Name>' -ForEach @(
        @{ Name = 'text'; Greeting = '来'; Expected = '来' }
        @{ Name = 'bytes'; Greeting = [byte[]] (65, 66); Expected = 'AB' }
        @{ Name = 'a list'; Greeting = 'one', 2; Expected = 'one', '2' }
    ) {
        $server = Start-TcpServer -Framing Line -Greeting $Greeting
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        (Receive-TcpMessage $client -Count @($Expected).Count -TimeoutSec 20).Text | Should -Be $Expected
    }

    It 'goes with every kind of answer' -ForEach @(
        @{ Answer = @{ Echo = $true } }
        @{ Answer = @{ Reply = 'x' } }
        @{ Answer = @{ ScriptBlock = { 'x' } } }
        @{ Answer = @{ Dialogue = 'C: x', 'S: x' } }
    ) {
        $server = Start-TcpServer -Framing Line -Greeting 'welcome' @Answer
        (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 2).Text | Should -Be 'welcome', 'x'
    }

    It 'comes after the TLS handshake' {
        $server = Start-TcpServer -Tls -Framing Line -Greeting 'welcome'
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line -SkipCertificateCheck
        (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'welcome'
    }

    It 'reports what does not fit the framing at once' {
        { Start-TcpServer -Framing Fixed:3 -Greeting 'too long' -ErrorAction Stop } | Should -Throw -ErrorId MessageLengthMismatch*
    }
}

Describe 'Start-TcpServer -DelayMs and -BytesPerSecond' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'answers late, with <Name>' -ForEach @(
        @{ Name = '-Echo'; Answer = @{ Echo = $true } }
        @{ Name = '-Reply'; Answer = @{ Reply = 'x' } }
        @{ Name = '-ScriptBlock'; Answer = @{ ScriptBlock = { 'x' } } }
        @{ Name = '-Dialogue'; Answer = @{ Dialogue = @{ x = 'x' } } }
    ) {
        $server = Start-TcpServer -Framing Line -DelayMs 60000-90000 @Answer
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'x'
        $null = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20 -ErrorAction Stop
        Receive-TcpMessage $client -TimeoutSec 0 | Should -BeNullOrEmpty
        Close-TcpConnection $client

        $server = Start-TcpServer -Framing Line -DelayMs 10 @Answer
        (Send-TcpMessage 127.0.0.1 $server.Port 'x' -Framing Line -Count 1).Text | Should -Be 'x'
    }

    It 'drips' {
        $server = Start-TcpServer -Reply ('x' * 30) -BytesPerSecond 200
        # A client that cannot read for so long finds all of it together: then once more.
        foreach ($try in 1..3) {
            $parts = Send-TcpMessage 127.0.0.1 $server.Port 'go' -Receive
            if ($parts.Count -gt 1) { break }
        }
        $parts.Count | Should -BeGreaterThan 1
        -join $parts.Text | Should -Be ('x' * 30)
    }

    It 'refuses <_>' -ForEach 'soon', '5-1', '-1' {
        { Start-TcpServer -DelayMs $_ -ErrorAction Stop } | Should -Throw -ErrorId InvalidParameters*
    }
}

Describe 'Start-TcpServer -Dialogue' {
    BeforeAll {
        # What a client hears that says each line after it has heard an answer.
        function Invoke-Talk($Server, [string[]] $Text, [switch] $Greeted) {
            $client = Open-TcpConnection 127.0.0.1 $Server.Port -Framing Line
            if ($Greeted) { (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text }
            foreach ($line in $Text) {
                Send-TcpMessage -Connection $client $line
                (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text
            }
            Close-TcpConnection $client
        }
    }
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'speaks in turn, in CRLF lines, and closes the connection at the end' {
        $server = Start-TcpServer -Dialogue '220 ready', @{ 'HELO *' = '250 hi' }, @{ 'MAIL *' = '451 busy' }, 'QUIT', '221 bye'
        $client = Open-TcpConnection 127.0.0.1 $server.Port
        Send-TcpMessage -Connection $client "HELO x`nMAIL FROM:<a@b>`r`nquit`r`n"
        -join (Receive-TcpMessage $client -TimeoutSec 5).Text | Should -Be "220 ready`r`n250 hi`r`n451 busy`r`n221 bye`r`n"
        $server.Dialogue.Completed | Should -BeTrue
        "$($server.Dialogue)" | Should -Be "$($client.LocalEndPoint): completed"
        $server.Error | Should -BeNullOrEmpty
    }

    It 'tells what was unexpected' {
        $server = Start-TcpServer -Dialogue '220 ready', @{ 'HELO *' = '250 hi'; 'EHLO *' = '250 hi' }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'QUIT'
        (Receive-TcpMessage $client -TimeoutSec 5).Text | Should -Be '220 ready'
        Wait-Until { $server.Error.Count }
        $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'DialogueUnexpected*'
        "$($server.Error[0])" | Should -Be ("$($client.LocalEndPoint) said something unexpected: step 2 of the dialogue expected " +
            "'EHLO *' or 'HELO *', and got 'QUIT'. -Unexpected says what the server does then.")
        $server.Dialogue.Completed | Should -BeFalse
        $server.Dialogue.Unexpected | Should -Be "Step 2 expected 'EHLO *' or 'HELO *', and got 'QUIT'."
        $server.Dialogue.Step, $server.Dialogue.Steps, $server.Dialogue.UnexpectedCount | Should -Be 2, 2, 1
    }

    It 'does what -Unexpected says' {
        $server = Start-TcpServer -Dialogue @{ 'HELO *' = '250 hi' } -Unexpected '500 what?'
        Invoke-Talk $server 'QUIT', 'HELO x' | Should -Be '500 what?', '250 hi'
        $server = Start-TcpServer -Dialogue @{ 'HELO *' = '250 hi' } -Unexpected '!tell', '!close'
        Invoke-Talk $server 'QUIT' | Should -Be "Step 1 expected 'HELO *', and got 'QUIT'."
    }

    It 'expects regular expressions and bytes, and says captures, bytes and several messages' {
        $server = Start-TcpServer -Dialogue @(
            @{ ([regex] '^user (\w+)$') = 'hello $1' }
            @{ '/^pass (?<word>.+)$/' = '${word}, so', 'in' }
            [ordered]@{ '*' = 'first'; 'x' = 'second' }
            @{ ([byte[]] (1, 2)) = , [byte[]] (65, 66) }
            '!stall'
        )
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'user me', 'pass open', 'x', , [byte[]] (1, 2) | Send-TcpMessage -Connection $client
        (Receive-TcpMessage $client -Count 5 -TimeoutSec 20).Text | Should -Be 'hello me', 'open, so', 'in', 'first', 'AB'
    }

    It 'expects a [regex] as a step, and says what it captures' {
        $server = Start-TcpServer -Dialogue 'hi', ([regex] '^A(.)$'), 'got $1'
        ('Az' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 2 -TimeoutSec 20).Text | Should -Be 'hi', 'got z'
    }

    It 'says the elements of a list one after the other, and the client is next' {
        $server = Start-TcpServer -Dialogue ('220-one', '220 two'), 'QUIT'
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be '220-one', '220 two'
        $server.Dialogue.Expected | Should -Be "'QUIT'"
    }

    It 'loops, waits and resets' {
        $server = Start-TcpServer -Dialogue @{ status = 'busy' }, '!loop 2', '!wait 1', @{ status = 'ready'; bye = '!reset' }, '!loop'
        Invoke-Talk $server (,'status' * 5) | Should -Be 'busy', 'busy', 'ready', 'busy', 'busy'
    }

    It 'reads the steps from a file' {
        $file = Join-Path $TestDrive smtp.txt
        Set-Content $file '# refuses all mail', 'S: 220 ready', 'C: HELO *', 'S: 250-hi', 'S: 250 there', 'C: /^MAIL FROM:<(.*)>/', 'S: 451 not from $1', '!stall'
        $server = Start-TcpServer -Path $file
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'HELO x', 'MAIL FROM:<me@here>' | Send-TcpMessage -Connection $client
        (Receive-TcpMessage $client -Count 4 -TimeoutSec 20).Text | Should -Be '220 ready', '250-hi', '250 there', '451 not from me@here'
    }

    It 'says what is wrong with a file' {
        { Start-TcpServer -Path $TestDrive/nothing.txt -ErrorAction Stop } | Should -Throw -ErrorId PathNotFound*
        $file = Join-Path $TestDrive wrong.txt
        Set-Content $file 'S: a', 'b'
        $fault = { Start-TcpServer -Path $file -ErrorAction Stop } | Should -Throw -ErrorId InvalidDialogue* -PassThru
        "$fault" | Should -BeLike "*wrong.txt: Line 2, 'b', is no step.*"
        "$($fault.TargetObject)" | Should -Be $file
    }

    It 'refuses <Name>' -ForEach @(
        @{ Name = 'a script block'; Dialogue = { 'x' } }
        @{ Name = 'an empty table'; Dialogue = @{} }
        @{ Name = 'nothing'; Dialogue = @() }
        @{ Name = 'an act that does not exist'; Dialogue = '!jump' }
        @{ Name = 'a loop without a pause'; Dialogue = '!mark', 'S: x', '!loop' }
        @{ Name = 'a broken regular expression'; Dialogue = @{ '/(/' = 'x' } }
    ) {
        { Start-TcpServer -Dialogue $Dialogue -ErrorAction Stop } | Should -Throw -ErrorId InvalidDialogue*
    }

    It 'shows how far each client has come, also as a copy' {
        $server = Start-TcpServer -Dialogue 'hi', @{ a = '1' }, @{ b = '2' }
        $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        Send-TcpMessage -Connection $client 'a'
        (Receive-TcpMessage $client -Count 2 -TimeoutSec 20).Text | Should -Be 'hi', '1'
        $table = $server.Dialogue | Format-Table | Out-String -Width 80
        $table | Should -Match 'Peer +Conn +Step +Steps Done +Unexpected'
        $table | Should -Match "$([regex]::Escape("$($client.LocalEndPoint)")) +\d+ +3 +3 False"
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($server.Dialogue[0]))
        $copy.Expected | Should -Be "'b'"
        "$($copy.RemoteEndPoint)" | Should -Be "$($client.LocalEndPoint)"
        ($server.Dialogue[0] | ConvertTo-Json | ConvertFrom-Json).Step | Should -Be 3
    }
}
