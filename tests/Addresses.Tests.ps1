# Every parameter that takes an address takes it in its usual form only.

BeforeDiscovery {
    . $PSScriptRoot/common.ps1
    $parameters = foreach ($command in Get-Command -Module PSNetLab) {
        foreach ($parameter in $command.Parameters.Values) {
            if ($parameter.ParameterType -in [ipaddress], [ipaddress[]], [ipendpoint], [ipendpoint[]]) {
                @{ Command = $command.Name; Name = $parameter.Name; Parameter = $parameter; Assembly = $command.ImplementingType.Assembly }
            }
        }
    }
    $texts = '127.0.0.010', '0x7f.0.0.1', '127.1', '2130706433', '::ffff:127.0.0.010'
}

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Addresses' {
    AfterEach { Get-Job | Remove-Job -Force }

    It '<Command> -<Name> refuses what only inet_aton(3) takes' -ForEach $parameters {
        # PowerShell's own conversion is one, too.
        $transformation = $Parameter.Attributes.Where{ $_ -is [Management.Automation.ArgumentTransformationAttribute] -and $_.GetType().Assembly -eq $Assembly }
        $transformation | Should -HaveCount 1
        foreach ($text in '127.0.0.010', '0x7f.0.0.1', '127.1', 2130706433, '::ffff:127.0.0.010') {
            { $transformation[0].Transform($ExecutionContext, $text) } | Should -Throw "*'$text' is not an *Write IPv4 as four numbers*"
            { $transformation[0].Transform($ExecutionContext, @('127.0.0.1', $text)) } | Should -Throw
        }
    }

    It '<Name> refuses <Text>' -ForEach @(
        foreach ($text in $texts) {
            @{ Name = 'Start-TcpServer -DenyAddress'; Text = $text; Call = { param($text) Start-TcpServer -DenyAddress $text -ErrorAction Stop } }
            @{ Name = 'Start-UdpServer -AllowAddress'; Text = $text; Call = { param($text) Start-UdpServer -AllowAddress $text -ErrorAction Stop } }
            @{ Name = 'Start-StaticHttpServer -DenyAddress'; Text = $text; Call = { param($text) Start-StaticHttpServer $TestDrive -DenyAddress "$text/32" -ErrorAction Stop } }
            @{ Name = 'Get-SocketInfo -LocalAddress'; Text = $text; Call = { param($text) Get-SocketInfo -LocalAddress $text -ErrorAction Stop } }
            @{ Name = 'Open-TcpConnection -ComputerName'; Text = $text; Call = { param($text) Open-TcpConnection $text 1 -ErrorAction Stop } }
            @{ Name = 'Send-TcpMessage -ComputerName'; Text = $text; Call = { param($text) Send-TcpMessage $text 1 'x' -ErrorAction Stop } }
            @{ Name = 'Send-UdpMessage -ComputerName'; Text = $text; Call = { param($text) Send-UdpMessage $text 1 'x' -ErrorAction Stop } }
        }
    ) {
        $fault = { & $Call $Text } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidAddress,*'
        $fault.CategoryInfo.Category | Should -Be 'InvalidArgument'
    }

    It 'binds addresses, lists of them and endpoints as before' {
        $server = Start-UdpServer -MulticastGroup 239.77.3.1, ([ipaddress] '239.77.3.2')
        $server.LocalEndPoint.Address | Should -Be '0.0.0.0'
        $listener = Start-TcpServer -Address ([ipaddress]::Loopback)
        $port = Get-FreePort
        $connection = Open-TcpConnection 127.0.0.1 $listener.Port -LocalEndPoint "127.0.0.1:$port"
        $connection.LocalEndPoint.Port | Should -Be $port
        Close-TcpConnection $connection
    }

    It 'says what ::/0 means for IPv4' -ForEach @(
        @{ Start = { Start-TcpServer -DenyAddress ::/0 -WarningVariable script:warnings -WarningAction SilentlyContinue } }
        @{ Start = { Start-UdpServer -DenyAddress ::/0 -WarningVariable script:warnings -WarningAction SilentlyContinue } }
        @{ Start = { Start-StaticHttpServer $TestDrive -DenyAddress ::/0 -WarningVariable script:warnings -WarningAction SilentlyContinue } }
    ) {
        $null = & $Start
        $script:warnings | Should -HaveCount 1
        "$($script:warnings)" | Should -BeLike '-DenyAddress ::/0 covers only IPv6, so peers with an IPv4 address are accepted.*add 0.0.0.0/0.'
        $null = Start-TcpServer -AllowAddress ::/0 -WarningVariable warnings -WarningAction SilentlyContinue
        "$warnings" | Should -BeLike '-AllowAddress ::/0 covers only IPv6, so peers with an IPv4 address are refused.*'
        $null = Start-TcpServer -DenyAddress ::/0, 0.0.0.0/0 -WarningVariable warnings
        $warnings | Should -BeNullOrEmpty
    }
}

