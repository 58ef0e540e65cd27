# Tables show addresses and names whole, at 80 and at 120 columns, of live objects and of copies.

BeforeDiscovery {
    $short = '127.0.0.1:43377'
    $long = '[2001:db8:85a3:8d3:1319:8a2e:370:7348]:54321'
    $local = '[fe80::1c2a:3bff:fe4d:5e6f%enp0s31f6]:54322'
    # The columns that hold what must not be cut, in tables of objects with all properties of the real ones.
    $tables = @(
        @{ Type = 'TcpMessage'; With = @{ RemoteEndPoint = $long; Text = 'hello'; ConnectionId = 12; Sequence = 1; Length = 5 }; Columns = 'Peer', 'Text' }
        @{ Type = 'TcpMessage'; With = @{ RemoteEndPoint = $local; Text = 'x' * 500; ConnectionId = 12; Sequence = 1; Length = 500 }; Columns = , 'Peer' }
        @{ Type = 'UdpMessage'; With = @{ RemoteEndPoint = $local; Interface = 'wlx00c0caabcdef'; Text = 'hello'; Length = 5 }; Columns = 'Peer', 'Interface', 'Text' }
        @{ Type = 'UdpMessage'; With = @{ RemoteEndPoint = $short; Interface = 'wlx00c0caabcdef'; Text = 'hello'; Length = 5 }; Columns = 'Peer', 'Interface', 'Text' }
        @{ Type = 'HttpRequestRecord'; With = @{ RemoteEndPoint = $long; Method = 'GET'; Target = '/'; Status = 200; BytesSent = 5 }; Columns = , 'Client' }
        @{ Type = 'TcpConnection'; With = @{ Id = 12; State = 'Established'; LocalEndPoint = $local; RemoteEndPoint = $long }; Columns = 'State', 'Local', 'Remote' }
        @{ Type = 'TcpConnection'; With = @{ Id = 12; State = 'Established'; LocalEndPoint = '[::1]:80'; RemoteEndPoint = $long }; Columns = 'State', 'Local', 'Remote' }
        @{ Type = 'SocketInfo'; With = @{ Protocol = 'Tcp'; State = 'Established'; LocalEndPoint = $long; RemoteEndPoint = $local }; Columns = 'State', 'Local', 'Remote' }
        @{ Type = 'TcpPortResult'; With = @{ ComputerName = 'a-server-with-a-long-name.example.com'; Port = 443; Status = 'Open' }; Columns = 'ComputerName', 'Status' }
    )
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-View($InputObject, [int] $Width) {
        ($InputObject | Out-String -Width $Width) -replace '\e\[[\d;]*m' -split '\r?\n' | Where-Object { $_ }
    }

    # The value of a left-aligned column, over all lines of the only row.
    function Get-Cell([string[]] $View, [string] $Column) {
        $start = $View[0].IndexOf($Column)
        $start | Should -BeGreaterOrEqual 0 -Because "there is a column $Column in $($View[0])"
        $rows = $View | Select-Object -Skip (1 + ($View | Where-Object { $_ -match '^[- ]+$' } | Select-Object -First 1 | ForEach-Object { $View.IndexOf($_) }))
        -join $(foreach ($line in $rows) {
                if ($line.Length -gt $start -and $line[$start] -ne ' ') { ($line.Substring($start) -split ' ')[0] }
            })
    }
}

Describe 'The table of <Type>' -ForEach $tables {
    BeforeAll {
        $object = [pscustomobject] $With
        $object.psobject.TypeNames.Insert(0, "PSNetLab.$Type")
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($object))
        $copy.psobject.TypeNames[0] | Should -Be "Deserialized.PSNetLab.$Type"
        $names = @{ Peer = 'RemoteEndPoint'; Client = 'RemoteEndPoint'; Local = 'LocalEndPoint'; Remote = 'RemoteEndPoint' }
        # Tells the module's types to this runspace.
        $null = Get-TcpConnection
    }

    It 'cuts none of <Columns> at <Width> columns, of <Of>' -ForEach @(
        foreach ($width in 79, 119) {
            @{ Width = $width; Of = 'a live object' }
            @{ Width = $width; Of = 'a copy' }
        }
    ) {
        $view = Get-View ($Of -eq 'a copy' ? $copy : $object) $Width
        foreach ($column in $Columns) { Get-Cell $view $column | Should -Be $With[($names[$column] ?? $column)] }
        ($view | Measure-Object Length -Maximum).Maximum | Should -BeLessOrEqual $Width
        $view.Count | Should -BeLessOrEqual 9 -Because 'a long text beside it does not fill the screen'
    }
}

Describe 'The table of a job' {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'shows a long name whole' {
        $server = Start-TcpServer -Name 'OrdersOfTheShop'
        foreach ($job in $server, (Get-Job -Name OrdersOfTheShop)) {
            $view = Get-View $job 79
            Get-Cell $view 'Name' | Should -Be 'OrdersOfTheShop'
            Get-Cell $view 'Listening on' | Should -Be "127.0.0.1:$($server.Port)"
        }
    }
}

Describe 'A row of short values' {
    It 'is one line, however long its text is' {
        $message = [pscustomobject] @{ PSTypeName = 'PSNetLab.TcpMessage'; RemoteEndPoint = '127.0.0.1:43377'; Text = 'x' * 500; Length = 500 }
        $width = try { [Console]::WindowWidth } catch { 0 }
        Get-View $message (($width -gt 0 ? $width : 80) - 1) | Should -HaveCount 3
    }
}
