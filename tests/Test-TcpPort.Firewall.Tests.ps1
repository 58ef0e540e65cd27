# Test-TcpPort between two hosts with a firewall and routes of their own.

BeforeDiscovery {
    . $PSScriptRoot/namespaces.ps1
    $whyNot = Test-Namespace
    if (-not $whyNot -and -not (Get-Command nft -CommandType Application -ErrorAction Ignore)) { $whyNot = 'nft (nftables) is missing' }
    $skipped = $whyNot ? " (skipped: $whyNot)" : ''
}

BeforeAll {
    . $PSScriptRoot/common.ps1
}

Describe "Test-TcpPort through a firewall$skipped" -Skip:([bool] $whyNot) {
    BeforeAll {
        . $PSScriptRoot/namespaces.ps1
        $near = [NetHost]::new('near')
        $far = [NetHost]::new('far')
        # ip-netns(8) puts files of this folder in the place of those in /etc.
        $etc = "/etc/netns/$($near.Namespace)"
        $null = New-Item $etc -ItemType Directory -Force
        Set-Content "$etc/hosts" '127.0.0.1 localhost moving.test'
        $near.StartPwsh()
        $near.Ip("link add lan type veth peer name lan netns $($far.Namespace)")
        $near.SetLink('lan', @('10.78.1.1/24', 'fd78::1/64'))
        $far.SetLink('lan', @('10.78.1.2/24', 'fd78::2/64'))
        $far.Exec(@('nft', 'add table inet f; add chain inet f in { type filter hook input priority 0; };' +
                'add rule inet f in tcp dport 1001 drop; add rule inet f in tcp dport 1002 reject;' +
                'add rule inet f in tcp dport 1003 reject with icmpx admin-prohibited; add rule inet f in tcp dport 1004 reject with tcp reset'))
        $near.Ip('route add prohibit 192.0.2.1')
        $near.Ip('route add unreachable 192.0.2.2')
        foreach ($one in $near, $far) { $one.WaitLink('lan') }
        Wait-NetHost $near $modulePath
    }

    AfterAll {
        foreach ($one in $near, $far) { if ($one) { $one.Stop() } }
        Remove-NetHost
        if ($etc) { Remove-Item $etc -Recurse }
    }

    It 'says <Status> of <Target>' -ForEach @(
        @{ Target = '10.78.1.2:1000'; Status = 'Refused' }
        @{ Target = '10.78.1.2:1001'; Status = 'TimedOut' }
        @{ Target = '[fd78::2]:1001'; Status = 'TimedOut' }
        @{ Target = '10.78.1.2:1002'; Status = 'Refused' }
        @{ Target = '10.78.1.2:1003'; Status = 'Unreachable' }
        @{ Target = '10.78.1.2:1004'; Status = 'Refused' }
        @{ Target = '[fd78::2]:1004'; Status = 'Refused' }
        @{ Target = '192.0.2.1:80'; Status = 'NotPermitted' }
        @{ Target = '192.0.2.2:80'; Status = 'Unreachable' }
        @{ Target = '198.51.100.1:80'; Status = 'Unreachable' }
    ) {
        Invoke-On $near { "$((Test-TcpPort $args[0] -TimeoutSec $args[1]).Status)" } $Target ($Status -eq 'TimedOut' ? 0.5 : 20) | Should -Be $Status
    }

    It 'does not take what this machine prevents for a closed port' {
        Invoke-On $near { Wait-TcpPort 192.0.2.1:80 -State Closed -TimeoutSec 0.3 -Quiet } | Should -BeFalse
        Invoke-On $near { Wait-TcpPort 10.78.1.2:1001 -State Closed -TimeoutSec 5 -Quiet } | Should -BeTrue
    }

    It 'tells a name server that does not answer from a name that is not there' {
        $status, $reason = Invoke-On $near { Test-TcpPort nosuch.example.com 80 -TimeoutSec 20 | ForEach-Object { "$($_.Status)"; $_.Reason } }
        $status | Should -Be 'Failed'
        $reason | Should -BeLike "The name 'nosuch.example.com' could not be looked up*name server*"
        Invoke-On $near { Wait-TcpPort nosuch.example.com 80 -State Closed -TimeoutSec 0.5 -Quiet } | Should -BeFalse
        $fault = Invoke-On $near { try { Open-TcpConnection nosuch.example.com 80 } catch { $_.FullyQualifiedErrorId } }
        $fault | Should -Be 'NameServerFailed,PSNetLab.Commands.OpenTcpConnectionCommand'
    }

    It 'asks for a name again that has moved meanwhile, with -Count' {
        $addresses = Invoke-On $near {
            Test-TcpPort moving.test 80 -Count 2 -IntervalMs 1500 | ForEach-Object {
                $_.Address
                Set-Content /etc/hosts '127.0.0.2 moving.test'
            }
        }
        $addresses | Should -Be '127.0.0.1', '127.0.0.2'
    }
}
