BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Start-UdpServer' {
    AfterEach {
        if ($peer) { $peer.Dispose() }
        $peer = $null
        Get-Job | Remove-Job -Force
    }

    Context 'endpoint' {
        It 'takes a free port on loopback and says which' {
            $server = Start-UdpServer
            $server.Port | Should -BeGreaterThan 1023
            "$($server.LocalEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            $server.State | Should -Be 'Running'
        }

        It 'takes the port it is given' {
            $port = Get-FreePort
            (Start-UdpServer $port).Port | Should -Be $port
        }

        It 'takes ports from the pipeline, and goes on after one in use' {
            $busy = (Start-UdpServer).Port
            $free = Get-FreePort
            $started = $busy, $free | ForEach-Object { [pscustomobject] @{ Port = $_ } } |
                Start-UdpServer -ErrorVariable faults -ErrorAction SilentlyContinue
            $started.Port | Should -Be $free
            $faults | Should -HaveCount 1
        }

        It 'listens on -Address <Address> as <EndPoint>' -ForEach @(
            @{ Address = 'Loopback'; EndPoint = '127.0.0.1:*'; Reach = '127.0.0.1' }
            @{ Address = '127.0.0.3'; EndPoint = '127.0.0.3:*'; Reach = '127.0.0.3'; Only = $IsLinux }
            @{ Address = 'IPv6Loopback'; EndPoint = '[[]::1]:*'; Reach = '::1' }
            @{ Address = '[::1]'; EndPoint = '[[]::1]:*'; Reach = '::1' }
        ) {
            if ($Only -eq $false) { Set-ItResult -Skipped -Because 'only Linux has all of 127.0.0.0/8 on loopback' }
            if ($Reach -eq '::1' -and -not [Net.Sockets.Socket]::OSSupportsIPv6) { Set-ItResult -Skipped -Because 'this machine has no IPv6' }
            $server = Start-UdpServer -Address $Address -Echo
            "$($server.LocalEndPoint)" | Should -BeLike $EndPoint
            $answer = 'here' | Send-UdpMessage $Reach $server.Port -Count 1 -TimeoutSec 20
            $answer | Should -Be 'here'
            "$($answer.RemoteEndPoint)" | Should -Be "$($server.LocalEndPoint)"
        }

        It 'answers IPv4 and IPv6 with -Address Any, from the address that was asked' {
            $server = Start-UdpServer -Address Any -AllowAddress 127.0.0.0/8, ::1 -Echo
            $asked = @(
                '127.0.0.1'
                if ($IsLinux) { '127.0.0.5' }
                if ([Net.Sockets.Socket]::OSSupportsIPv6) { '::1' }
            )
            foreach ($address in $asked) {
                # A connected socket takes answers from that address only.
                $answer = "to $address" | Send-UdpMessage $address $server.Port -Count 1 -TimeoutSec 20
                $answer | Should -Be "to $address"
                "$($answer.RemoteEndPoint.Address)" | Should -Be $address
            }
            $messages = Receive-UdpMessage -Job $server -Count $asked.Count -TimeoutSec 20
            $messages.ForEach{ "$($_.LocalEndPoint.Address)" } | Should -Be $asked
            if ($IsLinux) { $messages.Interface | Sort-Object -Unique | Should -Be 'lo' }
        }

        It 'answers from the address that was asked on all IPv4 addresses' -Skip:(-not $IsLinux) {
            $server = Start-UdpServer -Address 0.0.0.0 -AllowAddress 127.0.0.0/8 -Echo
            $answer = 'here' | Send-UdpMessage 127.0.0.7 $server.Port -Count 1 -TimeoutSec 20
            "$($answer.RemoteEndPoint)" | Should -Be "127.0.0.7:$($server.Port)"
        }

        It 'shares a port with -ReuseAddress, and not without' {
            $first = Start-UdpServer -ReuseAddress
            (Start-UdpServer $first.Port -ReuseAddress).Port | Should -Be $first.Port
            Start-UdpServer $first.Port -ErrorVariable faults -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
            $faults[0].FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        }
    }

    Context 'the job' {
        It 'has the name, the kind and the command line' {
            $server = Start-UdpServer -Name listener
            $server.Name | Should -Be 'listener'
            $server.PSJobTypeName | Should -Be 'UdpServer'
            $server.Location | Should -Be "127.0.0.1:$($server.Port)"
            $server.Command | Should -Be '$server = Start-UdpServer -Name listener'
            Get-Job -Name listener | Should -Be $server
        }

        It 'counts datagrams and bytes each way' {
            $server = Start-UdpServer -Reply 'ok'
            'one', 'three' | Send-UdpMessage 127.0.0.1 $server.Port -Count 2 -TimeoutSec 20 | Should -Be 'ok', 'ok'
            $server.MessageCount | Should -Be 2
            $server.BytesReceived | Should -Be 8
            # A client may be ahead of the count.
            Wait-Until { $server.MessagesSent -eq 2 }
            $server.BytesSent | Should -Be 4
            $server.StatusMessage | Should -Be '2 messages, 8 bytes in, 4 out'
        }

        It 'hands messages to Receive-Job, and leaves them with -Keep' {
            $server = Start-UdpServer
            'a', 'b' | Send-UdpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.Waiting -eq 2 }
            $server.HasMoreData | Should -BeTrue
            (Receive-Job $server -Keep).Text | Should -Be 'a', 'b'
            (Receive-Job $server).Text | Should -Be 'a', 'b'
            Receive-Job $server | Should -BeNullOrEmpty
            $server.HasMoreData | Should -BeFalse
        }

        It 'frees its port with Stop-Job, keeps what came, and Wait-Job sees the end' {
            $server = Start-UdpServer
            'late' | Send-UdpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.Waiting -eq 1 }
            Stop-Job $server
            (Start-UdpServer $server.Port).Port | Should -Be $server.Port
            Wait-Job $server -Timeout 20 | Should -Be $server
            $server.State | Should -Be 'Stopped'
            Receive-Job $server | Should -Be 'late'
            Remove-Job $server
            Get-Job $server.Id -ErrorAction Ignore | Should -BeNullOrEmpty
        }

        It 'can be stopped from the pipeline of Receive-Job -Wait' {
            $server = Start-UdpServer
            1..5 | Send-UdpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.Waiting -eq 5 }
            $texts = $server | Receive-Job -Wait | ForEach-Object { Stop-Job $server; $_.Text }
            $texts | Should -Be (1..5)
            $server.State | Should -Be 'Stopped'
        }

        It 'starts and stops 50 servers without a trace' {
            $before = Get-OpenSocketCount
            $servers = 1..50 | ForEach-Object { Start-UdpServer -Echo }
            foreach ($server in $servers) { $server.Port | Send-UdpMessage 127.0.0.1 $server.Port -Count 1 -TimeoutSec 20 | Should -Be "$($server.Port)" }
            $time = Measure-Command { $servers | Stop-Job }
            $time.TotalSeconds | Should -BeLessThan 30
            $servers.State | Sort-Object -Unique | Should -Be 'Stopped'
            $servers | Remove-Job
            if ($IsLinux) { Wait-Until { (Get-OpenSocketCount) -le $before } }
        }

        It 'does nothing with -WhatIf' {
            Start-UdpServer -WhatIf | Should -BeNullOrEmpty
            Get-Job | Should -BeNullOrEmpty
        }

        It 'fits a table of 100 columns' {
            $server = Start-UdpServer
            'x' | Send-UdpMessage 127.0.0.1 $server.Port
            Wait-Until { $server.MessageCount }
            $lines = ($server | Out-String -Width 100) -split '\r?\n' | Where-Object { $_.Trim() }
            $lines[0] | Should -Match '^ *Id +Name +Kind +State +Listening on +Open +Messages +Waiting +Dropped *$'
            $lines[2] | Should -Match "^ *$($server.Id) +Job\d+ +Udp +Running +127\.0\.0\.1:$($server.Port) +0 +1 +1 +0 *$"
        }
    }

    Context 'address lists' -Skip:(-not $IsLinux) {
        It 'with -AllowAddress <Allow> and -DenyAddress <Deny> hears <From>: <Welcome>' -ForEach @(
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = $null; Deny = '127.0.0.2'; From = '127.0.0.1'; Welcome = $true }
            @{ Allow = '127.0.0.1'; Deny = $null; From = '127.0.0.2'; Welcome = $false }
            @{ Allow = '10.0.0.0/8', '127.0.0.2/31'; Deny = $null; From = '127.0.0.3'; Welcome = $true }
            @{ Allow = '127.0.0.0/8'; Deny = '127.0.0.2'; From = '127.0.0.2'; Welcome = $false }
        ) {
            $lists = @{}
            if ($Allow) { $lists.AllowAddress = $Allow }
            if ($Deny) { $lists.DenyAddress = $Deny }
            # On all addresses of both families, IPv4 peers have addresses of IPv6: the lists must see through that.
            foreach ($address in 'Loopback', 'Any') {
                $server = Start-UdpServer @lists -Address $address -Echo
                $peer = New-UdpPeer $From
                Send-Datagram $peer 'hello' $server.Port
                if ($Welcome) {
                    (Receive-Datagram $peer).Text | Should -Be 'hello'
                    $server.Refused | Should -Be 0
                }
                else {
                    Wait-Until { $server.Refused -eq 1 }
                    $server.MessageCount | Should -Be 0
                    $server.Waiting | Should -Be 0
                    $server.MessagesSent | Should -Be 0
                    $server.StatusMessage | Should -BeLike '*, 1 refused'
                }
                $peer.Dispose()
            }
        }
    }

    Context 'multicast' -Skip:(-not $IsLinux) {
        It 'joins a group on an interface and answers its senders' {
            $server = Start-UdpServer -MulticastGroup 239.77.1.1 -InterfaceAlias lo -Echo
            "$($server.LocalEndPoint)" | Should -Be "0.0.0.0:$($server.Port)"
            'all' | Send-UdpMessage -MulticastGroup 239.77.1.1 -Port $server.Port -InterfaceAlias lo -Count 1 -TimeoutSec 20 | Should -Be 'all'
            # The group is joined by this socket: one that has not joined it hears nothing.
            'nobody' | Send-UdpMessage -MulticastGroup 239.77.1.2 -Port $server.Port -InterfaceAlias lo
            'end' | Send-UdpMessage 127.0.0.1 $server.Port
            $messages = Receive-UdpMessage -Job $server -Count 2 -TimeoutSec 20
            $messages.Text | Should -Be 'all', 'end'
            "$($messages[0].LocalEndPoint)" | Should -Be "239.77.1.1:$($server.Port)"
            $messages[0].Interface | Should -Be 'lo'
        }

        It 'joins several groups, of both families' {
            $server = Start-UdpServer -MulticastGroup 239.77.1.1, 239.77.1.2, ff15::77 -InterfaceAlias lo
            $server.LocalEndPoint.Address | Should -Be '::'
            'one' | Send-UdpMessage -MulticastGroup 239.77.1.1 -Port $server.Port -InterfaceAlias lo
            'two' | Send-UdpMessage -MulticastGroup 239.77.1.2 -Port $server.Port -InterfaceAlias lo
            $messages = Receive-UdpMessage -Job $server -Count 2 -TimeoutSec 20
            $messages.Text | Should -Be 'one', 'two'
            $messages.ForEach{ "$($_.LocalEndPoint.Address)" } | Should -Be '239.77.1.1', '239.77.1.2'
        }

        It 'lets two servers with -ReuseAddress hear the same group' {
            $first = Start-UdpServer -MulticastGroup 239.77.1.3 -InterfaceAlias lo -ReuseAddress
            $second = Start-UdpServer $first.Port -MulticastGroup 239.77.1.3 -InterfaceAlias lo -ReuseAddress
            'both' | Send-UdpMessage -MulticastGroup 239.77.1.3 -Port $first.Port -InterfaceAlias lo
            foreach ($server in $first, $second) { Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be 'both' }
        }
    }

    Context 'errors' {
        It 'names the process that holds the port' {
            $server = Start-UdpServer
            $fault = { Start-UdpServer $server.Port -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
            $fault.CategoryInfo.Category | Should -Be 'ResourceExists'
            "$($fault.TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
            "$fault" | Should -BeLike "Port $($server.Port) on 127.0.0.1 is in use*Choose another with -Port, or 0*"
            "$fault" | Should -BeLike "*(by process $PID, *)*"
            Get-Job | Should -HaveCount 1
        }

        It 'says <Id> for <Bad>' -ForEach @(
            @{ Id = 'AddressNotLocal'; Bad = '-Address 192.0.2.201'; Category = 'InvalidArgument'; Target = '192.0.2.201:0'; Text = '192.0.2.201 is not an address of this machine. Use the address*' }
            @{ Id = 'InvalidAddress'; Bad = '-DenyAddress 10.0.0.0/33'; Category = 'InvalidArgument'; Target = '10.0.0.0/33'; Text = "'10.0.0.0/33' is neither an IP address nor a CIDR range. Write it like*" }
            @{ Id = 'InterfaceNotFound'; Bad = '-MulticastGroup 239.77.3.2 -InterfaceAlias nowhere0'; Category = 'ObjectNotFound'; Target = 'nowhere0'; Text = "No interface named 'nowhere0' is up. The interfaces that are up: *" }
            @{ Id = 'MulticastRefused'; Bad = '-MulticastGroup 10.0.0.1'; Category = 'InvalidArgument'; Target = '10.0.0.1'; Text = '*10.0.0.1 cannot be joined*224.0.0.0/4 or ff00::/8*-InterfaceAlias*' }
        ) {
            $fault = [scriptblock]::Create("Start-UdpServer $Bad -ErrorAction Stop") | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
            $fault.CategoryInfo.Category | Should -Be $Category
            "$($fault.TargetObject)" | Should -Be $Target
            "$fault" | Should -BeLike $Text
            Get-Job | Should -BeNullOrEmpty
        }

        It 'refuses <Bad> while binding parameters' -ForEach @(
            @{ Bad = '-Port 65536'; Text = '*65535*' }
            @{ Bad = '-Address nowhere'; Text = "*'nowhere' is not an address to listen on*" }
            @{ Bad = '-MulticastGroup nobody'; Text = "*MulticastGroup*nobody*" }
            @{ Bad = '-ReceiveBufferBytes 0'; Text = '*1024*' }
            @{ Bad = '-BufferLimit 0'; Text = '*1*' }
            @{ Bad = '-Echo -Reply x'; Text = '*parameter set*' }
        ) {
            $fault = [scriptblock]::Create("Start-UdpServer $Bad") | Should -Throw -PassThru
            "$fault" | Should -BeLike $Text
            Get-Job | Should -BeNullOrEmpty
        }
    }
}
