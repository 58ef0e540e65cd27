BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Start-TcpServer' {
    AfterEach {
        Get-Job | Remove-Job -Force
        Get-TcpConnection | Close-TcpConnection
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
            $server.MessageCount | Should -Be 2
            $server.BytesReceived | Should -Be 'one+three+'.Length
            $server.BytesSent | Should -Be 'ok+ok+'.Length
            Wait-Until { $server.ConnectionCount -eq 0 }
            $server.StatusMessage | Should -Be '0 open, 2 messages, 10 bytes in, 6 out'
        }

        It 'tells in the information stream who came and why he went' {
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

    Context 'limits' {
        It 'closes connections over -MaxConnections, counts them, says so once and lives on' {
            $server = Start-TcpServer -MaxConnections 2 -Framing Line -Echo
            $kept = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            Wait-Until { $server.ConnectionCount -eq 2 }
            $crowd = Start-PythonPeer -NoPort -ArgumentList $server.Port -Code @'
import socket, sys
ended = 0
for _ in range(1000):
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10) as s:
        try:
            ended += s.recv(1) == b''
        except ConnectionResetError:
            ended += 1
print(ended)
'@
            try { $crowd.ReadLine(60) | Should -Be '1000' }
            finally { $crowd.Stop() }

            $server.Refused | Should -Be 1000
            $server.StatusMessage | Should -BeLike '2 open, *, 1000 refused'
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TooManyConnections*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            "$($server.Error[0])" | Should -BeLike "*$($server.LocalEndPoint)*2 connections*Raise -MaxConnections*"

            'alive' | Send-TcpMessage -Connection $kept[0]
            Receive-TcpMessage $kept[0] -Count 1 -TimeoutSec 5 | Should -Be 'alive'
            Close-TcpConnection $kept[0]
            Wait-Until { $server.ConnectionCount -eq 1 }
            'room again' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'room again'
        }

        It 'closes a connection whose message is over -MaxMessageBytes, and only that one' {
            $server = Start-TcpServer -MaxMessageBytes 10 -Framing Line -Echo
            $good = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            'exactly 10' | Send-TcpMessage -Connection $good
            Receive-TcpMessage $good -Count 1 -TimeoutSec 5 | Should -Be 'exactly 10'
            'eleven byte' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Error.Count }

            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            $server.Error[0].TargetObject | Should -BeOfType ([Net.IPEndPoint])
            "$($server.Error[0])" | Should -BeLike '*at most 10 are allowed*Raise -MaxMessageBytes*framing Line*'
            'still on' | Send-TcpMessage -Connection $good
            Receive-TcpMessage $good -Count 1 -TimeoutSec 5 | Should -Be 'still on'
            $server.Error | Should -HaveCount 1
        }

        It 'judges a length prefix over -MaxMessageBytes by the header alone' {
            $server = Start-TcpServer -MaxMessageBytes 1000 -Framing Length32
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            , [byte[]] (0x7f, 0xff, 0xff, 0xff) | Send-TcpMessage -Connection $client
            Wait-Until { $server.Error.Count }
            "$($server.Error[0])" | Should -BeLike '*2147483647 bytes*'
            Wait-Until { $server.ConnectionCount -eq 0 }
        }

        It 'cuts what one read gives with Raw at -MaxMessageBytes' {
            $server = Start-TcpServer -MaxMessageBytes 4
            'abcdefghij' | Send-TcpMessage 127.0.0.1 $server.Port
            $pieces = Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 5
            $pieces.Text | Should -Be 'abcd', 'efgh', 'ij'
        }

        It 'closes a connection that was idle for -IdleTimeoutSec, but none that talks' {
            $server = Start-TcpServer -IdleTimeoutSec 1 -Framing Line
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1..15 | Send-TcpMessage -Connection $client -IntervalMs 100
            $server.ConnectionCount | Should -Be 1
            Receive-TcpMessage $client -TimeoutSec 5 | Should -BeNullOrEmpty

            Wait-Until { $server.ConnectionCount -eq 0 -and $server.Error.Count }
            $client.State | Should -Be 'CloseWait'
            $server.MessageCount | Should -Be 15
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'IdleTimeout*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$($server.Error[0].TargetObject)" | Should -Be "$($client.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike '*1 s. Raise -IdleTimeoutSec*'
            "$($server.Information[-1])" | Should -BeLike '*closed: IdleTimeout'
        }
    }

    Context 'address lists' -Skip:(-not $IsLinux) {
        It 'with -AllowAddress <Allow> and -DenyAddress <Deny> lets <From> in: <Welcome>' -ForEach @(
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.1'; Welcome = $true }
            @{ Allow = '127.0.0.1'; Deny = $null; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = '127.0.0.1'; Deny = $null; From = '127.0.0.1'; Welcome = $true }
            @{ Allow = '10.0.0.0/8', '127.0.0.2/31'; Deny = $null; From = '127.0.0.3'; Welcome = $true }
            @{ Allow = '10.0.0.0/8', '127.0.0.2/31'; Deny = $null; From = '127.0.0.4'; Welcome = $false }
            @{ Allow = '127.0.0.0/8'; Deny = '127.0.0.2', '127.0.0.3'; From = '127.0.0.3'; Welcome = $false }
            @{ Allow = '127.0.0.0/8'; Deny = '127.0.0.2', '127.0.0.3'; From = '127.0.0.4'; Welcome = $true }
        ) {
            $lists = @{}
            if ($Allow) { $lists.AllowAddress = $Allow }
            if ($Deny) { $lists.DenyAddress = $Deny }
            $server = Start-TcpServer @lists -Framing Line -Echo
            $client = Open-TcpConnection 127.0.0.1 $server.Port -LocalEndPoint "${From}:0" -Framing Line
            if ($Welcome) {
                'let me in' | Send-TcpMessage -Connection $client
                Receive-TcpMessage $client -Count 1 -TimeoutSec 5 | Should -Be 'let me in'
                $server.Refused | Should -Be 0
            }
            else {
                Receive-TcpMessage $client -TimeoutSec 5 | Should -BeNullOrEmpty
                $client.State | Should -Be 'CloseWait'
                $server.Refused | Should -Be 1
                $server.MessageCount | Should -Be 0
            }
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
            if ($IsLinux) { "$fault" | Should -BeLike "*(by process $PID, *)*" }
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
            @{ Id = 'AddressNotLocal'; Bad = '-Address 192.0.2.1'; Category = 'InvalidArgument'; Target = '192.0.2.1:0'; Text = '192.0.2.1 is no address of this machine. Choose one*' }
            @{ Id = 'InvalidAddress'; Bad = '-DenyAddress 10.0.0.0/33'; Category = 'InvalidArgument'; Target = '127.0.0.1:0'; Text = "'10.0.0.0/33' is neither an IP address nor a CIDR range. Write it like*" }
            @{ Id = 'InvalidAddress'; Bad = '-AllowAddress nobody'; Category = 'InvalidArgument'; Target = '127.0.0.1:0'; Text = "'nobody' is neither*" }
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
            @{ Bad = '-Encoding klingon'; Text = "*'klingon' is not an encoding this system knows. Use a name such as utf8*" }
            @{ Bad = '-MaxConnections 0'; Text = '*1*' }
            @{ Bad = '-Echo -Reply x'; Text = '*parameter set*' }
            @{ Bad = '-Certificate ./no-such-file.pem'; Text = "*'./no-such-file.pem' cannot be read as a certificate*Give an X509Certificate2, a PFX file*" }
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
            "$fault" | Should -BeLike '*port 1 on 127.0.0.1: ports below 1024 need more rights*Choose a port from 1024 up*'
        }
    }
}
