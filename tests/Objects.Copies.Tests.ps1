# Objects as text, as JSON and CSV, and as copies: Export-Clixml, Start-Job, remoting. Columns and short lists.

BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-View($InputObject, [int] $Width = 79) {
        ($InputObject | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_ }
    }

    $server = Start-TcpServer -Framing Line -Echo -Name lab
    $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
    'hi' | Send-TcpMessage -Connection $connection
    $site = Start-StaticHttpServer $TestDrive
    $null = Invoke-WebRequest $site.Uri -SkipHttpErrorCheck
    $udp = Start-UdpServer
    'hi' | Send-UdpMessage 127.0.0.1 $udp.Port

    $live = @{
        TcpMessage        = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
        UdpMessage        = Receive-UdpMessage $udp -Count 1 -TimeoutSec 20
        HttpRequestRecord = Receive-HttpRequest $site -Count 1 -TimeoutSec 20
        TcpConnection     = $connection
        SocketInfo        = Get-SocketInfo $connection
        SocketOption      = Get-SocketOption -InputObject $connection NoDelay
        BroadcastResult   = Send-Broadcast $udp.Port hi -Address 127.255.255.255 | Select-Object -First 1
    }
    $file = Join-Path $TestDrive copy.xml
    $copies = @{}
    foreach ($kind in @($live.Keys)) {
        $live[$kind] | Export-Clixml $file
        $copies[$kind] = Import-Clixml $file
    }
}

AfterAll {
    Get-TcpConnection | Close-TcpConnection
    Get-Job | Remove-Job -Force
}

Describe 'An endpoint' {
    It 'is text with an Address and a Port' {
        $text = "127.0.0.1:$($server.Port)"
        foreach ($message in $live.TcpMessage, $copies.TcpMessage) {
            $message.RemoteEndPoint | Should -BeOfType ([string])
            $message.RemoteEndPoint | Should -Be $text
            $message.RemoteEndPoint.Address | Should -Be '127.0.0.1'
            $message.RemoteEndPoint.Port | Should -Be $server.Port
            ([ipendpoint] $message.RemoteEndPoint).Port | Should -Be $server.Port
        }
        $server.LocalEndPoint | Should -Be $text
        ($live.TcpMessage, $copies.TcpMessage, $server | Group-Object { $_.RemoteEndPoint ?? $_.LocalEndPoint }).Name | Should -Be $text
        @{ $text = 1 }[$live.TcpMessage.RemoteEndPoint] | Should -Be 1
    }

    It 'of IPv6 is in brackets, and in brackets in the text of a socket' {
        $six = Start-TcpServer -Address ::1
        "$($six.LocalEndPoint)" | Should -Be "[::1]:$($six.Port)"
        $six.LocalEndPoint.Address | Should -Be '::1'
        "$(Get-SocketInfo $six)" | Should -Be "Tcp Listen [::1]:$($six.Port)"
        (Get-SocketInfo $six | ConvertTo-Json | ConvertFrom-Json).LocalAddress | Should -Be '::1'
    }

    It 'can be passed on, live and as a copy' {
        foreach ($message in $live.TcpMessage, $copies.TcpMessage) {
            $again = Open-TcpConnection $message.RemoteEndPoint.Address $message.RemoteEndPoint.Port
            $again.RemoteEndPoint | Should -Be $message.RemoteEndPoint
        }
    }

    It 'has its Port in a runspace that has not imported the module' {
        (1 | ForEach-Object -Parallel { ($using:server).LocalEndPoint.Port }) | Should -Be $server.Port
    }

    It 'in a script block of a server has its Address, too' {
        $answering = Start-TcpServer -Framing Line -ScriptBlock { "$($_.RemoteEndPoint.Address) $($_.RemoteEndPoint.Port)" }
        $answer = 'x' | Send-TcpMessage 127.0.0.1 $answering.Port -Framing Line -Count 1 -TimeoutSec 20
        $answer.Text | Should -Be "127.0.0.1 $($answer.LocalEndPoint.Port)"
    }
}

Describe 'JSON and CSV' {
    It 'of <_> say in text what it says' -ForEach 'TcpMessage', 'UdpMessage', 'HttpRequestRecord', 'TcpConnection', 'SocketInfo', 'BroadcastResult' {
        $object = $live[$_]
        $back = $object | ConvertTo-Json -Depth 4 | ConvertFrom-Json
        $csv = $object | ConvertTo-Csv | ConvertFrom-Csv
        $back.psobject.Properties.Name | Should -Be $object.psobject.Properties.Name
        foreach ($property in $object.psobject.Properties.Where{ $_.Value -is [enum] -or $_.Name -match 'EndPoint$|Address$|^Source$' }) {
            $back.($property.Name) | Should -Be $property.Value.ToString() -Because $property.Name
            $csv.($property.Name) | Should -Be $property.Value.ToString() -Because $property.Name
        }
        foreach ($property in $object.psobject.Properties.Where{ $_.Value -is [datetime] }) {
            $back.($property.Name) | Should -Be $property.Value
        }
    }

    It 'of a message are short' {
        ($live.TcpMessage | ConvertTo-Json).Length | Should -BeLessThan 300
    }

    It 'of a message say the same after Select-Object and as a copy' {
        $live.TcpMessage | Select-Object RemoteEndPoint | ConvertTo-Json -Compress | Should -Be "{`"RemoteEndPoint`":`"127.0.0.1:$($server.Port)`"}"
        $copies.TcpMessage | ConvertTo-Json | Should -Be ($live.TcpMessage | ConvertTo-Json)
    }
}

