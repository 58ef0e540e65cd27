# UDP between hosts that each have their own addresses:
#   ann   lan 10.77.1.1  fd77::1     cable 10.77.2.1
#   ben   lan 10.77.1.2  fd77::2                        (python3 only)
#   cleo  lan 10.77.1.3  fd77::3     cable 10.77.2.3    and on lan 10.77.1.33, fd77::33

BeforeDiscovery {
    . $PSScriptRoot/namespaces.ps1
    $whyNot = Test-Namespace
    $skipped = $whyNot ? " (skipped: $whyNot)" : ''
}

Describe "UDP between hosts$skipped" -Skip:([bool] $whyNot) {
    BeforeAll {
        . $PSScriptRoot/common.ps1
        . $PSScriptRoot/namespaces.ps1

        $switch = [NetHost]::new('switch')
        $ann = [NetHost]::new('ann')
        $ben = [NetHost]::new('ben')
        $cleo = [NetHost]::new('cleo')
        $ann.StartPwsh()
        $cleo.StartPwsh()

        # Answers with its name whatever it hears, also from a group; tells what it heard, from where and how far that may go.
        $responder = @'
import select, socket, struct
four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
four.setsockopt(socket.IPPROTO_IP, 12, 1) # IP_RECVTTL
four.bind(('', 0))
port = four.getsockname()[1]
six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
six.bind(('', port))
card = socket.if_nametoindex('lan')
four.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack('=4s4si', socket.inet_aton('239.77.9.1'), bytes(4), card))
six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, 'ff15::77:9') + struct.pack('@I', card))
print('PORT', port)
while True:
    for s in select.select([four, six], [], [])[0]:
        data, extra, flags, peer = s.recvmsg(65535, 1024)
        print(peer[0], struct.unpack('@i', extra[0][2])[0], data.decode(), flush=True)
        s.sendto(b'ben', peer)