Describe 'An IPv4-mapped address' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'is understood where an address is given' {
        $server = Start-TcpServer -Framing Line -Echo -AllowAddress ::ffff:127.0.0.1
        $udp = Start-UdpServer -Echo -Address ::ffff:127.0.0.1
        $server.LocalEndPoint.Address | Should -Be '127.0.0.1'
        $udp.LocalEndPoint.Address | Should -Be '127.0.0.1'
        ('x' | Send-TcpMessage ::ffff:127.0.0.1 $server.Port -Framing Line -Count 1).Text | Should -Be 'x'
        ('x' | Send-TcpMessage ([ipaddress] '::ffff:127.0.0.1') $server.Port -Framing Line -Count 1).Text | Should -Be 'x'
        ('x' | Send-UdpMessage ::ffff:127.0.0.1 $udp.Port -Count 1 -TimeoutSec 20).Text | Should -Be 'x'
        $connection = Open-TcpConnection ::ffff:7f00:1 $server.Port -LocalEndPoint '[::ffff:127.0.0.1]:0'
        $connection.RemoteEndPoint | Should -Be "127.0.0.1:$($server.Port)"
        (Get-SocketInfo -LocalAddress ::ffff:127.0.0.1 -LocalPort $server.Port -Listening).LocalAddress | Should -Be '127.0.0.1'
        (Start-StaticHttpServer $TestDrive -Address ::ffff:127.0.0.1).LocalEndPoint.Address | Should -Be '127.0.0.1'
    }

    It 'of a peer is IPv4 in everything a server of all addresses shows' -Skip:(-not [Net.Sockets.Socket]::OSSupportsIPv6) {
        $server = Start-TcpServer -Framing Line -Address Any
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        'x' | Send-TcpMessage -Connection $connection
        $message = Receive-TcpMessage -Job $server -Count 1 -TimeoutSec 20
        $message.RemoteEndPoint | Should -Be $connection.LocalEndPoint
        $message.LocalEndPoint | Should -Be $connection.RemoteEndPoint
        $server.Connections[0].RemoteEndPoint | Should -Be $connection.LocalEndPoint
        (Get-SocketInfo $server.Connections[0]).RemoteEndPoint | Should -Be $connection.LocalEndPoint
        # Somebody else may have the same port at the other end.
        (Get-SocketInfo -LocalPort $server.Port -RemotePort $connection.LocalEndPoint.Port).RemoteAddress | Should -Be '127.0.0.1'
        "$($server.Information)" | Should -Not -Match '::ffff'

        $udp = Start-UdpServer -Address Any
        'x' | Send-UdpMessage 127.0.0.1 $udp.Port
        $datagram = Receive-UdpMessage $udp -Count 1 -TimeoutSec 20
        $datagram.RemoteEndPoint.Address, $datagram.LocalEndPoint.Address | Should -Be '127.0.0.1', '127.0.0.1'

        $log = Join-Path $TestDrive access.log
        $site = Start-StaticHttpServer $TestDrive -Address Any -LogPath $log
        $null = Invoke-WebRequest "http://127.0.0.1:$($site.Port)/" -SkipHttpErrorCheck
        (Receive-HttpRequest $site -Count 1 -TimeoutSec 20).RemoteEndPoint.Address | Should -Be '127.0.0.1'
        Stop-Job $site
        Get-Content $log | Should -Match '^127\.0\.0\.1 '
    }
}

# Traffic to an address of this machine does not leave it.
Describe 'A link-local address' {
    BeforeDiscovery {
        $linkLocal = [Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces() | Where-Object OperationalStatus -EQ Up |
            ForEach-Object { foreach ($one in $_.GetIPProperties().UnicastAddresses.Address) { if ($one.IsIPv6LinkLocal) { @{ Scoped = "$one"; Alias = $_.Name } } } } |
            Select-Object -First 1
    }

    BeforeAll { . $PSScriptRoot/common.ps1 }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'keeps its interface in the Uri of a server, where every program understands it' -ForEach $linkLocal {
        Set-Content $TestDrive/page.txt 'there'
        $site = Start-StaticHttpServer $TestDrive -Address $Scoped
        "$($site.Uri)" | Should -Be "http://[$Scoped]:$($site.Port)/"
        $site.Uri | Should -BeOfType ([uri])
        Invoke-RestMethod $site.Uri -SkipHttpErrorCheck | Should -Not -BeNullOrEmpty
        if (Get-Command curl -CommandType Application -ErrorAction Ignore) {
            curl -s --globoff "$($site.Uri)page.txt" | Should -Be 'there'
        }
    }

    It 'is an error without its interface that says what to add' -ForEach $linkLocal {
        $bare = $Scoped -replace '%.*'
        foreach ($try in
            { Start-TcpServer -Address $bare -ErrorAction Stop },
            { Start-UdpServer -Address $bare -ErrorAction Stop },
            { Open-TcpConnection $bare 9 -ErrorAction Stop },
            { Send-UdpMessage $bare 9 x -ErrorAction Stop }) {
            $fault = $try | Should -Throw -PassThru
            $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidAddress,*' -Because "$try"
            "$fault" | Should -BeLike "$bare is a link-local address*$bare%$Alias*" -Because "$try"
        }
    }
}
