# Receive-UdpMessage -Job, and its errors; receiving in the foreground is in Receive-UdpMessage.Tests.ps1.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Receive-UdpMessage -Job' {
    BeforeEach { $server = Start-UdpServer }
    AfterEach { Get-Job | Remove-Job -Force }

    It 'takes the server by position, name and pipeline' {
        1..3 | Send-UdpMessage 127.0.0.1 $server.Port
        Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be '1'
        Receive-UdpMessage -Job $server -Count 1 -TimeoutSec 20 | Should -Be '2'
        $server | Receive-UdpMessage -Count 1 -TimeoutSec 20 | Should -Be '3'
    }

    It 'counts for each server of a pipeline' {
        $other = Start-UdpServer
        1..2 | Send-UdpMessage 127.0.0.1 $server.Port
        3..4 | Send-UdpMessage 127.0.0.1 $other.Port
        ($server, $other | Receive-UdpMessage -Count 2 -TimeoutSec 20).Text | Should -Be (1..4)
    }

    It 'waits for messages' {
        $run = Invoke-Stoppable { Receive-UdpMessage $args[0] -Count 2 -TimeoutSec 30 } $server -When {
            param($output)
            if (-not $script:sent) { $script:sent = 1..2 | Send-UdpMessage 127.0.0.1 $server.Port -PassThru }
            $output.Count -eq 2
        }
        $run.Output.ForEach{ $_.Text } | Should -Be '1', '2'
    }

    It 'delivers each message once, here or with Receive-Job' {
        1..4 | Send-UdpMessage 127.0.0.1 $server.Port
        (Receive-UdpMessage $server -Count 2 -TimeoutSec 20).Text | Should -Be '1', '2'
        Wait-Until { $server.Waiting -eq 2 }
        (Receive-Job $server).Text | Should -Be '3', '4'
        Receive-UdpMessage $server -Count 1 -TimeoutSec 0.1 -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
    }

    It 'leaves what Select-Object -First 1 did not take to the next, 50 times' {
        1..50 | Send-UdpMessage 127.0.0.1 $server.Port
        Wait-Until { $server.Waiting -eq 50 }
        foreach ($number in 1..50) { Receive-UdpMessage $server | Select-Object -First 1 | Should -Be "$number" }
        $server.Waiting | Should -Be 0
    }

    It 'returns what came, and ReceiveTimeout, when -Count is not reached' {
        1..2 | Send-UdpMessage 127.0.0.1 $server.Port
        Wait-Until { $server.Waiting -eq 2 }
        $messages = Receive-UdpMessage $server -Count 3 -TimeoutSec 0.3 -ErrorVariable faults -ErrorAction SilentlyContinue
        $messages.Text | Should -Be '1', '2'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ReceiveTimeout,*'
        "$($faults[0].TargetObject)" | Should -Be "$($server.LocalEndPoint)"
    }

    It 'ends with -TimeoutSec <Seconds>, though messages keep coming faster than the pipeline takes them' -ForEach @(
        @{ Seconds = 0 }
        @{ Seconds = 0.2 }
    ) {
        $busy = Start-UdpServer -BufferLimit 20
        $flood = Start-PythonPeer -NoPort -ArgumentList $busy.Port -Code @'
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(('127.0.0.1', int(sys.argv[1])))
while True:
    s.send(b'x')
'@
        try {
            Wait-Until { $busy.Waiting -eq 20 }
            $taken = Receive-UdpMessage $busy -TimeoutSec $Seconds | ForEach-Object { Start-Sleep -Milliseconds 5; $_ } |
                Select-Object -First 300
        }
        finally { $flood.Stop() }
        $taken.Count | Should -BeGreaterOrEqual 20
        $taken.Count | Should -BeLessThan 300
    }

    It 'gives out what a stopped server had, then says ConnectionClosed' {
        1..2 | Send-UdpMessage 127.0.0.1 $server.Port
        Wait-Until { $server.Waiting -eq 2 }
        Stop-Job $server
        $messages = Receive-UdpMessage $server -Count 3 -TimeoutSec 30 -ErrorVariable faults -ErrorAction SilentlyContinue
        $messages.Text | Should -Be '1', '2'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'ConnectionClosed,*'
        "$($faults[0])" | Should -BeLike "The server on $($server.LocalEndPoint) was stopped after 2 of 3 messages. *"
    }

    It 'ends when the server is stopped' {
        $time = Measure-Command {
            'x' | Send-UdpMessage 127.0.0.1 $server.Port
            Receive-UdpMessage $server -TimeoutSec 60 | ForEach-Object { Stop-Job $server }
        }
        $time.TotalSeconds | Should -BeLessThan 20
    }

    It 'ends at once with Ctrl+C, and the server goes on' {
        $run = Invoke-Stoppable { Receive-UdpMessage $args[0] } $server
        $run.EndedBefore | Should -BeFalse
        $run.StopMs | Should -BeLessThan 10000
        $run.Errors | Should -BeNullOrEmpty
        'still on' | Send-UdpMessage 127.0.0.1 $server.Port
        Receive-UdpMessage $server -Count 1 -TimeoutSec 20 | Should -Be 'still on'
    }
}