'@

        $switch.Ip('link add hub type bridge forward_delay 0 mcast_snooping 0')
        $switch.Ip('link set hub up')
        foreach ($name in 'ann', 'ben', 'cleo') {
            $end = (Get-Variable $name -ValueOnly).Namespace
            $switch.Ip("link add $name type veth peer name lan netns $end")
            $switch.Ip("link set $name master hub up")
        }
        $ann.Ip("link add cable type veth peer name cable netns $($cleo.Namespace)")
        $ann.SetLink('lan', @('10.77.1.1/24', 'fd77::1/64'))
        $ann.SetLink('cable', @('10.77.2.1/24'))
        $ben.SetLink('lan', @('10.77.1.2/24', 'fd77::2/64'))
        $cleo.SetLink('lan', @('10.77.1.3/24', '10.77.1.33/24', 'fd77::3/64', 'fd77::33/64'))
        $cleo.SetLink('cable', @('10.77.2.3/24'))
        $peer = Start-PeerOn $ben $responder
        foreach ($one in $ann, $ben, $cleo) { $one.WaitLink('lan') }
        foreach ($one in $ann, $cleo) { $one.WaitLink('cable') }
        Wait-NetHost $ann, $cleo $modulePath
        $port = $peer.Port

        # What ben heard of a text: from whom, and how many hops it had left.
        function Get-Heard([string] $Text) {
            do { $line = $peer.ReadLine() } until ($line -like "* $Text")
            $line
        }
    }

    AfterAll {
        if ($peer) { $peer.Stop() }
        foreach ($one in $switch, $ann, $ben, $cleo) { if ($one) { $one.Stop() } }
        Remove-NetHost
    }

    AfterEach {
        foreach ($one in $ann, $cleo) { $null = Invoke-On $one { Get-Job | Remove-Job -Force } }
    }

    Context 'broadcast' {
        It 'goes out of every interface, with a result for each; the answers say by which they came' {
            $null = Invoke-On $cleo { Start-UdpServer $args[0] -Broadcast -Reply cleo } $port
            $out = Invoke-On $ann {
                Send-Broadcast $args[0] 'who is there?' -TimeoutSec 20 | Select-Object -First 5 | ForEach-Object {
                    $_.Text ? "$($_.Text) $($_.RemoteEndPoint.Address) by $($_.Interface)" : "$($_.Interface) $($_.Source) $($_.BroadcastAddress) $($_.Bytes) $($_.Error)"
                }
            } $port
            $out[0..1] | Sort-Object | Should -Be 'cable 10.77.2.1 10.77.2.255 13 ', 'lan 10.77.1.1 10.77.1.255 13 '
            $out[2..9] | Sort-Object | Should -Be 'ben 10.77.1.2 by lan', 'cleo 10.77.1.3 by lan', 'cleo 10.77.2.3 by cable'
            Get-Heard 'who is there?' | Should -BeLike '10.77.1.1 *'
            $heard = Invoke-On $cleo { Get-Job | Receive-Job | ForEach-Object { "$($_.Interface) $($_.LocalEndPoint.Address) $($_.RemoteEndPoint.Address)" } }
            $heard | Sort-Object | Should -Be 'cable 10.77.2.255 10.77.2.1', 'lan 10.77.1.255 10.77.1.1'
        }

        It 'goes out of -InterfaceAlias only' {
            $free = Invoke-On $cleo { (Start-UdpServer -Broadcast -Reply cleo).Port }
            $out = Invoke-On $ann { Send-Broadcast $args[0] x -InterfaceAlias cable -TimeoutSec 20 | Select-Object -First 2 | ForEach-Object { "$($_.Interface) $($_.RemoteEndPoint)" } } $free
            $out | Should -Be 'cable ', "cable 10.77.2.3:$free"
        }

        It 'leaves out interfaces that are down and networks without a broadcast address' {
            $ann.Ip('link add spare type veth peer name unused')
            $ann.Ip('address add 10.77.3.1/24 dev spare')
            $ann.Ip('link add pair type veth peer name other')
            $ann.Ip('link set other up')
            $ann.SetLink('pair', @('10.77.4.0/31'))
            $ann.WaitLink('pair')
            try {
                Invoke-On $ann { (Send-Broadcast 9 x).Interface } | Sort-Object | Should -Be 'cable', 'lan'
                $fault = { Invoke-On $ann { Send-Broadcast 9 x -InterfaceAlias spare } } | Should -Throw -PassThru
                "$fault" | Should -BeLike "*No interface named 'spare' is up*"
                $fault = { Invoke-On $ann { Send-Broadcast 9 x -InterfaceAlias pair } } | Should -Throw -PassThru
                "$fault" | Should -BeLike '*pair*has an IPv4 broadcast address*'
            }
            finally {
                $ann.Ip('link del spare')
                $ann.Ip('link del pair')
            }
        }

        It 'goes out of each of two interfaces in one network' {
            $ann.Ip("link add spur type veth peer name spur netns $($cleo.Namespace)")
            try {
                $ann.SetLink('spur', @('10.77.1.11/24'))
                $cleo.SetLink('spur', @('10.77.1.13/24'))
                foreach ($one in $ann, $cleo) { $one.WaitLink('spur') }
                $free = Invoke-On $cleo { (Start-UdpServer -Broadcast).Port }
                $out = Invoke-On $ann { Send-Broadcast $args[0] x -InterfaceAlias lan, spur | ForEach-Object { "$($_.Interface) $($_.Source)" } } $free
                $out | Should -Be 'lan 10.77.1.1', 'spur 10.77.1.11'
                Invoke-On $cleo { Receive-UdpMessage (Get-Job) -Count 2 -TimeoutSec 20 | ForEach-Object { "$($_.Interface) $($_.RemoteEndPoint.Address)" } } |
                    Should -Be 'lan 10.77.1.1', 'spur 10.77.1.11'
            }
            finally { $ann.Ip('link del spur') }
        }

        It 'goes on with the other addresses when there is no way to one' {
            $out = Invoke-On $ann {
                $results = Send-Broadcast 9 'hello' -Address 255.255.255.255, 10.77.1.255 -ErrorVariable faults -ErrorAction SilentlyContinue
                $results.ForEach{ $_.Bytes }
                $results[0].Error
                $faults.ForEach{ "$($_.FullyQualifiedErrorId) $($_.TargetObject)" }
            }
            $out[0..1] | Should -Be 0, 5
            $out[2] | Should -BeLike 'There is no route to 255.255.255.255:9.*'
            $out[3] | Should -Be 'HostUnreachable,PSNetLab.Commands.SendBroadcastCommand 255.255.255.255:9'
            $out | Should -HaveCount 4
        }

        It 'is answered by a server on all addresses of both families' {
            $free = Invoke-On $cleo { (Start-UdpServer -Address Any -Reply dual).Port }
            $out = Invoke-On $ann { Send-Broadcast $args[0] x -TimeoutSec 20 | Where-Object Text | Select-Object -First 2 | ForEach-Object { "$($_.RemoteEndPoint.Address)" } } $free
            $out | Sort-Object | Should -Be '10.77.1.3', '10.77.2.3'
            Invoke-On $cleo { (Get-Job).Error.Count } | Should -Be 0
        }
    }

    Context 'one host' {
        It 'answers from the address that was asked: <Asked> on <Address>' -ForEach @(
            @{ Address = '0.0.0.0'; Asked = '10.77.1.33' }
            @{ Address = 'Any'; Asked = '10.77.1.33' }
            @{ Address = 'Any'; Asked = 'fd77::33' }
            @{ Address = '0.0.0.0'; Asked = '10.77.2.3' }
        ) {
            $free = Invoke-On $cleo { (Start-UdpServer -Address $args[0] -Echo).Port } $Address
            # A connected socket takes answers from the address it asked, and no other.
            $answer = Invoke-On $ann { 'x' | Send-UdpMessage $args[0] $args[1] -Count 1 -TimeoutSec 20 | ForEach-Object { "$($_.RemoteEndPoint.Address) $($_.Text)" } } $Asked $free
            $answer | Should -Be "$Asked x"
            Invoke-On $cleo { Receive-UdpMessage (Get-Job) -Count 1 -TimeoutSec 20 | ForEach-Object { "$($_.LocalEndPoint.Address) $($_.Interface)" } } |
                Should -Be "$Asked $($Asked -eq '10.77.2.3' ? 'cable' : 'lan')"
        }

        It 'talks with one port of a host as with several, by the address that was asked' {
            $free = Invoke-On $cleo { (Start-UdpServer -Address 0.0.0.0 -Dialogue 'hi', 'one' -DelayMs 300).Port }
            $answers = Invoke-On $ann {
                $peer = [Net.Sockets.UdpClient]::new(0)
                $peer.Client.ReceiveTimeout = 20000
                foreach ($address in '10.77.1.3', '10.77.1.33') { $null = $peer.Send([byte[]] ('h'[0], 'i'[0]), 2, $address, $args[0]) }
                foreach ($i in 1, 2) {
                    $from = [Net.IPEndPoint]::new(0, 0)
                    $text = [Text.Encoding]::ASCII.GetString($peer.Receive([ref] $from))
                    "$text from $($from.Address)"
                }
                $peer.Dispose()
            } $free
            $answers | Sort-Object | Should -Be 'one from 10.77.1.3', 'one from 10.77.1.33'
        }

        It 'says ConnectionRefused when the other host does, without waiting' {
            $out = Invoke-On $ann {
                $clock = [Diagnostics.Stopwatch]::StartNew()
                'x' | Send-UdpMessage 10.77.1.2 9 -Count 1 -TimeoutSec 60 -ErrorVariable faults -ErrorAction SilentlyContinue
                $faults.ForEach{ $_.FullyQualifiedErrorId }
                $clock.Elapsed.TotalSeconds
            }
            $out[0] | Should -BeLike 'ConnectionRefused,*'
            $out[1] | Should -BeLessThan 20
        }

        It 'says HostUnreachable when there is no way' {
            $fault = { Invoke-On $ann { 'x' | Send-UdpMessage 192.0.2.1 9 } } | Should -Throw -PassThru
            "$fault" | Should -BeLike '*There is no route to 192.0.2.1:9. Check the address*'
        }

        It 'notes that <Bytes> bytes to <To> go in fragments: <Note>; they arrive whole' -ForEach @(
            @{ To = '10.77.1.3'; Bytes = 1472; Note = $false }
            @{ To = '10.77.1.3'; Bytes = 1473; Note = $true }
            @{ To = 'fd77::3'; Bytes = 1452; Note = $false }
            @{ To = 'fd77::3'; Bytes = 1453; Note = $true }
        ) {
            $free = Invoke-On $cleo { (Start-UdpServer -Address Any).Port }
            $notes = Invoke-On $ann { , [byte[]]::new($args[2]) | Send-UdpMessage $args[0] $args[1] -Verbose 4>&1 | ForEach-Object { "$_" } } $To $free $Bytes
            if ($Note) { $notes | Should -BeLike "$Bytes bytes are more than the $($Bytes - 1) that reach *${To}*:$free in one piece*" }
            else { $notes | Should -BeNullOrEmpty }
            Invoke-On $cleo { (Receive-UdpMessage (Get-Job) -Count 1 -TimeoutSec 20).Length } | Should -Be $Bytes
        }

        It 'gets over a router with -TimeToLive 2, and not with 1' {
            $ben.Exec(@('sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv4.conf.all.send_redirects=0', 'net.ipv4.conf.lan.send_redirects=0'))
            $cleo.Ip('address add 10.77.5.3/32 dev lo')
            $ann.Ip('route add 10.77.5.3/32 via 10.77.1.2')
            $ben.Ip('route add 10.77.5.3/32 via 10.77.1.3')
            $free = Invoke-On $cleo { (Start-UdpServer -Address 0.0.0.0).Port }
            $null = Invoke-On $ann { foreach ($hops in 1, 2) { $hops | Send-UdpMessage 10.77.5.3 $args[0] -TimeToLive $hops } } $free
            Invoke-On $cleo { (Receive-UdpMessage (Get-Job) -Count 1 -TimeoutSec 20).Text } | Should -Be '2'
        }
    }

    Context 'multicast' {
        It 'reaches all members on other hosts, and their answers come back: <Group>' -ForEach @(
            @{ Group = '239.77.9.1'; From = '10.77.1.1'; Members = '10.77.1.2', '10.77.1.3' }
            @{ Group = 'ff15::77:9'; From = 'fd77::1'; Members = 'fd77::2', 'fd77::3*' }
        ) {
            $null = Invoke-On $cleo { Start-UdpServer $args[0] -MulticastGroup $args[1] -InterfaceAlias lan -Reply cleo } $port $Group
            $out = Invoke-On $ann {
                'all' | Send-UdpMessage -MulticastGroup $args[1] -Port $args[0] -InterfaceAlias lan -Count 2 -TimeoutSec 20 |
                    ForEach-Object { "$($_.Text) $($_.RemoteEndPoint.Address)" }
            } $port $Group
            $first, $second = $out | Sort-Object
            $first | Should -BeLike "ben $($Members[0])"
            $second | Should -BeLike "cleo $($Members[1])"
            # Multicast stays on the link unless told otherwise.
            Get-Heard all | Should -Be "$From 1 all"
        }

        It 'reaches all hosts of a link by ff02::1, which answer to a link-local address' {
            $free = Invoke-On $cleo { (Start-UdpServer -MulticastGroup ff02::1 -InterfaceAlias lan -AllowAddress fe80::/10 -Echo).Port }
            $answer = Invoke-On $ann {
                $first = 'x' | Send-UdpMessage -MulticastGroup ff02::1 -Port $args[0] -InterfaceAlias lan -Count 1 -TimeoutSec 20
                # Such an address means something only together with an interface.
                $second = 'y' | Send-UdpMessage "$($first.RemoteEndPoint.Address)" $args[0] -Count 1 -TimeoutSec 20
                $first, $second | ForEach-Object { "$($_.Text) $($_.RemoteEndPoint.Address)" }
            } $free
            $answer[0] | Should -Match '^x fe80::.*%\d+$'
            $answer[1] | Should -Match '^y fe80::.*%\d+$'
        }

        It 'tells a member the group and the interface: <Group>' -ForEach @(
            @{ Group = '239.77.9.2' }
            @{ Group = 'ff15::77:10' }
        ) {
            $free = Invoke-On $cleo { (Start-UdpServer -MulticastGroup $args[0] -InterfaceAlias lan).Port } $Group
            $null = Invoke-On $ann { 'to all' | Send-UdpMessage -MulticastGroup $args[0] -Port $args[1] -InterfaceAlias lan } $Group $free
            Invoke-On $cleo { Receive-UdpMessage (Get-Job) -Count 1 -TimeoutSec 20 | ForEach-Object { "$($_.LocalEndPoint.Address) $($_.Interface) $($_.Text)" } } |
                Should -Be "$Group lan to all"
        }

        It 'goes as far as -TimeToLive says: <Hops> for <Group>' -ForEach @(
            @{ Group = '239.77.9.1'; Hops = 7 }
            @{ Group = '239.77.9.1'; Hops = 255 }
            @{ Group = 'ff15::77:9'; Hops = 7 }
        ) {
            $null = Invoke-On $ann { 'far' | Send-UdpMessage -MulticastGroup $args[1] -Port $args[0] -InterfaceAlias lan -TimeToLive $args[2] } $port $Group $Hops
            Get-Heard far | Should -BeLike "* $Hops far"
        }

        It 'does not leave this host with -TimeToLive 0: <Group>' -ForEach @(
            @{ Group = '239.77.9.1' }
            @{ Group = 'ff15::77:9' }
        ) {
            $heard = Invoke-On $ann {
                $port, $group = $args
                $own = Start-UdpServer $port -MulticastGroup $group -InterfaceAlias lan
                'host' | Send-UdpMessage -MulticastGroup $group -Port $port -InterfaceAlias lan -TimeToLive 0
                'link' | Send-UdpMessage -MulticastGroup $group -Port $port -InterfaceAlias lan
                (Receive-UdpMessage $own -Count 2 -TimeoutSec 20).Text
            } $port $Group
            $heard | Should -Be 'host', 'link'
            $peer.ReadLine() | Should -BeLike '* 1 link'
        }

        It 'goes out of -InterfaceAlias, and is heard only where it was joined' {
            $free = Invoke-On $cleo { (Start-UdpServer -MulticastGroup 239.77.9.4 -InterfaceAlias cable).Port }
            $null = Invoke-On $ann {
                foreach ($alias in 'lan', 'cable') { $alias | Send-UdpMessage -MulticastGroup 239.77.9.4 -Port $args[0] -InterfaceAlias $alias }
                'end' | Send-UdpMessage 10.77.2.3 $args[0]
            } $free
            Invoke-On $cleo { (Receive-UdpMessage (Get-Job) -Count 2 -TimeoutSec 20).Text } | Should -Be 'cable', 'end'
        }
    }

    It 'a firewall that lets nothing out is named' -Skip:(-not (Get-Command nft -CommandType Application -ErrorAction Ignore)) {
        $ann.Exec(@('nft', 'add table inet f; add chain inet f out { type filter hook output priority 0; }; add rule inet f out udp dport 7 drop'))
        try {
            $fault = Invoke-On $ann { try { 'x' | Send-UdpMessage 10.77.1.2 7 -ErrorAction Stop } catch { "$($_.FullyQualifiedErrorId) $_" } }
        }
        finally { $ann.Exec(@('nft', 'delete table inet f')) }
        $fault | Should -BeLike 'SocketError,* The system refused to send to 10.77.1.2:7: Operation not permitted (errno 1). A firewall *'
    }
}
