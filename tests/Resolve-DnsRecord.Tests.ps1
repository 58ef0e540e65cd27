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
            # A server that cannot send so soon, because the machine stands still, is asked once more.
            foreach ($try in 1..3) {
                $reply = Resolve-DnsRecord onlystrays @at -TimeoutSec 0.5
                if ($reply.Strays -ge 5) { break }
            }
            $reply.Status | Should -Be 'TimedOut'
            $reply.Data | Should -BeNullOrEmpty
            $reply.Strays | Should -Be ($IsMacOS ? 5 : 6)
            $reply.Reason | Should -BeLike "No answer from UDP port $($odd.Port) of 127.0.0.1 within 0.5 s.*that answered something else were ignored."
        }

        It 'does not prolong the time limit' {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            (Resolve-DnsRecord flood @at -TimeoutSec 0.2).Status | Should -Be 'TimedOut'
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
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
            # Every second query is answered: on a machine that stands still meanwhile, not the second of these.
            foreach ($try in 1..5) {
                $reply = Resolve-DnsRecord second @at -TimeoutSec 0.3 -Retry 2
                if ($reply.Attempts -eq 2) { break }
            }
            $reply.Status | Should -Be 'Answered'
            $reply.Attempts | Should -Be 2
            $reply.Milliseconds | Should -BeGreaterThan 290
        }

        It 'that comes late is not taken for that to a later query' {
            foreach ($try in 1..5) {
                $reply = Resolve-DnsRecord late @at -TimeoutSec 0.3 -Retry 1
                if ($reply.Attempts -eq 2 -and $reply.Strays -eq 1) { break }
            }
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
            foreach ($try in 1..3) {
                $reply = Resolve-DnsRecord $Name @at -TimeoutSec ($Status -eq 'TimedOut' ? 0.3 : 20)
                # Not even that it is truncated has come in time when the machine stands still.
                if ($reply.Transport -eq 'UdpThenTcp') { break }
            }
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
}