Describe 'Errors of Receive-UdpMessage' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'reports PortInUse and the process' {
        $server = Start-UdpServer
        $fault = { Receive-UdpMessage $server.Port -TimeoutSec 1 } | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike 'PortInUse,*'
        $fault.CategoryInfo.Category | Should -Be 'ResourceExists'
        "$($fault.TargetObject)" | Should -Be "127.0.0.1:$($server.Port)"
        "$fault" | Should -BeLike "*(by process $PID, *)*"
    }

    It 'says <Id> for <Bad>, and leaves no job' -ForEach @(
        @{ Id = 'AddressNotLocal'; Bad = '0 192.0.2.201'; Category = 'InvalidArgument' }
        @{ Id = 'InterfaceNotFound'; Bad = '0 -MulticastGroup 239.77.3.2 -InterfaceAlias nowhere0'; Category = 'ObjectNotFound' }
        @{ Id = 'InvalidParameters'; Bad = '0 -InterfaceAlias lo'; Category = 'InvalidArgument' }
        @{ Id = 'MulticastRefused'; Bad = '0 -MulticastGroup 10.0.0.1'; Category = 'InvalidArgument' }
    ) {
        $fault = [scriptblock]::Create("Receive-UdpMessage $Bad -TimeoutSec 1") | Should -Throw -PassThru
        $fault.FullyQualifiedErrorId | Should -BeLike "$Id,*"
        $fault.CategoryInfo.Category | Should -Be $Category
        Get-Job | Should -BeNullOrEmpty
    }

    It 'does nothing with -WhatIf' {
        Receive-UdpMessage 0 -WhatIf | Should -BeNullOrEmpty
        Get-Job | Should -BeNullOrEmpty
    }

    It 'refuses <Bad> while binding parameters' -ForEach @(
        @{ Bad = '65536'; Text = '*65535*' }
        @{ Bad = '0 -BufferBytes 0'; Text = '*1*' }
        @{ Bad = '0 -BufferBytes 65536'; Text = '*65535*' }
        @{ Bad = '0 -Count -1'; Text = '*0*' }
        @{ Bad = '0 -TimeoutSec -1'; Text = '*0*' }
        @{ Bad = '0 nowhere'; Text = "*'nowhere' is not an address*" }
        @{ Bad = '-Job (Start-UdpServer) -Broadcast'; Text = '*parameter set*' }
        @{ Bad = '-Job (Start-TcpServer)'; Text = '*UdpServerJob*' }
    ) {
        $fault = [scriptblock]::Create("Receive-UdpMessage $Bad") | Should -Throw -PassThru
        "$fault" | Should -BeLike $Text
    }
}