Describe 'Durations' {
    It 'are numbers of milliseconds that Measure-Object takes, and time spans' {
        foreach ($record in $live.HttpRequestRecord, $copies.HttpRequestRecord) {
            ($record, $record | Measure-Object Milliseconds -Sum).Sum | Should -Be (2 * $record.Milliseconds)
            $record.Duration | Should -BeOfType ([timespan])
            $record.Duration.TotalMilliseconds | Should -Be $record.Milliseconds
        }
    }

    It 'of TCP are, too' -Skip:(-not $IsLinux) {
        $tcp = (Get-SocketInfo $connection).TcpInfo
        foreach ($name in 'RoundTrip', 'RoundTripVariance', 'MinimumRoundTrip', 'RetransmissionTimeout') {
            $span = $name -match 'RoundTrip$' ? "${name}Time" : $name
            $tcp.$span.TotalMilliseconds | Should -Be $tcp."${name}Milliseconds" -Because $name
        }
    }
}

Describe 'Copies' {
    It 'of <_> have the table of the live one' -ForEach 'TcpMessage', 'UdpMessage', 'HttpRequestRecord', 'TcpConnection', 'SocketInfo', 'SocketOption', 'BroadcastResult' {
        $copies[$_].psobject.TypeNames[0] | Should -Be "Deserialized.PSNetLab.$_"
        Get-View $copies[$_] 120 | Should -Be (Get-View $live[$_] 120)
        $copies[$_].psobject.Properties.Name | Should -Be $live[$_].psobject.Properties.Name
    }

    It 'have enums that compare and group by name' {
        $copies.SocketInfo.State | Should -Be $live.SocketInfo.State
        ($copies.SocketInfo, $live.SocketInfo | Group-Object State).Name | Should -Be 'Established'
    }

    It 'come from a background job of PowerShell, with the port of a server' {
        $job = Start-Job {
            Import-Module $using:modulePath/PSNetLab.psd1
            $there = Start-TcpServer
            $there
            Open-TcpConnection 127.0.0.1 $there.Port
            Start-StaticHttpServer $using:TestDrive
        }
        $there, $connected, $web = Receive-Job $job -Wait
        Remove-Job $job
        $there.Port | Should -BeGreaterThan 0
        $there.LocalEndPoint | Should -Be "127.0.0.1:$($there.Port)"
        $connected.RemoteEndPoint | Should -Be $there.LocalEndPoint
        $connected.State | Should -Be 'Established'
        "$($web.Uri)" | Should -Be "http://127.0.0.1:$($web.Port)/"
        (Get-View $there)[2] | Should -Match "127\.0\.0\.1:$($there.Port)"
        (Get-View $connected)[2] | Should -Match "Established +127\.0\.0\.1:\d+ +127\.0\.0\.1:$($there.Port)"
    }
}

Describe 'Tables' {
    It 'of <_> have columns that Select-Object and Sort-Object take' -ForEach 'TcpMessage', 'UdpMessage', 'HttpRequestRecord', 'TcpConnection', 'SocketInfo', 'SocketOption' {
        foreach ($object in $live[$_], $copies[$_]) {
            foreach ($heading in -split (Get-View $object 200)[0]) {
                $object.psobject.Members[$heading] | Should -Not -BeNullOrEmpty -Because $heading
                { $object, $object | Sort-Object $heading | Select-Object $heading -ErrorAction Stop } | Should -Not -Throw
            }
        }
        $live.TcpMessage | Select-Object -ExpandProperty Peer | Should -Be $live.TcpMessage.RemoteEndPoint
        (Get-SocketInfo $connection).Process | Should -Be (Get-Process -Id $PID).Name
    }

    It 'keep their columns at <_> columns' -ForEach 79, 119 {
        $view = Get-View $live.SocketInfo $_
        -split $view[0] | Should -Be 'Prot', 'State', 'Local', 'Remote', 'PID', 'Process', 'RecvQ', 'SendQ'
        $view[2] | Should -Match "127\.0\.0\.1:$($server.Port) +$PID"
        $view = Get-View $live.TcpConnection $_
        $view[2] | Should -Match "^ *$($connection.Id) Established +$([regex]::Escape($connection.LocalEndPoint)) +$([regex]::Escape($connection.RemoteEndPoint)) +3 +3 None$"
    }

    It 'of sockets show no user as a process' {
        $nobody = Get-SocketInfo -LocalPort $server.Port | Select-Object -First 1
        $nobody.UserName | Should -Not -BeNullOrEmpty
        (Get-View $nobody)[2] | Should -Not -Match "\b$([regex]::Escape($nobody.UserName))\b"
    }

    It 'that come after one of another type are short lists' {
        foreach ($kind in 'SocketInfo', 'TcpConnection', 'HttpRequestRecord', 'UdpMessage', 'SocketOption', 'BroadcastResult') {
            $first = $kind -eq 'TcpConnection' ? $live.TcpMessage : $live.TcpConnection
            $lines = @(Get-View ($first, $live[$kind])) -match ' : '
            $lines.Count | Should -BeIn (4..8) -Because $kind
        }
        @(Get-View ($live.TcpMessage, $server)) -match ' : ' | Should -HaveCount 8
    }
}
