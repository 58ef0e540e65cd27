# What Send-UdpMessage says when something is wrong; what it does when all is well is in Send-UdpMessage.Tests.ps1.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Errors of Send-UdpMessage' {
    AfterEach {
        Get-Job | Remove-Job -Force
    }

    Context 'nobody listens' {
        It 'says ConnectionRefused once, when the system tells so of an earlier datagram; the script goes on' {
            $port = Get-FreePort
            1..5 | Send-UdpMessage 127.0.0.1 $port -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused,*'
            $faults[0].CategoryInfo.Category | Should -Be 'ConnectionError'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$port"
            "$($faults[0])" | Should -BeLike "Nothing is listening on 127.0.0.1:${port}: *ICMP port unreachable*Check that the server is running*"
        }

        It 'sends one datagram without an error: UDP cannot know' {
            'into the void' | Send-UdpMessage 127.0.0.1 (Get-FreePort) -ErrorVariable faults -PassThru | Should -Be 'into the void'
            $faults | Should -BeNullOrEmpty
        }

        It 'does not wait for an answer that cannot come: <Address>' -ForEach @(
            @{ Address = '127.0.0.1' }
            @{ Address = '::1' }
        ) {
            if ($Address -eq '::1' -and -not [Net.Sockets.Socket]::OSSupportsIPv6) { Set-ItResult -Skipped -Because 'this machine has no IPv6' }
            $time = Measure-Command {
                'anybody?' | Send-UdpMessage $Address (Get-FreePort) -Count 1 -TimeoutSec 60 -ErrorVariable script:faults -ErrorAction SilentlyContinue
            }
            $time.TotalSeconds | Should -BeLessThan 20
            $script:faults | Should -HaveCount 1
            $script:faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused,*'
        }

        It 'gets through to a server that starts in the middle' {
            $port = Get-FreePort
            & {
                'lost', 'lost too'
                $script:server = Start-UdpServer $port
                'found'
            } | Send-UdpMessage 127.0.0.1 $port -ErrorAction SilentlyContinue
            Receive-UdpMessage $script:server -Count 1 -TimeoutSec 20 | Should -Be 'found'
        }
    }

    Context 'size' {
        It 'says MessageTooLong with the limit, and sends the others' {
            $server = Start-UdpServer
            $sent = 'before', [byte[]]::new(65508), [byte[]]::new(65507), 'after' |
                Send-UdpMessage 127.0.0.1 $server.Port -PassThru -ErrorVariable faults -ErrorAction SilentlyContinue
            $sent.ForEach{ $_.Length } | Should -Be 6, 65507, 5
            (Receive-UdpMessage $server -Count 3 -TimeoutSec 20).ForEach{ $_.Length } | Should -Be 6, 65507, 5
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
            $faults[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            $faults[0].TargetObject | Should -Be "127.0.0.1:$($server.Port)"
            "$($faults[0])" | Should -BeLike "A datagram of 65508 bytes cannot be sent to 127.0.0.1:$($server.Port): at most 65507 fit over IPv4*Split the message, or use TCP."
        }

        It 'has another limit over IPv6' -Skip:(-not [Net.Sockets.Socket]::OSSupportsIPv6) {
            $server = Start-UdpServer -Address ::1
            [byte[]]::new(65527), [byte[]]::new(65528) |
                Send-UdpMessage ::1 $server.Port -ErrorVariable faults -ErrorAction SilentlyContinue
            (Receive-UdpMessage $server -Count 1 -TimeoutSec 20).Length | Should -Be 65527
            $faults | Should -HaveCount 1
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
            "$($faults[0])" | Should -BeLike 'A datagram of 65528 bytes*65527 over IPv6*'
        }

        It 'does not mention fragments for a datagram that fits into one packet' -Skip:(-not $IsLinux) {
            $server = Start-UdpServer
            # Loopback takes 65,536 bytes with all headers, so that every datagram goes in one piece.
            , [byte[]]::new(65507) | Send-UdpMessage 127.0.0.1 $server.Port -Verbose 4>&1 | Should -BeNullOrEmpty
        }

        It 'does not wait for answers when nothing could be sent' {
            $server = Start-UdpServer -Echo
            $time = Measure-Command {
                , [byte[]]::new(70000) | Send-UdpMessage 127.0.0.1 $server.Port -Count 1 -TimeoutSec 60 -ErrorVariable script:faults -ErrorAction SilentlyContinue
            }
            $time.TotalSeconds | Should -BeLessThan 20
            $script:faults | Should -HaveCount 1
            $script:faults[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
        }
    }

    Context 'ends the call' {
        It 'says BroadcastNotPermitted for a broadcast address' -Skip:(-not $IsLinux) {
            $fault = { 'x' | Send-UdpMessage 127.255.255.255 9 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'BroadcastNotPermitted,*'
            $fault.CategoryInfo.Category | Should -Be 'PermissionDenied'
            $fault.TargetObject | Should -Be '127.255.255.255:9'
            "$fault" | Should -BeLike '*refused to send to 127.255.255.255:9*(SO_BROADCAST). Use Send-Broadcast.'
        }

        It 'says HostNotFound for a name without an address' {
            # An empty label: no name server is asked.
            $fault = { 'x' | Send-UdpMessage no..host 9 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'HostNotFound,*'
            $fault.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $fault.TargetObject | Should -Be 'no..host:9'
            "$fault" | Should -BeLike "The name 'no..host' cannot be resolved*"
        }

        It 'reports MulticastRefused for an address that is not multicast' {
            $fault = { 'x' | Send-UdpMessage -MulticastGroup 10.0.0.1 -Port 9 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'MulticastRefused,*'
            $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
            "$($fault.TargetObject)" | Should -Be '10.0.0.1'
            "$fault" | Should -BeLike '10.0.0.1 is not a multicast address (224.0.0.0/4 or ff00::/8). Use -ComputerName for a host.'
        }

        It 'says InvalidParameters for -TimeToLive 0 to a host, where it has no meaning' {
            $fault = { 'x' | Send-UdpMessage 127.0.0.1 9 -TimeToLive 0 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
            $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
            "$fault" | Should -BeLike '-TimeToLive 0 is for multicast only*Use 1 or more for a host.'
        }

        It 'says InterfaceNotFound for an unknown interface, and which there are' {
            $fault = { 'x' | Send-UdpMessage 127.0.0.1 9 -InterfaceAlias nowhere0 } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'InterfaceNotFound,*'
            $fault.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            "$fault" | Should -BeLike "No interface named 'nowhere0' is up. The interfaces that are up: *"
        }

        It 'says PortInUse for a -LocalPort that somebody has' {
            $server = Start-UdpServer
            $fault = { 'x' | Send-UdpMessage 127.0.0.1 9 -LocalPort $server.Port } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
            $fault.CategoryInfo.Category | Should -Be 'ResourceExists'
            "$fault" | Should -BeLike "Port $($server.Port) *is in use*Choose another with -LocalPort*"
        }

        It 'shows an IPv6 address in brackets before the port' -Skip:(-not [Net.Sockets.Socket]::OSSupportsIPv6) {
            $port = Get-FreePort
            'x' | Send-UdpMessage ::1 $port -Count 1 -TimeoutSec 20 -ErrorVariable faults -ErrorAction SilentlyContinue
            $faults[0].TargetObject | Should -Be "[::1]:$port"
        }

        It 'refuses <Bad> while binding parameters' -ForEach @(
            @{ Bad = '127.0.0.1 0 x'; Text = '*1*' }
            @{ Bad = '127.0.0.1 65536 x'; Text = '*65535*' }
            @{ Bad = '127.0.0.1 9 x -LocalPort -1'; Text = '*0*' }
            @{ Bad = '127.0.0.1 9 x -TimeToLive 256'; Text = '*255*' }
            @{ Bad = '127.0.0.1 9 x -Count 0'; Text = '*1*' }
            @{ Bad = '-ComputerName 127.0.0.1 -MulticastGroup 239.1.1.1 -Port 9 -Message x'; Text = '*parameter set*' }
            @{ Bad = '-MulticastGroup nobody -Port 9 -Message x'; Text = '*MulticastGroup*' }
            @{ Bad = '127.0.0.1 9 x -Encoding klingon'; Text = "*'klingon' is not an encoding*" }
        ) {
            $fault = [scriptblock]::Create("Send-UdpMessage $Bad") | Should -Throw -PassThru
            "$fault" | Should -BeLike $Text
        }
    }
}

Describe 'Completion for UDP' {
    BeforeAll {
        function Get-Completion([string] $Line) {
            ([Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null)).CompletionMatches.CompletionText
        }
    }

    AfterEach { Get-Job | Remove-Job -Force }

    It 'offers the interfaces for -InterfaceAlias of <Command>' -Skip:(-not $IsLinux) -ForEach @(
        @{ Command = 'Start-UdpServer' }
        @{ Command = 'Send-UdpMessage 127.0.0.1 9 x' }
        @{ Command = 'Receive-UdpMessage 0' }
        @{ Command = 'Send-Broadcast 9 x' }
    ) {
        $up = [Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() |
            Where-Object OperationalStatus -In Up, Unknown | ForEach-Object Name
        Get-Completion "$Command -InterfaceAlias " | Should -Be $up
        Get-Completion "$Command -InterfaceAlias L" | Should -Be 'lo'
        Get-Completion "$Command -InterfaceAlias nowhere" | Should -Be nowhere -Because "no files are offered"
    }

    It 'offers the ports of running servers' {
        $server = Start-UdpServer
        Get-Completion 'Send-UdpMessage 127.0.0.1 -Port ' | Should -Contain "$($server.Port)"
        Stop-Job $server
        Get-Completion 'Send-UdpMessage 127.0.0.1 -Port ' | Should -Not -Contain "$($server.Port)"
    }

    It 'offers the addresses of this machine and encodings' {
        Get-Completion 'Start-UdpServer -Address 127.' | Should -Contain '127.0.0.1'
        Get-Completion 'Receive-UdpMessage 0 -Address A' | Should -Be 'Any'
        Get-Completion 'Receive-UdpMessage 0 -Encoding gb' | Should -Be 'GB18030', 'gb2312'
    }
}
