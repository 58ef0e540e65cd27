# Whom and what a server lets in.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'Start-TcpServer' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'limits' {
        It 'closes connections over -MaxConnections, counts them, reports it once and keeps running' {
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

            Wait-Until { $server.Error.Count }
            $server.Refused | Should -Be 1000
            $server.StatusMessage | Should -BeLike '2 open, *, 1000 refused'
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TooManyConnections*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            "$($server.Error[0])" | Should -BeLike "*$($server.LocalEndPoint)*2 connections*Raise -MaxConnections*"

            'alive' | Send-TcpMessage -Connection $kept[0]
            Receive-TcpMessage $kept[0] -Count 1 -TimeoutSec 20 | Should -Be 'alive'
            Close-TcpConnection $kept[0]
            # Until the server has seen that one left, the next is refused.
            Wait-Until { 'room again' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 -ErrorAction Ignore }
        }

        It 'closes a connection whose message is over -MaxMessageBytes, and only that one' {
            $server = Start-TcpServer -MaxMessageBytes 10 -Framing Line -Echo
            $good = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            'exactly 10' | Send-TcpMessage -Connection $good
            Receive-TcpMessage $good -Count 1 -TimeoutSec 20 | Should -Be 'exactly 10'
            'eleven byte' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line
            Wait-Until { $server.Error.Count }

            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'MessageTooLong*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            $server.Error[0].TargetObject | Should -BeOfType ([Net.IPEndPoint])
            "$($server.Error[0])" | Should -BeLike '*at most 10 are allowed*Raise -MaxMessageBytes*framing Line*'
            'still on' | Send-TcpMessage -Connection $good
            Receive-TcpMessage $good -Count 1 -TimeoutSec 20 | Should -Be 'still on'
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
            $pieces = Receive-TcpMessage -Job $server -Count 3 -TimeoutSec 20
            $pieces.Text | Should -Be 'abcd', 'efgh', 'ij'
        }

        It 'closes a connection that was idle for -IdleTimeoutSec, but none that talks' {
            $server = Start-TcpServer -IdleTimeoutSec 1 -Framing Line
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1..15 | Send-TcpMessage -Connection $client -IntervalMs 100
            $server.ConnectionCount | Should -Be 1
            Receive-TcpMessage $client -TimeoutSec 20 | Should -BeNullOrEmpty

            Wait-Until { $server.Information.Count -eq 2 -and $server.Error.Count }
            $client.State | Should -Be 'CloseWait'
            $server.MessageCount | Should -Be 15
            $server.Error | Should -HaveCount 1
            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'IdleTimeout*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$($server.Error[0].TargetObject)" | Should -Be "$($client.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike '*1 s. Raise -IdleTimeoutSec*'
            "$($server.Information[-1])" | Should -BeLike '*closed: IdleTimeout'
        }

        It 'closes a connection that does not send the rest of a message within -MessageTimeoutSec' {
            $server = Start-TcpServer -MessageTimeoutSec 0.3 -Framing Line -Echo
            $whole = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            $half = Open-TcpConnection 127.0.0.1 $server.Port
            'half a line' | Send-TcpMessage -Connection $half
            Wait-Until { $server.Error.Count -and $server.ConnectionCount -eq 1 }

            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'MessageTimeout*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
            "$($server.Error[0].TargetObject)" | Should -Be "$($half.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike '*0.3 s. Raise -MessageTimeoutSec*framing Line*'
            'still on' | Send-TcpMessage -Connection $whole
            Receive-TcpMessage $whole -Count 1 -TimeoutSec 20 | Should -Be 'still on'
        }

        It 'closes the connection that holds the most when all together hold more than -MaxPendingBytes' {
            $server = Start-TcpServer -MaxPendingBytes 200000 -Framing Line -Echo
            $good = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            $bad = Open-TcpConnection 127.0.0.1 $server.Port
            'x' * 500000 | Send-TcpMessage -Connection $bad -ErrorAction Ignore
            Wait-Until { $server.Error.Count -and $server.ConnectionCount -eq 1 }

            $server.Error[0].FullyQualifiedErrorId | Should -BeLike 'TooMuchPending*'
            $server.Error[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
            "$($server.Error[0].TargetObject)" | Should -Be "$($bad.LocalEndPoint)"
            "$($server.Error[0])" | Should -BeLike '*200000 bytes*raise -MaxPendingBytes*'
            'still on' | Send-TcpMessage -Connection $good
            Receive-TcpMessage $good -Count 1 -TimeoutSec 20 | Should -Be 'still on'
        }

        It 'does not close as idle a client that it holds back itself' {
            $server = Start-TcpServer -IdleTimeoutSec 0.3 -Framing Line -BufferLimit 10
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            1..100 | Send-TcpMessage -Connection $client
            # Another connection shows that the time is over.
            $idle = Open-TcpConnection 127.0.0.1 $server.Port
            $null = Receive-TcpMessage $idle -TimeoutSec 20
            $idle.State | Should -Be 'CloseWait'
            Wait-Until { $server.Error.Count }
            $server.Error | Should -HaveCount 1
            # From now on, its time counts.
            (Receive-TcpMessage -Job $server -Count 100 -TimeoutSec 20).Text | Should -Be (1..100)
        }

        It 'does not close as idle a client whose reply is being made' {
            # What is reported afterwards does not count: from then on, the client is idle.
            $shared = @{}
            $server = Start-TcpServer -IdleTimeoutSec 0.3 -Framing Line -ScriptBlock {
                Start-Sleep -Milliseconds 1000
                "late, after $(($using:shared).Server.Error.Count) errors"
            }
            $shared.Server = $server
            'x' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 -TimeoutSec 20 | Should -Be 'late, after 0 errors'
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
                Receive-TcpMessage $client -Count 1 -TimeoutSec 20 | Should -Be 'let me in'
                $server.Refused | Should -Be 0
            }
            else {
                Receive-TcpMessage $client -TimeoutSec 20 | Should -BeNullOrEmpty
                $client.State | Should -Be 'CloseWait'
                $server.Refused | Should -Be 1
                Wait-Until { $server.Information.Count }
                "$($server.Information[0])" | Should -BeLike "Connection from $($client.LocalEndPoint) refused: *-AllowAddress, -DenyAddress*"
                $server.MessageCount | Should -Be 0
            }
        }
    }
}
