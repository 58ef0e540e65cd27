BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Open-TcpConnection' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'a connection' {
        It 'is live and knows its two ends' {
            $server = Start-TcpServer
            $connection = Open-TcpConnection -ComputerName 127.0.0.1 -Port $server.Port
            $connection.State | Should -Be 'Established'
            "$($connection.RemoteEndPoint)" | Should -Be "127.0.0.1:$($server.Port)"
            "$($connection.LocalEndPoint.Address)" | Should -Be '127.0.0.1'
            $connection.OpenedAt | Should -BeGreaterThan ([datetime]::Now.AddMinutes(-1))
            $connection.CloseReason | Should -Be 'None'
            $connection.Tls | Should -BeNullOrEmpty
            "$($connection.Framing)" | Should -Be 'Raw'
            $connection.Encoding | Should -Be 'utf-8'
            "$connection" | Should -Be "$($connection.LocalEndPoint) - $($connection.RemoteEndPoint) (Established)"
            Wait-Until { $server.ConnectionCount -eq 1 }
            "$($server.Connections[0].RemoteEndPoint)" | Should -Be "$($connection.LocalEndPoint)"
        }

        It 'counts messages and bytes each way' {
            $server = Start-TcpServer -Framing Line -Reply 'four'
            $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            'one', 'three' | Send-TcpMessage -Connection $connection
            $null = Receive-TcpMessage $connection -Count 2 -TimeoutSec 20
            $connection.MessagesSent | Should -Be 2
            $connection.BytesSent | Should -Be 10
            $connection.MessagesReceived | Should -Be 2
            $connection.BytesReceived | Should -Be 10
        }

        It 'has -Framing and -Encoding for both ways' {
            $server = Start-TcpServer -Framing Length8 -Encoding GB18030 -Echo
            $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Length8 -Encoding GB18030
            '来,确认下眼神' | Send-TcpMessage -Connection $connection
            $answer = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
            $answer | Should -Be '来,确认下眼神'
            $answer.Length | Should -Be 13
        }

        It 'has a number of its own' {
            $server = Start-TcpServer
            $ids = 1..10 | ForEach-Object { (Open-TcpConnection 127.0.0.1 $server.Port).Id }
            $ids | Sort-Object -Unique | Should -HaveCount 10
        }

        It 'connects from -LocalEndPoint' -Skip:(-not $IsLinux) {
            $server = Start-TcpServer
            $port = Get-FreePort
            (Open-TcpConnection 127.0.0.1 $server.Port -LocalEndPoint 127.0.0.2:0).LocalEndPoint.Address | Should -Be '127.0.0.2'
            "$((Open-TcpConnection 127.0.0.1 $server.Port -LocalEndPoint "127.0.0.1:$port").LocalEndPoint)" | Should -Be "127.0.0.1:$port"
        }

        It 'sets -NoDelay and -KeepAlive on its socket only when asked' {
            $server = Start-TcpServer
            # No public member shows the socket.
            $socketOf = [PSNetLab.TcpConnection].GetProperty('Socket', [Reflection.BindingFlags] 'Instance, NonPublic')
            foreach ($on in $false, $true) {
                $socket = $socketOf.GetValue((Open-TcpConnection 127.0.0.1 $server.Port -NoDelay:$on -KeepAlive:$on))
                $socket.NoDelay | Should -Be $on
                [bool] $socket.GetSocketOption('Socket', 'KeepAlive') | Should -Be $on
            }
        }

        It 'is closed with an error when a message is over -MaxMessageBytes' {
            $server = Start-TcpServer -Framing Line -Reply ('x' * 20)
            $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line -MaxMessageBytes 10
            'go on' | Send-TcpMessage -Connection $connection
            $fault = { Receive-TcpMessage $connection -TimeoutSec 5 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'MessageTooLong,*'
            $fault.CategoryInfo.Category | Should -Be 'LimitsExceeded'
            "$fault" | Should -BeLike "127.0.0.1:$($server.Port) sent a message of*at most 10 are allowed here*Raise -MaxMessageBytes*"
            $connection.State | Should -Be 'Closed'
            $connection.CloseReason | Should -Be 'MessageTooLong'
        }
    }

    Context 'names and pipelines' {
        It 'takes a name' {
            $server = Start-TcpServer
            (Open-TcpConnection localhost $server.Port).State | Should -Be 'Established'
        }

        It 'accepts <Name> as an alias of -ComputerName' -ForEach @{ Name = 'HostName' }, @{ Name = 'IPAddress' } {
            $server = Start-TcpServer
            $arguments = @{ $Name = '127.0.0.1'; Port = $server.Port }
            (Open-TcpConnection @arguments).State | Should -Be 'Established'
        }

        It 'takes a server in place of a name' {
            $server = Start-TcpServer
            (Open-TcpConnection $server).RemoteEndPoint.Port | Should -Be $server.Port
            "$server" | Should -Be "127.0.0.1:$($server.Port)"
        }

        It 'opens one for each object of the pipeline, past those that fail' {
            $servers = 1..2 | ForEach-Object { Start-TcpServer }
            $ports = $servers[0].Port, (Get-FreePort), $servers[1].Port
            $connections = $ports | ForEach-Object { [pscustomobject] @{ HostName = '127.0.0.1'; Port = $_ } } |
                Open-TcpConnection -ErrorVariable faults -ErrorAction SilentlyContinue
            $connections.RemoteEndPoint.Port | Should -Be $servers.Port
            $faults.FullyQualifiedErrorId | Should -Be 'ConnectionRefused,PSNetLab.Commands.OpenTcpConnectionCommand'
        }

        It 'tries every address of a name and says why each failed' {
            $port = Get-FreePort
            $fault = { Open-TcpConnection localhost $port -ErrorAction Stop } | Should -Throw -PassThru
            foreach ($address in [Net.Dns]::GetHostAddresses('localhost')) {
                "$fault" | Should -BeLike "*$([WildcardPattern]::Escape([Net.IPEndPoint]::new($address, $port))) (*"
            }
        }
    }

    Context 'errors' {
        It 'ConnectionRefused: nobody listens' {
            $port = Get-FreePort
            $fault = { Open-TcpConnection 127.0.0.1 $port -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectionRefused,*'
            $fault.CategoryInfo.Category | Should -Be 'ConnectionError'
            $fault.TargetObject | Should -Be "127.0.0.1:$port"
            "$fault" | Should -BeLike "Cannot connect to 127.0.0.1:$port. *refused: nothing is listening there*Check that the server is running*"
        }

        It 'HostNotFound: the name has no address' {
            # With an empty label it is no name to ask a server for.
            $fault = { Open-TcpConnection no..such.host.invalid 80 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'HostNotFound,*'
            $fault.CategoryInfo.Category | Should -Be 'ObjectNotFound'
            $fault.TargetObject | Should -Be 'no..such.host.invalid:80'
            "$fault" | Should -BeLike "The name 'no..such.host.invalid' cannot be resolved: *Check the spelling*"
        }

        It 'AddressNotLocal: -LocalEndPoint is not of this machine' {
            $server = Start-TcpServer
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -LocalEndPoint 192.0.2.1:0 -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'AddressNotLocal,*'
            $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
            "$fault" | Should -BeLike '*Check -LocalEndPoint.'
        }

        It 'PortInUse: -LocalEndPoint is taken' {
            $server = Start-TcpServer
            $first = Open-TcpConnection 127.0.0.1 $server.Port
            $fault = { Open-TcpConnection 127.0.0.1 $server.Port -LocalEndPoint $first.LocalEndPoint -ErrorAction Stop } | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
            "$fault" | Should -BeLike '*the local port is in use*Check -LocalEndPoint.'
        }

        It 'ConnectTimeout: no answer' -Skip:(-not $IsLinux) {
            # Linux answers no SYN while the queue of a listener is full.
            $peer = Start-PythonPeer @'
import socket
s = socket.socket()
s.bind(('127.0.0.1', 0))
s.listen(0)
waiting = [socket.socket() for _ in range(4)]
for w in waiting:
    w.setblocking(False)
    w.connect_ex(s.getsockname())
print('PORT', s.getsockname()[1])
input()
'@
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $fault = { Open-TcpConnection 127.0.0.1 $peer.Port -ConnectTimeoutSec 0.5 -ErrorAction Stop } | Should -Throw -PassThru
            $clock.Elapsed.TotalSeconds | Should -BeGreaterThan 0.45
            $clock.Elapsed.TotalSeconds | Should -BeLessThan 20
            $fault.FullyQualifiedErrorId | Should -BeLike 'ConnectTimeout,*'
            $fault.CategoryInfo.Category | Should -Be 'OperationTimeout'
            $fault.TargetObject | Should -Be "127.0.0.1:$($peer.Port)"
            "$fault" | Should -BeLike '*(no answer in time)*allow more time than 0.5 s.'
        }

        It 'refuses <Bad> while binding parameters' -ForEach @(
            @{ Bad = '127.0.0.1 0' }, @{ Bad = '127.0.0.1 65536' }, @{ Bad = '127.0.0.1 80 -ConnectTimeoutSec 0' }
        ) {
            [scriptblock]::Create("Open-TcpConnection $Bad") |
                Should -Throw -ErrorId 'ParameterArgumentValidationError,PSNetLab.Commands.OpenTcpConnectionCommand'
        }
    }
}
