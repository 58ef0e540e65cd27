BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/dns.ps1
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
