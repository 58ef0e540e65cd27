# Late answers, answers side by side, dialogues and broadcasts of a UDP server.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/udp.ps1
}

Describe 'Start-UdpServer' {
    AfterEach { Get-Job | Remove-Job -Force }

    Context '-DelayMs' {
        It 'answers late, with <Name>' -ForEach @(
            @{ Name = '-Echo'; Answer = @{ Echo = $true } }
            @{ Name = '-Reply'; Answer = @{ Reply = 'x' } }
            @{ Name = '-ScriptBlock'; Answer = @{ ScriptBlock = { 'x' } } }
            @{ Name = '-Dialogue'; Answer = @{ Dialogue = @{ x = 'x' } } }
        ) {
            $server = Start-UdpServer -DelayMs 60000-90000 @Answer
            Send-UdpMessage 127.0.0.1 $server.Port 'x'
            $null = Receive-UdpMessage -Job $server -Count 1 -TimeoutSec 20 -ErrorAction Stop
            $server.MessagesSent | Should -Be 0

            $server = Start-UdpServer -DelayMs 10 @Answer
            (Send-UdpMessage 127.0.0.1 $server.Port 'x' -Count 1 -TimeoutSec 20).Text | Should -Be 'x'
        }

        It 'refuses what is no time' {
            { Start-UdpServer -DelayMs soon -ErrorAction Stop } | Should -Throw -ErrorId InvalidParameters*
        }
    }

    Context '-Reply' {
        It 'answers with a datagram for each element of a list' {
            $server = Start-UdpServer -Reply 'a', 2, 'c'
            (Send-UdpMessage 127.0.0.1 $server.Port 'x' -Count 3 -TimeoutSec 20).Text | Should -Be 'a', '2', 'c'
        }
    }

    Context '-ThrottleLimit' {
        It 'answers as many datagrams side by side' {
            # Nobody is answered before three are being served at once.
            $together = [Threading.CountdownEvent]::new(3)
            $server = Start-UdpServer -ThrottleLimit 3 -ScriptBlock {
                $null = ($using:together).Signal()
                ($using:together).Wait(60000)
            }
            (1, 2, 3 | Send-UdpMessage 127.0.0.1 $server.Port -Count 3 -TimeoutSec 20).Text | Should -Be 'True', 'True', 'True'
        }
    }

    Context '-Broadcast' {
        It 'shares a port on all addresses with others, and takes broadcasts' {
            $first = Start-UdpServer -Broadcast -Reply 'one'
            $second = Start-UdpServer $first.Port -Broadcast
            $first.Location | Should -Be "0.0.0.0:$($first.Port)"
            $second.Location | Should -Be $first.Location
            (Get-SocketOption $first Broadcast).Value | Should -BeTrue
        }

        It 'takes an address as well' {
            (Start-UdpServer -Broadcast -Address Loopback).Location | Should -BeLike '127.0.0.1:*'
        }
    }

    Context '-Dialogue' {
        It 'expects first, with a state for each sender, and begins anew after the last step' {
            $server = Start-UdpServer -Dialogue 'HELLO *', 'HI', @{ 'BYE' = 'SEE YOU' }
            foreach ($round in 1, 2) {
                ('HELLO me', 'BYE' | Send-UdpMessage 127.0.0.1 $server.Port -Count 2 -TimeoutSec 20).Text | Should -Be 'HI', 'SEE YOU'
            }
            $server.Dialogue.Completed | Should -Be $true, $true
            $server.Dialogue.ConnectionId | Should -Be $null, $null
            $server.Error | Should -BeNullOrEmpty
        }

        It 'tells what was unexpected' {
            $server = Start-UdpServer -Dialogue 'HELLO *', 'HI' -Unexpected '!tell'
            (Send-UdpMessage 127.0.0.1 $server.Port 'BYE' -Count 1 -TimeoutSec 20).Text | Should -Be "Step 1 expected 'HELLO *', and got 'BYE'."
            Wait-Until { $server.Error.Count }
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'DialogueUnexpected*'
        }

        It 'cannot speak first' {
            { Start-UdpServer -Dialogue 'S: HI' -ErrorAction Stop } | Should -Throw -ErrorId InvalidDialogue*
        }

        It 'reads the steps from a file' {
            $file = Join-Path $TestDrive steps.txt
            Set-Content $file 'C: ping', 'S: pong'
            $server = Start-UdpServer -Path $file
            (Send-UdpMessage 127.0.0.1 $server.Port 'ping' -Count 1 -TimeoutSec 20).Text | Should -Be 'pong'
        }
    }
}
