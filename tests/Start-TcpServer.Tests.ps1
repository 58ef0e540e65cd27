BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Start-TcpServer' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'endpoint' {
        It 'takes a free port on loopback and says which' {
            $server = Start-TcpServer
            $server.Port | Should -BeGreaterThan 1023
            "$($server.LocalEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            $server.State | Should -Be 'Running'
            (Open-TcpConnection 127.0.0.1 $server.Port).State | Should -Be 'Established'
        }

        It 'takes the port it is given, also from the pipeline' {
            $port = Get-FreePort
            (Start-TcpServer $port).Port | Should -Be $port
            $other = Get-FreePort
            ([pscustomobject] @{ Port = $other } | Start-TcpServer).Port | Should -Be $other
        }

        It 'listens on -Address <Address> as <EndPoint>' -ForEach @(
            @{ Address = 'Loopback'; EndPoint = '127.0.0.1:*'; Reach = '127.0.0.1' }
            @{ Address = 'localhost'; EndPoint = '127.0.0.1:*'; Reach = '127.0.0.1' }
            @{ Address = '127.0.0.3'; EndPoint = '127.0.0.3:*'; Reach = '127.0.0.3'; Only = $IsLinux }
            @{ Address = 'IPv6Loopback'; EndPoint = '[[]::1]:*'; Reach = '::1' }
            @{ Address = '[::1]'; EndPoint = '[[]::1]:*'; Reach = '::1' }
        ) {
            if ($Only -eq $false) { Set-ItResult -Skipped -Because 'only Linux has all of 127.0.0.0/8 on loopback' }
            if ($Reach -eq '::1' -and -not [Net.Sockets.Socket]::OSSupportsIPv6) { Set-ItResult -Skipped -Because 'this machine has no IPv6' }
            $server = Start-TcpServer -Address $Address -Framing Line -Echo
            "$($server.LocalEndPoint)" | Should -BeLike $EndPoint
            'here' | Send-TcpMessage $Reach $server.Port -Framing Line -Count 1 | Should -Be 'here'
        }

        It 'takes an IPAddress object' {
            "$((Start-TcpServer -Address ([ipaddress] '127.0.0.1')).LocalEndPoint)" | Should -BeLike '127.0.0.1:*'
        }

        It 'listens on IPv4 and IPv6 with -Address Any' {
            $server = Start-TcpServer -Address Any -AllowAddress 127.0.0.0/8, ::1 -Framing Line -Echo
            'four' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'four'
            if ([Net.Sockets.Socket]::OSSupportsIPv6) {
                'six' | Send-TcpMessage ::1 $server.Port -Framing Line -Count 1 | Should -Be 'six'
            }
        }

        It 'hands -Backlog to the system' {
            if (-not (Get-Command ss -CommandType Application -ErrorAction Ignore)) { Set-ItResult -Skipped -Because 'ss is missing' }
            $server = Start-TcpServer -Backlog 7
            # State, Recv-Q, Send-Q: of a listening socket, the last is its backlog.
            (-split (ss -Hltn "sport = :$($server.Port)"))[2] | Should -Be '7'
        }
    }

    Context 'the job' {
        It 'has the name, the kind and the command line' {
            $server = Start-TcpServer -Name greeter
            $server.Name | Should -Be 'greeter'
            $server.PSJobTypeName | Should -Be 'TcpServer'
            $server.Command | Should -Be '$server = Start-TcpServer -Name greeter'
            Get-Job -Name greeter | Should -Be $server
        }

        It 'counts messages and bytes each way' {
            $server = Start-TcpServer -Framing Line -Reply 'ok'
            'one', 'three' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 2 | Should -Be 'ok', 'ok'
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.MessageCount | Should -Be 2
            $server.BytesReceived | Should -Be 'one+three+'.Length
            $server.BytesSent | Should -Be 'ok+ok+'.Length
            $server.StatusMessage | Should -Be '0 open, 2 messages, 10 bytes in, 6 out'
        }

        It 'reports in the information stream who connected, and why they disconnected' {
            $server = Start-TcpServer
            $leaving = Open-TcpConnection 127.0.0.1 $server.Port
            Close-TcpConnection $leaving
            Wait-Until { $server.Information.Count -eq 2 }
            $breaking = Open-TcpConnection 127.0.0.1 $server.Port
            Wait-Until { $server.ConnectionCount -eq 1 }
            Close-TcpConnection $breaking -Reset
            Wait-Until { $server.Information.Count -eq 4 }

            $server.Information.Tags | Should -Be 'Opened', 'Closed', 'Opened', 'Closed'
            "$($server.Information[0])" | Should -BeLike "*$($leaving.LocalEndPoint) opened"
            "$($server.Information[1])" | Should -BeLike "*$($leaving.LocalEndPoint) closed: PeerClosed"
            "$($server.Information[3])" | Should -BeLike "*$($breaking.LocalEndPoint) closed: PeerReset"
        }

        It 'keeps no messages with -NoRecord, only counts them' {
            $server = Start-TcpServer -Framing Line -NoRecord
            1..100 | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.MessageCount -eq 100 }
            $server.Waiting | Should -Be 0
            Receive-Job $server | Should -BeNullOrEmpty
            $server.Dropped | Should -Be 0
        }

        It 'does nothing with -WhatIf' {
            Start-TcpServer -Port (Get-FreePort) -WhatIf | Should -BeNullOrEmpty
            Get-Job | Should -BeNullOrEmpty
        }
    }

    Context 'errors' {
        It 'names the process that holds the port' {
            $server = Start-TcpServer
            $fault = { Start-TcpServer $server.Port -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
            $fault.CategoryInfo.Category | Should -Be 'ResourceExists'
            "$($fault.TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
            "$fault" | Should -BeLike "Port $($server.Port) on 127.0.0.1 is in use*Choose another with -Port, or 0*"
            "$fault" | Should -BeLike "*(by process $PID, *)*"
            Get-Job | Should -HaveCount 1
        }

        It 'goes on with the next port of a pipeline after one in use' {
            $server = Start-TcpServer
            $free = Get-FreePort
            $started = $server.Port, $free | ForEach-Object { [pscustomobject] @{ Port = $_ } } |
                Start-TcpServer -ErrorVariable faults -ErrorAction SilentlyContinue
            $started.Port | Should -Be $free
            $faults | Should -HaveCount 1
        }

        It 'says <Id> for <Bad>' -ForEach @(
            @{ Id = 'AddressNotLocal'; Bad = '-Address 192.0.2.1'; Category = 'InvalidArgument'; Target = '192.0.2.1:0'; Text = '192.0.2.1 is not an address of this machine. Use the address*' }
            @{ Id = 'InvalidAddress'; Bad = '-DenyAddress 10.0.0.0/33'; Category = 'InvalidArgument'; Target = '10.0.0.0/33'; Text = "'10.0.0.0/33' is neither an IP address nor a CIDR range. Write it like*" }
            @{ Id = 'InvalidAddress'; Bad = '-AllowAddress 10.1'; Category = 'InvalidArgument'; Target = '10.1'; Text = "'10.1' is neither*" }
            @{ Id = 'InvalidAddress'; Bad = '-AllowAddress nobody'; Category = 'InvalidArgument'; Target = 'nobody'; Text = "'nobody' is neither*" }
            @{ Id = 'MessageLengthMismatch'; Bad = '-Framing Fixed:4 -Reply 12345'; Category = 'InvalidArgument'; Target = '127.0.0.1:0'; Text = 'The message has 5 bytes; Fixed:4 needs exactly 4.*' }
        ) {
            $fault = [scriptblock]::Create("Start-TcpServer $Bad -ErrorAction Stop") | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $fault.CategoryInfo.Category | Should -Be $Category
            "$($fault.TargetObject)" | Should -Be $Target
            "$fault" | Should -BeLike $Text
            Get-Job | Should -BeNullOrEmpty
        }

        It 'refuses <Bad> while binding parameters' -ForEach @(
            @{ Bad = '-Port 65536'; Text = '*65535*' }
            @{ Bad = '-Address nowhere'; Text = "*'nowhere' is not an address to listen on. Use an IP address of this machine, Loopback*" }
            @{ Bad = '-Address 127.1'; Text = "*'127.1' is not an address to listen on.*" }
            @{ Bad = '-Encoding klingon'; Text = "*'klingon' is not an encoding this system knows. Use a name such as utf8*" }
            @{ Bad = '-MaxConnections 0'; Text = '*1*' }
            @{ Bad = '-Echo -Reply x'; Text = '*parameter set*' }
        ) {
            $fault = [scriptblock]::Create("Start-TcpServer $Bad") | Should -Throw -PassThru
            "$fault" | Should -BeLike $Text
            Get-Job | Should -BeNullOrEmpty
        }

        It 'says PortNotPermitted for a port below 1024' {
            $first = Get-Content /proc/sys/net/ipv4/ip_unprivileged_port_start -ErrorAction Ignore
            if ($IsWindows -or [Environment]::IsPrivilegedProcess -or $first -eq 0) {
                Set-ItResult -Skipped -Because 'this user may open every port'
            }
            $fault = { Start-TcpServer 1 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortNotPermitted,*'
            $fault.CategoryInfo.Category | Should -Be 'PermissionDenied'
            "$fault" | Should -BeLike '*port 1 on 127.0.0.1: ports below 1024 need extra rights*Choose a port of 1024 or above*'
        }
    }
}
