# What people type without parameter names, and what they pipe.

BeforeDiscovery {
    # Each line is typed as it is; what it returns is compared with the text beside it.
    $lines = @(
        @{ Line = '(Get-SocketOption $c NoDelay).Name'; Returns = 'NoDelay' }
        @{ Line = '($c | Get-SocketOption NoDelay).Name'; Returns = 'NoDelay' }
        @{ Line = '(Get-SocketOption $c NoDelay, KeepAlive).Name'; Returns = 'NoDelay KeepAlive' }
        @{ Line = '($c | Get-SocketOption -Name NoDelay).Name'; Returns = 'NoDelay' }
        @{ Line = '(Get-SocketOption -InputObject $c NoDelay).Name'; Returns = 'NoDelay' }
        @{ Line = '(Get-SocketOption -Name NoDelay $c).Name'; Returns = 'NoDelay' }
        @{ Line = '(Get-SocketOption $server ReuseAddress).Name'; Returns = 'ReuseAddress' }
        @{ Line = '($c, $server | Get-SocketOption ReuseAddress).Count'; Returns = '2' }
        @{ Line = '(Get-SocketOption $c).Name -contains "NoDelay"'; Returns = 'True' }
        @{ Line = 'Set-SocketOption $c NoDelay $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = '$c | Set-SocketOption NoDelay $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = 'Set-SocketOption $c -Name NoDelay -Value 1; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = 'Set-SocketOption $c NoDelay -Value $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = 'Set-SocketOption $c -Name NoDelay $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = '$c | Set-SocketOption -Name NoDelay $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = '$c | Set-SocketOption NoDelay -Value $true; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = '$c | Set-SocketOption -Value $true NoDelay; (Get-SocketOption $c NoDelay).Value'; Returns = 'True' }
        @{ Line = '$c, $d | Set-SocketOption NoDelay $true; ($c, $d | Get-SocketOption NoDelay).Value'; Returns = 'True True' }
        @{ Line = '($server | Set-SocketOption -Name ReceiveBuffer 50000 -PassThru).Name'; Returns = 'ReceiveBuffer' }

        @{ Line = 'Send-TcpMessage $c hi; (Receive-TcpMessage $c -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage $c a, b; (Receive-TcpMessage $c -Count 2 -TimeoutSec 20).Text'; Returns = 'a b' }
        @{ Line = '"hi" | Send-TcpMessage $c; (Receive-TcpMessage $c -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '$c | Send-TcpMessage hi; ($c | Receive-TcpMessage -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '$c | Send-TcpMessage host:80; (Receive-TcpMessage $c -Count 1 -TimeoutSec 20).Text'; Returns = 'host:80' }
        @{ Line = '$c | Send-TcpMessage -Message hi; (Receive-TcpMessage $c -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '$c, $d | Send-TcpMessage hi; ($c, $d | Receive-TcpMessage -Count 1 -TimeoutSec 20).Text'; Returns = 'hi hi' }
        @{ Line = 'Send-TcpMessage $server hi; ($c, $d | Receive-TcpMessage -Count 1 -TimeoutSec 20).Text'; Returns = 'hi hi' }
        @{ Line = '"hi" | Send-TcpMessage $server; (Receive-TcpMessage $d -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '$server | Send-TcpMessage hi; (Receive-TcpMessage $d -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage -Job lab hi; (Receive-TcpMessage $d -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage -Job $server.Id hi; (Receive-TcpMessage $d -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '(Send-TcpMessage localhost $server.Port hi -Framing Line -Count 1).Text'; Returns = 'hi' }
        @{ Line = '(Send-TcpMessage localhost "$($server.Port)" hi -Framing Line -Count 1).Text'; Returns = 'hi' }
        @{ Line = '(Send-TcpMessage "localhost:$($server.Port)" hi -Framing Line -Count 1).Text'; Returns = 'hi' }
        @{ Line = '(Send-TcpMessage "127.0.0.1:$($server.Port)" -Message 5 -Framing Line -Count 1).Text'; Returns = '5' }
        @{ Line = '(Send-TcpMessage localhost $server.Port a, b -Framing Line -Count 2).Text'; Returns = 'a b' }
        @{ Line = '(Send-TcpMessage localhost $server.Port ([byte[]] (104, 105)) -Framing Line -Count 1).Text'; Returns = 'hi' }
        @{ Line = '("hi" | Send-TcpMessage "localhost:$($server.Port)" -Framing Line -Count 1).Text'; Returns = 'hi' }
        @{ Line = '("hi" | Send-TcpMessage localhost $server.Port -Framing Line -Count 1).Text'; Returns = 'hi' }

        @{ Line = '(Open-TcpConnection localhost $server.Port).State'; Returns = 'Established' }
        @{ Line = '(Open-TcpConnection "localhost:$($server.Port)").State'; Returns = 'Established' }
        @{ Line = '($server | Open-TcpConnection).State'; Returns = 'Established' }
        @{ Line = '($any | Open-TcpConnection).State'; Returns = 'Established' }
        @{ Line = '($site | Open-TcpConnection).State'; Returns = 'Established' }
        @{ Line = '([pscustomobject] @{ HostName = "localhost"; Port = "$($server.Port)" } | Open-TcpConnection).State'; Returns = 'Established' }
        @{ Line = '([ipendpoint]::new([ipaddress]::Loopback, $server.Port) | Open-TcpConnection).State'; Returns = 'Established' }

        @{ Line = 'Close-TcpConnection $c; "$($c.State)"'; Returns = 'Closed' }
        @{ Line = 'Close-TcpConnection $c, $d; "$($d.State)"'; Returns = 'Closed' }
        @{ Line = 'Close-TcpConnection $server; Wait-Until { -not $server.ConnectionCount }; Receive-TcpMessage $c; "$($c.State)"'; Returns = 'CloseWait' }
        @{ Line = '$server | Close-TcpConnection; Wait-Until { -not $server.ConnectionCount }'; Returns = '' }
        @{ Line = 'Close-TcpConnection $any'; Returns = '' }

        @{ Line = '(Get-TcpConnection $server).Count'; Returns = '2' }
        @{ Line = '(Get-TcpConnection lab).Count'; Returns = '2' }
        @{ Line = '($server | Get-TcpConnection).Count'; Returns = '2' }
        @{ Line = '(Get-TcpConnection $server.Id).Count'; Returns = '2' }

        @{ Line = 'Send-TcpMessage $c hi; (Receive-TcpMessage $server -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage $c hi; (Receive-TcpMessage -Job lab -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage $c hi; (Receive-TcpMessage lab -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-TcpMessage $c hi; (Receive-TcpMessage -Job $server.Id -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }

        @{ Line = 'Send-UdpMessage localhost $udp.Port hi; (Receive-UdpMessage $udp -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-UdpMessage "localhost:$($udp.Port)" hi; (Receive-UdpMessage -Job datagrams -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = '"hi" | Send-UdpMessage "127.0.0.1:$($udp.Port)"; ($udp | Receive-UdpMessage -Count 1 -TimeoutSec 20).Text'; Returns = 'hi' }
        @{ Line = 'Send-UdpMessage localhost $udp.Port a, b; (Receive-UdpMessage -Job $udp.Id -Count 2 -TimeoutSec 20).Text'; Returns = 'a b' }

        @{ Line = '(Get-SocketInfo $c, $d).LocalPort.Count'; Returns = '2' }
        @{ Line = '($c, $server | Get-SocketInfo).Count'; Returns = '2' }
        @{ Line = '(Get-Process -Id $PID | Get-SocketInfo).LocalPort -contains $server.Port'; Returns = 'True' }
        @{ Line = '(Get-SocketInfo (Get-Process -Id $PID)).LocalPort -contains $server.Port'; Returns = 'True' }

        @{ Line = '$new = Start-StaticHttpServer $folder 0 Any; "$($new.State)"'; Returns = 'Running' }
        @{ Line = '$new = Start-TcpServer 0 Any; "$($new.State)"'; Returns = 'Running' }
        @{ Line = '$new = Start-UdpServer 0 Loopback; "$($new.State)"'; Returns = 'Running' }
        @{ Line = '$new = Start-TcpServer { "I am $_" }; (Send-TcpMessage "localhost:$($new.Port)" me -Count 1).Text'; Returns = 'I am me' }
        @{ Line = '$new = Start-TcpServer { 1 } 0 127.0.0.2; "$($new.LocalEndPoint.Address)"'; Returns = '127.0.0.2' }
        @{ Line = '$new = Start-TcpServer 0 127.0.0.2 -ScriptBlock { 1 }; "$($new.LocalEndPoint.Address)"'; Returns = '127.0.0.2' }
        @{ Line = '$new = Start-TcpServer -Echo 0 127.0.0.2; "$($new.LocalEndPoint.Address)"'; Returns = '127.0.0.2' }
        @{ Line = '$new = [pscustomobject] @{ Port = 0 } | Start-TcpServer -Reply a; "$($new.State)"'; Returns = 'Running' }
        @{ Line = '$new = Start-UdpServer { "I am $_" }; (Send-UdpMessage "localhost:$($new.Port)" me -Count 1 -TimeoutSec 20).Text'; Returns = 'I am me' }
        @{ Line = '$new = Start-UdpServer { 1 } 0 127.0.0.2; "$($new.LocalEndPoint.Address)"'; Returns = '127.0.0.2' }
        @{ Line = 'try { Start-TcpServer 0 { 1 } } catch { "$_" -match "-ScriptBlock \{" }'; Returns = 'True' }
        @{ Line = '(Send-HttpRequest $site.Uri).StatusCode'; Returns = '404' }
        @{ Line = '(Send-HttpRequest $site HEAD).Request.Method'; Returns = 'HEAD' }
        @{ Line = '(Send-HttpRequest "127.0.0.1:$($site.Port)/x").StatusCode'; Returns = '404' }
        @{ Line = '($site, $site.Uri | Send-HttpRequest).StatusCode'; Returns = '404 404' }
        @{ Line = '$w = Open-TcpConnection "127.0.0.1:$($site.Port)"; (Send-HttpRequest $w).StatusCode'; Returns = '404' }
        @{ Line = '$w = Open-TcpConnection "127.0.0.1:$($site.Port)"; (Send-HttpRequest $w /x HEAD).Request.Target'; Returns = '/x' }
        @{ Line = '$w = Open-TcpConnection "127.0.0.1:$($site.Port)"; ($w | Send-HttpRequest /x).Request.Target'; Returns = '/x' }
        @{ Line = '$w = Open-TcpConnection "127.0.0.1:$($site.Port)"; ($w | Send-HttpRequest).StatusCode'; Returns = '404' }
        @{ Line = '(Test-HttpEndpoint $site).StatusCode'; Returns = '404' }
        @{ Line = '(Test-HttpEndpoint $site.Uri HEAD -StatusCode 404).Passed'; Returns = 'True' }
        @{ Line = '($site, "localhost:$($site.Port)" | Test-HttpEndpoint).StatusCode'; Returns = '404 404' }
        @{ Line = '(Test-HttpEndpoint $site, $site).Count'; Returns = '2' }
        @{ Line = 'Receive-HttpRequest -Job site -TimeoutSec 0'; Returns = '' }
        @{ Line = 'Receive-HttpRequest $site -TimeoutSec 0'; Returns = '' }
    )
}

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'A line as people type it' {
    BeforeEach {
        $folder = "$TestDrive"
        $server = Start-TcpServer -Framing Line -Echo -Name lab
        $any = Start-TcpServer -Address Any
        $udp = Start-UdpServer -Name datagrams
        $site = Start-StaticHttpServer $folder -Name site
        $c, $d = 1..2 | ForEach-Object { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        Wait-Until { $server.ConnectionCount -eq 2 }
    }

    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It '<Line>' -ForEach $lines {
        $ErrorActionPreference = 'Stop'
        "$(. ([scriptblock]::Create($Line)))" | Should -Be $Returns
    }
}

Describe 'A host with its port' {
    It 'says what to do when <Name>' -ForEach @(
        @{ Name = 'there is no port'; Line = 'Open-TcpConnection localhost'; Says = "'localhost' has no port. Set -Port, or write localhost:80 for port 80." }
        @{ Name = 'an IPv6 address has none'; Line = 'Open-TcpConnection ::1'; Says = "'::1' has no port. Set -Port, or write ``[::1``]:80 for port 80." }
        @{ Name = 'there are two'; Line = 'Open-TcpConnection localhost:80 81'; Says = 'Two ports are given: 80*-Port 81*' }
        @{ Name = 'a message has no host with a port'; Line = '"x" | Send-TcpMessage localhost'; Says = "'localhost' has no port*" }
        @{ Name = 'a datagram has none'; Line = 'Send-UdpMessage localhost -Message x'; Says = "'localhost' has no port*" }
    ) {
        $ErrorActionPreference = 'Stop'
        $fault = { . ([scriptblock]::Create($Line)) } | Should -Throw -PassThru
        "$fault" | Should -BeLike $Says
        $fault.FullyQualifiedErrorId | Should -BeLike 'InvalidParameters,*'
    }

    It 'understands an IPv6 address in brackets' {
        $server = Start-TcpServer -Address IPv6Loopback -Framing Line -Echo
        try {
            (Send-TcpMessage "[::1]:$($server.Port)" hi -Framing Line -Count 1).Text | Should -Be 'hi'
            (Send-TcpMessage '[::1]' $server.Port hi -Framing Line -Count 1).Text | Should -Be 'hi'
        }
        finally { $server | Remove-Job -Force }
    }
}

Describe 'A job by its name or id' {
    It 'says so when there is none' {
        { Receive-TcpMessage -Job nobody } | Should -Throw '*There is no job with the name ''nobody''. Get-Job lists*'
        { Receive-TcpMessage -Job 99999 } | Should -Throw '*There is no job with the id ''99999''*'
    }

    It 'says so when there are several' {
        $servers = 1..2 | ForEach-Object { Start-TcpServer -Name twin }
        try { { Receive-TcpMessage -Job twin } | Should -Throw '*There are 2 jobs with the name ''twin''. Use the id of one*' }
        finally { $servers | Remove-Job -Force }
    }
}
