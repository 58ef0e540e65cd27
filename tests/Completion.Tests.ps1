# Completion: from live state, with files only where a path is expected.

BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-Completion([string] $Line) {
        [Management.Automation.CommandCompletion]::CompleteInput($Line, $Line.Length, $null).CompletionMatches
    }
}

Describe 'Completion' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'offers the framings of <Cmdlet>, with what they mean' -ForEach @{ Cmdlet = 'Start-TcpServer' }, @{ Cmdlet = 'Open-TcpConnection' }, @{ Cmdlet = 'Send-TcpMessage' } {
        $offered = Get-Completion "$Cmdlet -Framing "
        $offered.CompletionText | Should -Be 'Raw', 'Line', 'CrLf', 'Null', 'Length8', 'Length16', 'Length16LE', 'Length24', 'Length24LE', 'Length32',
            'Length32LE', 'Length64', 'Length64LE', 'OctetCount', 'Varint', 'Netstring', 'Slip', 'Telnet', 'TelnetRaw', 'Fixed:', 'Delimiter:', '@{ Parse = { } }'
        $offered[1].ToolTip | Should -BeLike '*ends with LF*'
        (Get-Completion "$Cmdlet -Framing length16").CompletionText | Should -Be 'Length16', 'Length16LE'
    }

    It 'offers encodings that are then accepted' {
        $offered = (Get-Completion 'Start-TcpServer -Encoding ').CompletionText
        $offered | Should -Contain 'utf8'
        $offered | Should -Contain 'GB18030'
        foreach ($name in $offered) { (Start-TcpServer -Encoding $name).State | Should -Be 'Running' }
        (Get-Completion 'Send-TcpMessage -Encoding gb').CompletionText | Should -Be 'GB18030', 'gb2312'
    }

    It 'offers local addresses that are then accepted' {
        $offered = (Get-Completion 'Start-TcpServer -Address ').CompletionText
        $offered[0..2] | Should -Be 'Loopback', 'IPv6Loopback', 'Any'
        $offered | Should -Contain '127.0.0.1'
        (Get-Completion 'Start-TcpServer -Address 127').CompletionText | Should -Contain '127.0.0.1'
    }

    It 'offers the ports of the running servers that <Cmdlet> can reach' -ForEach @(
        @{ Cmdlet = 'Open-TcpConnection'; Own = 'Start-TcpServer'; Other = 'Start-UdpServer' }
        @{ Cmdlet = 'Enter-TcpConnection'; Own = 'Start-TcpServer'; Other = 'Start-UdpServer' }
        @{ Cmdlet = 'Send-TcpMessage'; Own = 'Start-TcpServer'; Other = 'Start-UdpServer' }
        @{ Cmdlet = 'Send-UdpMessage'; Own = 'Start-UdpServer'; Other = 'Start-TcpServer' }
    ) {
        $null = & $Other
        Get-Completion "$Cmdlet 127.0.0.1 -Port " | Should -BeNullOrEmpty
        $first, $second = 'one', 'two' | ForEach-Object { & $Own -Name $_ }
        $offered = Get-Completion "$Cmdlet 127.0.0.1 -Port "
        $offered.CompletionText | Should -Be "$($first.Port)", "$($second.Port)"
        "$($offered.ToolTip)" | Should -BeLike "*one on $($first.LocalEndPoint)*"
        (Get-Completion "$Cmdlet 127.0.0.1 $($first.Port)").CompletionText | Should -Contain "$($first.Port)"
        Stop-Job $first
        (Get-Completion "$Cmdlet 127.0.0.1 -Port ").CompletionText | Should -Be "$($second.Port)"
    }

    It 'offers servers and connections, as what gets them' {
        $tcp = Start-TcpServer
        $udp = Start-UdpServer -Name Log
        $http = Start-StaticHttpServer $TestDrive
        $connection = Open-TcpConnection 127.0.0.1 $tcp.Port
        Get-Completion 'Receive-HttpRequest ' | ForEach-Object { & ([scriptblock]::Create($_.CompletionText)) } | Should -Be $http
        foreach ($line in 'Receive-TcpMessage -Job ', 'Send-TcpMessage -Job ', 'Get-TcpConnection ') {
            Get-Completion $line | ForEach-Object { & ([scriptblock]::Create($_.CompletionText)) } | Should -Be $tcp
        }
        $offered = Get-Completion 'Receive-UdpMessage -Job '
        $offered.ToolTip | Should -BeLike 'UdpServer Log on *'
        & ([scriptblock]::Create($offered.CompletionText)) | Should -Be $udp
        foreach ($line in 'Receive-TcpMessage ', 'Send-TcpMessage -Connection ', 'Enter-TcpConnection -Connection ', 'Close-TcpConnection ') {
            Get-Completion $line | ForEach-Object { & ([scriptblock]::Create($_.CompletionText)) } | Should -Be $connection
        }
    }

    It 'offers <Word> after <Line>' -ForEach @(
        @{ Line = 'Send-TcpMessage '; Word = 'localhost' }
        @{ Line = 'Open-TcpConnection '; Word = '127.0.0.1' }
        @{ Line = 'Enter-TcpConnection -LineEnding '; Word = 'CrLf' }
        @{ Line = 'Send-UdpMessage -ComputerName l'; Word = 'localhost' }
        @{ Line = 'Start-UdpServer -MulticastGroup 224.0.0.2'; Word = '224.0.0.251' }
        @{ Line = 'Receive-UdpMessage 0 -MulticastGroup '; Word = '239.255.0.1' }
        @{ Line = 'Send-UdpMessage -MulticastGroup ff02'; Word = 'ff02::fb' }
        @{ Line = 'Set-SocketOption NoDelay '; Word = '$true' }
    ) {
        (Get-Completion $Line).CompletionText | Should -Contain $Word
    }

    It 'offers broadcast addresses' -Skip:(-not $IsLinux) {
        (Get-Completion 'Send-Broadcast 8880 hello -Address 127').CompletionText | Should -Be '127.255.255.255'
    }

    It 'offers no switch for an option that is a number' {
        (Get-Completion 'Set-SocketOption ReceiveBuffer ').CompletionText | Should -Not -Contain '$true'
    }

    It 'offers the numbers of open connections: of the chosen server, or those opened here' {
        $server = Start-TcpServer
        $connection = Open-TcpConnection 127.0.0.1 $server.Port
        Wait-Until { $server.ConnectionCount -eq 1 }
        $accepted = $server.Connections[0]
        foreach ($line in 'Get-TcpConnection -Job $server -Id ', "Get-TcpConnection (Get-Job $($server.Id)) -Id ", "Send-TcpMessage -Job $($server.Name) -ConnectionId ") {
            $offered = Get-Completion $line
            $offered.CompletionText | Should -Be "$($accepted.Id)" -Because $line
            "$($offered.ToolTip)" | Should -BeLike "*$($accepted.LocalEndPoint) - $($connection.LocalEndPoint) (Established)*"
        }
        (Get-Completion '$server | Get-TcpConnection -Id ').CompletionText | Should -Be "$($accepted.Id)"
        foreach ($line in 'Send-TcpMessage -Job $nothing -ConnectionId ', 'Get-TcpConnection -Job $nothing -Id ', 'Send-TcpMessage -ConnectionId ') {
            @(Get-Completion $line) | Should -BeNullOrEmpty -Because $line
        }
        $here = (Get-Completion 'Get-TcpConnection -Id ').CompletionText
        $here | Should -Contain "$($connection.Id)"
        $here | Should -Not -Contain "$($accepted.Id)"
    }

    It 'offers states for the words of ss and netstat: <Typed>' -ForEach @(
        @{ Typed = 'TIME_'; State = 'TimeWait' }
        @{ Typed = 'fin-wait-'; State = 'FinWait1', 'FinWait2' }
        @{ Typed = 'ESTAB'; State = 'Established' }
        @{ Typed = 'LISTENING'; State = 'Listen' }
        @{ Typed = 'UN'; State = 'Unknown', 'Closed' }
    ) {
        (Get-Completion "Get-SocketInfo -State $Typed").CompletionText | Should -Be $State
    }

    It 'offers no thread of the kernel as a process' -Skip:(-not $IsLinux) {
        $offered = (Get-Completion 'Get-SocketInfo -ProcessName ').CompletionText
        $offered | Should -Contain (Get-Process -Id $PID).ProcessName
        foreach ($thread in 'kthreadd', 'rcu_sched', 'kswapd0', 'migration/0') { $offered | Should -Not -Contain $thread }
    }

    It 'puts the name of a process in quotes where it needs them: <Name>' -Skip:(-not $IsLinux) -ForEach @(
        @{ Name = 'psnetlab waits'; Inserted = "'psnetlab waits'" }
        @{ Name = "psnet'lab"; Inserted = "'psnet''lab'" }
        @{ Name = 'psnetlab,x'; Inserted = "'psnetlab,x'" }
        @{ Name = 'psnetlab-x'; Inserted = 'psnetlab-x' }
        @{ Name = "psnetlab$([char] 0xa0)x"; Inserted = "'psnetlab$([char] 0xa0)x'" }
        @{ Name = 'psnetlab[x]*'; Inserted = "'psnetlab``[x``]``*'" }
    ) {
        $copy = "$TestDrive/$Name"
        Copy-Item (Get-Command sleep -CommandType Application -TotalCount 1).Source $copy
        $process = Start-Process $copy 60 -PassThru
        try {
            # A process has its name only some time after it was started.
            Wait-Until { (Get-Process -Id $process.Id).ProcessName -eq $Name }
            $offered = Get-Completion 'Get-SocketInfo -ProcessName psnet' | Where-Object ListItemText -EQ $Name
            $offered.CompletionText | Should -Be $Inserted
            $found = & ([scriptblock]::Create("Write-Output $($offered.CompletionText)"))
            [WildcardPattern]::new($found).IsMatch($Name) | Should -BeTrue
            [WildcardPattern]::Unescape($found) | Should -Be $Name
            (Get-Completion "Get-SocketInfo -ProcessName $($offered.CompletionText.TrimEnd("'"))").CompletionText | Should -Be $Inserted
        }
        finally {
            $process.Kill()
        }
    }

    It 'never puts a line break into the line: <Name>' -ForEach @(
        @{ Name = "psnet`nreboot" }
        @{ Name = "psnet`rreboot" }
        @{ Name = "psnet$([char] 0x85)reboot" }
        @{ Name = "psnet$([char] 0x2028)reboot" }
        @{ Name = "psnet`e[2Jreboot" }
    ) {
        $null = Start-HttpServer (New-HttpRoute /a -Name $Name), (New-HttpRoute /b -Name psnet-other)
        (Get-Completion 'Get-HttpRoute -Name psnet').CompletionText | Should -Be psnet-other
    }

    It 'offers files only where a path is expected' {
        $paths = 'Path', 'DefaultDocument', 'SpaFallback', 'NotFoundPage', 'LogPath', 'Certificate', 'TrustedCertificate', 'ClientCertificate', 'UpstreamTrustedCertificate', 'UpstreamClientCertificate', 'Recording', 'File', 'Transcript'
        $others = [Management.Automation.PSCmdlet]::CommonParameters + [Management.Automation.PSCmdlet]::OptionalCommonParameters
        Push-Location $TestDrive
        try {
            $null = New-Item xyz -ItemType File -Force
            $offered = foreach ($command in Get-Command -Module PSNetLab) {
                foreach ($parameter in $command.Parameters.Values | Where-Object { -not $_.SwitchParameter -and $_.Name -notin $others }) {
                    foreach ($typed in '', 'x') {
                        $files = Get-Completion "$command -$($parameter.Name) $typed" | Where-Object ResultType -Like Provider*
                        if ($files -and $parameter.Name -notin $paths) { "$command -$($parameter.Name) $typed" }
                    }
                }
            }
            $offered | Should -BeNullOrEmpty
        }
        finally { Pop-Location }
    }

    It 'offers no files by position: <_>' -ForEach @(
        'Receive-TcpMessage x', 'Get-SocketOption x', 'Set-SocketOption KeepAlive x', 'Send-TcpMessage x', 'Send-TcpMessage 127.0.0.1 x',
        'Send-TcpMessage 127.0.0.1 80 x', 'Receive-HttpRequest x', 'Start-TcpServer x', 'Get-SocketInfo x', 'Send-Broadcast 8880 x'
    ) {
        Push-Location $TestDrive
        try {
            $null = New-Item xyz -ItemType File -Force
            Get-Completion $_ | Where-Object ResultType -Like Provider* | Should -BeNullOrEmpty
        }
        finally { Pop-Location }
    }

    It 'offers files where a path is expected, and variables everywhere' {
        $typed = 'something'
        Push-Location $TestDrive
        try {
            $null = New-Item xyz -ItemType File -Force
            foreach ($line in 'Start-StaticHttpServer x', 'Start-TcpServer -Certificate x', 'Open-TcpConnection h 1 -ClientCertificate x') {
                (Get-Completion $line).CompletionText | Should -BeLike '*xyz' -Because $line
            }
            (Get-Completion 'Send-TcpMessage 127.0.0.1 80 (Get-Content x').CompletionText | Should -BeLike '*xyz'
            (Get-Completion 'Send-TcpMessage 127.0.0.1 80 $typ').CompletionText | Should -Contain '$typed'
        }
        finally { Pop-Location }
        $typed | Should -Be 'something'
    }

    It 'offers processes by id, with their names' {
        $found = Get-Completion "Get-SocketInfo -ProcessId $PID" | Where-Object CompletionText -EQ $PID
        $found.ToolTip | Should -Be (Get-Process -Id $PID).ProcessName
    }
}
