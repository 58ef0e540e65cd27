BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/dns.ps1
    $odd = Start-PythonPeer $oddServer
    $at = @{ Server = '127.0.0.1'; Port = $odd.Port; TimeoutSec = 20 }
}

AfterAll {
    if ($odd) { $odd.Stop() }
}

Describe 'Resolve-DnsRecord' {
    Context 'what a server answers' {
        It 'is a row with the data, how it came and how long it took' {
            $reply = Resolve-DnsRecord www.lab.test @at
            $reply.Name | Should -Be 'www.lab.test'
            $reply.Type | Should -Be 'A'
            $reply.Server | Should -Be "127.0.0.1:$($odd.Port)"
            $reply.Address | Should -Be '127.0.0.1'
            $reply.Status | Should -Be 'Answered'
            $reply.Data | Should -Be '192.0.2.7'
            $reply.Passed | Should -BeNullOrEmpty
            $reply.Reason | Should -BeNullOrEmpty
            $reply.ResponseCode | Should -Be 'NOERROR'
            $reply.Flags | Should -Be 'AA RD RA'
            $reply.Transport | Should -Be 'Udp'
            $reply.Attempts | Should -Be 1
            $reply.Strays | Should -Be 0
            $reply.EdnsSize | Should -BeNullOrEmpty
            $reply.Size | Should -Be $reply.Raw.Length
            $reply.Milliseconds | Should -BeGreaterThan 0
            $reply.Duration.TotalMilliseconds | Should -Be $reply.Milliseconds
            $reply.Answers | Should -HaveCount 1
            "$($reply.Answers[0])" | Should -Be 'www.lab.test 300 IN A 192.0.2.7'
            $reply.Answers[0].Fields.Address | Should -Be '192.0.2.7'
        }

        It 'is <Status> for <Name>' -ForEach @(
            @{ Name = 'nodata'; Status = 'NoData'; Code = 'NOERROR'; Reason = 'nodata has no A record.' }
            @{ Name = 'empty'; Status = 'NoData'; Code = 'NOERROR'; Reason = 'empty has no A record.' }
            @{ Name = 'code3'; Status = 'NameNotFound'; Code = 'NXDOMAIN'; Reason = 'There is no name code3 (NXDOMAIN).' }
            @{ Name = 'code2'; Status = 'ServerFailed'; Code = 'SERVFAIL'; Reason = '*(SERVFAIL)*' }
            @{ Name = 'code5'; Status = 'QueryRefused'; Code = 'REFUSED'; Reason = '*(REFUSED).' }
            @{ Name = 'bare'; Status = 'QueryRefused'; Code = 'REFUSED'; Reason = '*(REFUSED).' }
            @{ Name = 'code9'; Status = 'OtherCode'; Code = 'NOTAUTH'; Reason = 'The server answered with NOTAUTH.' }
            @{ Name = 'code12'; Status = 'OtherCode'; Code = 'RCODE12'; Reason = 'The server answered with RCODE12.' }
            @{ Name = 'badvers'; Status = 'OtherCode'; Code = 'BADVERS'; Reason = 'The server answered with BADVERS.' }
            @{ Name = 'extended'; Status = 'ServerFailed'; Code = 'SERVFAIL'; Reason = '*The server says: Signature Expired: old!.' }
            @{ Name = 'referral'; Status = 'Referral'; Code = 'NOERROR'; Reason = '*does not know referral, and refers to ns.referral.' }
            @{ Name = 'deadend'; Status = 'NoData'; Code = 'NOERROR'; Reason = 'deadend is an alias of target.deadend. That name has no A record.' }
            @{ Name = 'ring'; Status = 'NoData'; Code = 'NOERROR'; Reason = '*has no A record.' }
        ) {
            $reply = Resolve-DnsRecord $Name @at -ErrorVariable faults
            $faults | Should -BeNullOrEmpty
            $reply.Status | Should -Be $Status
            $reply.ResponseCode | Should -Be $Code
            $reply.Data | Should -BeNullOrEmpty
            $reply.Reason | Should -BeLike $Reason
            $reply.Milliseconds | Should -BeGreaterThan 0
        }

        It 'has the aliases among its records, not in its data' {
            $reply = Resolve-DnsRecord alias @at
            $reply.Data | Should -Be '192.0.2.8'
            $reply.Answers.Type | Should -Be 'CNAME', 'A'
            (Resolve-DnsRecord alias CNAME @at).Data | Should -Be 'target.alias'
        }

        It 'is Malformed if it is <Name>' -ForEach @(
            @{ Name = 'loop'; Reason = '*does not point backwards*' }
            @{ Name = 'cut'; Reason = '*goes on after*' }
            @{ Name = 'claims'; Reason = '*after the end*' }
            @{ Name = 'header'; Reason = '*ends within its header*' }
        ) {
            $reply = Resolve-DnsRecord $Name @at
            $reply.Status | Should -Be 'Malformed'
            $reply.Reason | Should -BeLike "The answer is malformed: $Reason."
            $reply.ResponseCode | Should -BeNullOrEmpty
            $reply.Raw | Should -Not -BeNullOrEmpty
        }

        It 'shows no control characters' {
            $reply = Resolve-DnsRecord control TXT @at
            $reply.Data | Should -Be '\027[2J!'
            $reply.Answers[0].Fields.Strings | Should -Be '\027[2J!'
        }
    }

    Context 'what is not an answer' {
        It 'is ignored and counted' {
            $reply = Resolve-DnsRecord strays @at
            $reply.Data | Should -Be '192.0.2.7'
            # Elsewhere than on Linux and Windows, the system itself drops what comes from another port.
            $reply.Strays | Should -Be ($IsMacOS ? 5 : 6)
        }

        It 'is never taken' {
            $reply = Resolve-DnsRecord onlystrays @at -TimeoutSec 0.5
            $reply.Status | Should -Be 'TimedOut'
            $reply.Data | Should -BeNullOrEmpty
            $reply.Strays | Should -Be ($IsMacOS ? 5 : 6)
            $reply.Reason | Should -BeLike "No answer from UDP port $($odd.Port) of 127.0.0.1 within 0.5 s.*that answered something else were ignored."
        }

        It 'does not prolong the time limit' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            (Resolve-DnsRecord flood @at -TimeoutSec 0.2).Status | Should -Be 'TimedOut'
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 10
        }

        It 'may differ in case from the question' {
            (Resolve-DnsRecord case @at).Data | Should -Be '192.0.2.7'
        }
    }

    Context 'no answer' {
        It 'is TimedOut, with no time' {
            $reply = Resolve-DnsRecord silent @at -TimeoutSec 0.2
            $reply.Status | Should -Be 'TimedOut'
            $reply.Milliseconds | Should -BeNullOrEmpty
            $reply.Attempts | Should -Be 1
        }

        It 'is asked for again with -Retry' {
            $reply = Resolve-DnsRecord second @at -TimeoutSec 0.3 -Retry 2
            $reply.Status | Should -Be 'Answered'
            $reply.Attempts | Should -Be 2
            $reply.Milliseconds | Should -BeGreaterThan 290
        }

        It 'that comes late is not taken for that to a later query' {
            $reply = Resolve-DnsRecord late @at -TimeoutSec 0.3 -Retry 1
            $reply.Status | Should -Be 'Answered'
            $reply.Attempts | Should -Be 2
            $reply.Strays | Should -Be 1
        }

        It 'is Refused at once where nothing listens, over <_>' -ForEach 'UDP', 'TCP' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $port = Get-FreePort
            $reply = Resolve-DnsRecord www -Server 127.0.0.1 -Port $port -TimeoutSec 60 -Tcp:($_ -eq 'TCP')
            $reply.Status | Should -Be 'Refused'
            $reply.Reason | Should -BeLike "Nothing is listening on $_ port $port of 127.0.0.1.*"
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
        }

        It 'is ServerNotFound for a server without an address' {
            $reply = Resolve-DnsRecord www -Server nosuch.invalid
            $reply.Status | Should -Be 'ServerNotFound'
            $reply.Reason | Should -BeLike "The name 'nosuch.invalid' cannot be resolved*"
        }

        It 'from one address of a server leads to the next' {
            # localhost is ::1 as well, where this server does not listen.
            (Resolve-DnsRecord www -Server localhost -Port $odd.Port -TimeoutSec 20).Address | Should -Be '127.0.0.1'
            (Resolve-DnsRecord www -Server 0.0.0.0 -Port $odd.Port -TimeoutSec 20).Status | Should -Be 'Answered'
        }
    }

    Context 'TCP' {
        It 'is used when the answer is truncated, and that is said' {
            $reply = Resolve-DnsRecord big @at
            $reply.Transport | Should -Be 'UdpThenTcp'
            $reply.Attempts | Should -Be 2
            $reply.Answers | Should -HaveCount 200
        }

        It 'is used at once with -Tcp' {
            $reply = Resolve-DnsRecord www @at -Tcp
            $reply.Transport | Should -Be 'Tcp'
            $reply.Attempts | Should -Be 1
            $reply.Answers | Should -HaveCount 200
        }

        It 'may bring the answer in pieces' {
            (Resolve-DnsRecord bigpieces @at).Answers | Should -HaveCount 200
        }

        It 'may bring something else first' {
            $reply = Resolve-DnsRecord bigstray @at
            $reply.Answers | Should -HaveCount 200
            $reply.Strays | Should -Be 2
        }

        It 'may bring none: <Name> is <Status>' -ForEach @(
            @{ Name = 'bigclosed'; Status = 'Failed'; Reason = '*closed the connection before it answered.' }
            @{ Name = 'bigsilent'; Status = 'TimedOut'; Reason = 'No answer from TCP port * within 0.3 s.*' }
            @{ Name = 'bigshort'; Status = 'Malformed'; Reason = 'The answer is malformed: it ends within its header or question.' }
        ) {
            $reply = Resolve-DnsRecord $Name @at -TimeoutSec ($Status -eq 'TimedOut' ? 0.3 : 20)
            $reply.Status | Should -Be $Status
            $reply.Transport | Should -Be 'UdpThenTcp'
            $reply.Reason | Should -BeLike "The answer over UDP was truncated. $Reason"
        }
    }

    Context 'EDNS' {
        It 'is left out for a server that does not understand it, and that is said' {
            $reply = Resolve-DnsRecord noedns @at
            $reply.Data | Should -Be '192.0.2.7'
            $reply.Attempts | Should -Be 2
            $reply.Reason | Should -BeLike '*does not understand EDNS*'
            (Resolve-DnsRecord noedns @at -EdnsSize 0).Attempts | Should -Be 1
        }

        It 'is needed for -Dnssec' {
            { Resolve-DnsRecord www @at -Dnssec -EdnsSize 0 } | Should -Throw -ErrorId 'InvalidParameters,*'
        }
    }

    Context 'names, types and servers' {
        It 'come by pipeline, also from objects and rows of a CSV file' {
            $server = "127.0.0.1:$($odd.Port)"
            ('a', 'b' | Resolve-DnsRecord @at).Name | Sort-Object | Should -Be 'a', 'b'
            $rows = "Name,Type,Server,Expect`nwww,A,$server,192.0.2.7`nnodata,`"A,MX`",$server,NODATA`nempty,,$server," | ConvertFrom-Csv
            $replies = $rows | Resolve-DnsRecord -TimeoutSec 20 | Sort-Object Name, Type
            $replies.Name | Should -Be 'empty', 'nodata', 'nodata', 'www'
            $replies.Type | Should -Be 'A', 'A', 'MX', 'A'
            $replies.Passed | Should -Be $null, $true, $true, $true
            ([pscustomobject] @{ ComputerName = 'web1'; Port = '80,443' } | Resolve-DnsRecord @at).Name | Should -Be 'web1'
            ([uri] 'https://web2:8443/x', [ipaddress] '192.0.2.9', 'web3:80' | Resolve-DnsRecord @at).Name | Sort-Object | Should -Be '192.0.2.9', 'web2', 'web3'
        }

        It 'come from its own replies' {
            (Resolve-DnsRecord www @at | Resolve-DnsRecord -TimeoutSec 20).Data | Should -Be '192.0.2.7'
        }

        It 'make a row of each' {
            $replies = Resolve-DnsRecord a, b -Type A, TYPE1234 -Server "127.0.0.1:$($odd.Port)", "localhost:$($odd.Port)" -TimeoutSec 20
            $replies | Should -HaveCount 8
            ($replies | Group-Object Name, Type, Server | Measure-Object).Count | Should -Be 8
        }

        It 'are asked for PTR when they are addresses' {
            $reply = Resolve-DnsRecord 192.0.2.7 @at
            $reply.Type | Should -Be 'PTR'
            $reply.Name | Should -Be '192.0.2.7'
            (Resolve-DnsRecord 192.0.2.7 -Type A @at).Answers[0].Name | Should -Be '7.2.0.192.in-addr.arpa'
        }

        It 'have an error of their own if they are not names, and the others go on' {
            $replies = Resolve-DnsRecord 'a..b', www @at -ErrorVariable faults -ErrorAction SilentlyContinue
            $replies.Name | Should -Be 'www'
            $faults.FullyQualifiedErrorId | Should -Be 'InvalidName,PSNetLab.Commands.ResolveDnsRecordCommand'
            $faults.CategoryInfo.Category | Should -Be 'InvalidArgument'
            $faults.TargetObject | Should -Be 'a..b'
            "$faults" | Should -BeLike "'a..b' is not a name: it has an empty label.*"
            Resolve-DnsRecord 'a..b', www @at -Quiet -ErrorAction SilentlyContinue | Should -BeFalse
        }

        It 'have an error if the type is not known' {
            $fault = { Resolve-DnsRecord www AAA @at } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -Be 'InvalidParameters,PSNetLab.Commands.ResolveDnsRecordCommand'
            "$fault" | Should -BeLike "*'AAA' is not a type*"
        }

        It 'work over IPv6' {
            $six = Start-PythonPeer $oddServer '::1'
            try {
                $reply = Resolve-DnsRecord strays -Server "[::1]:$($six.Port)" -TimeoutSec 20
                $over = Resolve-DnsRecord big -Server ::1 -Port $six.Port -TimeoutSec 20
            }
            finally { $six.Stop() }
            $reply.Data | Should -Be '192.0.2.7'
            $reply.Address | Should -Be '::1'
            $reply.Strays | Should -Be ($IsMacOS ? 5 : 6)
            $over.Answers | Should -HaveCount 200
        }
    }

    Context '-Expect and -Quiet' {
        It 'say whether <Name> is <Expect>' -ForEach @(
            @{ Name = 'www'; Expect = '192.0.2.7'; Passed = $true }
            @{ Name = 'www'; Expect = '192.0.2.*'; Passed = $true }
            @{ Name = 'www'; Expect = '192.0.2.8'; Passed = $false; Reason = '*not there: 192.0.2.8; not expected: 192.0.2.7*' }
            @{ Name = 'www'; Expect = '192.0.2.7', '192.0.2.8'; Passed = $false; Reason = '*not there: 192.0.2.8)*' }
            @{ Name = 'code3'; Expect = 'NXDOMAIN'; Passed = $true }
            @{ Name = 'nodata'; Expect = 'NODATA'; Passed = $true }
            @{ Name = 'nodata'; Expect = 'NXDOMAIN'; Passed = $false; Reason = '*not expected: NODATA*' }
            @{ Name = 'code2'; Expect = '*'; Passed = $true }
            @{ Name = 'silent'; Expect = '*'; Passed = $false; Reason = 'No answer*' }
        ) {
            $reply = Resolve-DnsRecord $Name @at -Expect $Expect -TimeoutSec ($Name -eq 'silent' ? 0.2 : 20)
            $reply.Passed | Should -Be $Passed
            $reply.Reason | Should -BeLike "$Reason"
            Resolve-DnsRecord $Name @at -Expect $Expect -TimeoutSec ($Name -eq 'silent' ? 0.2 : 20) -Quiet | Should -Be $Passed
        }

        It 'answers with one Boolean' {
            Resolve-DnsRecord a, b @at -Quiet | Should -BeTrue
            Resolve-DnsRecord a, code3 @at -Quiet | Should -BeFalse
        }
    }

    Context 'stopping' {
        It 'ends within 100 ms on Ctrl+C, with no socket left, over <_>' -ForEach 'UDP', 'TCP' {
            $before = Get-OpenSocketCount
            $stopped = Invoke-Stoppable { Resolve-DnsRecord ('silent', 'bigsilent' * 50) -Server $args[0] -TimeoutSec 60 -Tcp:$args[1] } -ArgumentList "127.0.0.1:$($odd.Port)", ($_ -eq 'TCP')
            $stopped.State | Should -Be 'Stopped'
            # Generous: this machine may be busy.
            $stopped.StopMs | Should -BeLessThan 1000
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'ends with Select-Object -First, and leaves no socket' {
            $before = Get-OpenSocketCount
            $clock = [Diagnostics.Stopwatch]::StartNew()
            foreach ($n in 1..50) {
                (Resolve-DnsRecord www, silent, silent @at -TimeoutSec 60 | Select-Object -First 1).Name | Should -Be 'www'
            }
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 30
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }
    }

    Context 'objects' {
        It 'suit JSON, CSV and copies' {
            $reply = Resolve-DnsRecord www @at -Expect 192.0.2.7
            $json = $reply | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue | ConvertFrom-Json
            $warnings | Should -BeNullOrEmpty
            $json.Status | Should -Be 'Answered'
            $json.Data | Should -Be '192.0.2.7'
            $json.Transport | Should -Be 'Udp'
            $json.Answers[0].Data | Should -Be '192.0.2.7'
            $csv = $reply | ConvertTo-Csv | ConvertFrom-Csv
            $csv.Status | Should -Be 'Answered'
            $csv.Data | Should -Be '192.0.2.7'
            $csv.Passed | Should -Be 'True'
            $csv.Answers | Should -Be 'www 300 IN A 192.0.2.7'
            $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($reply, 4))
            $copy.Status | Should -Be 'Answered'
            $copy.Answers[0].Data | Should -Be '192.0.2.7'
            $copy.Duration.TotalMilliseconds | Should -Be $reply.Milliseconds
        }

        It 'have a table that fits in <_> columns, live and deserialized' -ForEach 80, 120 {
            $width = $_
            $replies = Resolve-DnsRecord www, code3 @at | Sort-Object Name -Descending
            $copies = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($replies, 4))
            foreach ($some in $replies, $copies) {
                $lines = @(($some | Out-String -Width $width) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ })
                -split $lines[0] | Should -Be 'Name', 'Type', 'Server', 'ms', 'Data'
                $lines[2] | Should -Match "^www +A +127\.0\.0\.1:$($odd.Port) +\d+\.\d{3} 192\.0\.2\.7"
                $lines[3] | Should -Match '\(NameNotFound\)'
                $lines | ForEach-Object { $_.Length | Should -BeLessOrEqual $width }
            }
            $records = @((($replies.Answers | Out-String -Width $width) -split '\r?\n' | Where-Object { $_ }))
            -split ($records[0] -replace '\e\[[\d;]*m') | Should -Be 'Name', 'TTL', 'Type', 'Data'
        }

        It 'have a line as their text' {
            "$(Resolve-DnsRecord www @at)" | Should -Be 'www A 192.0.2.7'
            "$(Resolve-DnsRecord code3 @at)" | Should -Be 'code3 A NameNotFound'
        }
    }

    It 'completes types and servers' {
        (TabExpansion2 'Resolve-DnsRecord www -Type CN').CompletionMatches.CompletionText | Should -Be 'CNAME'
        (TabExpansion2 'Resolve-DnsRecord www -Server 255.').CompletionMatches.CompletionText | Should -Be '255.'
    }

    It 'asks 5000 questions with 300 descriptors' -Skip:(-not $IsLinux) {
        $command = "Import-Module '$modulePath/PSNetLab.psd1'; `$all = 1..5000 | ForEach-Object { ""n`$_"" } | Resolve-DnsRecord -Server 127.0.0.1:$($odd.Port) -ThrottleLimit 1000 -TimeoutSec 20 -Retry 2; ``
            (`$all | Group-Object Status | ForEach-Object { `$_.Name + '=' + `$_.Count }) -join ' '"
        $program, $line = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-Command', $command
        $out = bash -c 'ulimit -n 300; exec "$@"' bash $program @line
        $out | Should -Be 'Answered=5000'
    }
}

Describe 'Resolve-DnsRecord beside dig' -Skip:(-not (Get-Command dnsmasq, /usr/sbin/dnsmasq -CommandType Application -ErrorAction Ignore)) {
    BeforeAll {
        $dnsmasq = Start-Dnsmasq
        $there = @{ Server = '127.0.0.1'; Port = $dnsmasq.Port; TimeoutSec = 20 }
    }

    AfterAll {
        if ($dnsmasq) { $dnsmasq.Stop() }
    }

    It 'finds <Type> of <Name>: <Data>' -ForEach @(
        @{ Name = 'www.lab.test'; Type = 'A'; Data = '192.0.2.7' }
        @{ Name = 'www.lab.test'; Type = 'AAAA'; Data = '2001:db8::7' }
        @{ Name = 'many.lab.test'; Type = 'A'; Data = '192.0.2.1, 192.0.2.2' }
        @{ Name = 'alias.lab.test'; Type = 'A'; Data = '192.0.2.7' }
        @{ Name = 'alias.lab.test'; Type = 'CNAME'; Data = 'www.lab.test' }
        @{ Name = 'lab.test'; Type = 'MX'; Data = '10 mail.lab.test' }
        @{ Name = 'lab.test'; Type = 'TXT'; Data = 'v=spf1 -all' }
        @{ Name = 'two.lab.test'; Type = 'TXT'; Data = 'onetwo' }
        @{ Name = '_sip._tcp.lab.test'; Type = 'SRV'; Data = '1 2 5060 sip.lab.test' }
        @{ Name = 'lab.test'; Type = 'CAA'; Data = '0 issue "ca.example"' }
        @{ Name = 'lab.test'; Type = 'NAPTR'; Data = '1 2 "u" "E2U+sip" "!^.*$!sip:info@lab.test!" .' }
        @{ Name = 'svc.lab.test'; Type = 'HTTPS'; Data = '1 . alpn="h2" port=8443' }
        @{ Name = 'lab.test'; Type = 'DS'; Data = "4660 8 2 $('AB' * 32)" }
        @{ Name = 'lab.test'; Type = 'TYPE65280'; Data = '\# 2 0102' }
        @{ Name = '192.0.2.7'; Type = 'PTR'; Data = 'www.lab.test' }
    ) {
        $reply = Resolve-DnsRecord $Name $Type @there
        $reply.Status | Should -Be 'Answered'
        (@($reply.Data -split ', ' | Sort-Object) -join ', ') | Should -Be $Data
        if (Get-Command dig -CommandType Application -ErrorAction Ignore) {
            # dig ends names with a dot, and puts texts in quotes.
            $question = $Type -eq 'PTR' ? @('-x', $Name) : @('-q', $Name, '-t', $Type)
            $lines = dig '@127.0.0.1' -p $dnsmasq.Port +short +nosplit @question | Where-Object { $Type -eq 'CNAME' -or $_ -notmatch 'www\.lab\.test\.$' -or $Type -eq 'PTR' }
            $shown = @($lines | ForEach-Object { ($_ -replace '(\w)\.$', '$1') -replace $($Type -eq 'TXT' ? '" "|"' : '^$') } | Sort-Object) -join ', '
            $shown | Should -Be $Data
        }
    }

    It 'tells NODATA, NXDOMAIN and REFUSED apart' {
        $statuses = (Resolve-DnsRecord www.lab.test MX @there).Status, (Resolve-DnsRecord no.lab.test @there).Status, (Resolve-DnsRecord www.example.com @there).Status
        $statuses | Should -Be 'NoData', 'NameNotFound', 'QueryRefused'
    }

    It 'asks again over TCP for what does not fit into -EdnsSize' {
        $small = Resolve-DnsRecord long.lab.test TXT @there
        $small.Transport | Should -Be 'UdpThenTcp'
        $large = Resolve-DnsRecord long.lab.test TXT @there -EdnsSize 4096
        $large.Transport | Should -Be 'Udp'
        $large.Data | Should -Be $small.Data
        $large.Size | Should -BeGreaterThan 2400
    }

    It 'uses EDNS, and the server says how much it takes' {
        (Resolve-DnsRecord www.lab.test @there).EdnsSize | Should -BeGreaterOrEqual 512
        (Resolve-DnsRecord www.lab.test @there -EdnsSize 0).EdnsSize | Should -BeNullOrEmpty
    }

    It 'asks without recursion with -NoRecursion' {
        (Resolve-DnsRecord www.lab.test @there).Flags | Should -Match '\bRD\b'
        (Resolve-DnsRecord www.lab.test @there -NoRecursion).Flags | Should -Not -Match '\bRD\b'
    }
}
