# What comes out of the cmdlets: types, properties, tables, JSON, serialization.

BeforeDiscovery {
    $outputs = @(
        @{ Cmdlet = 'Start-TcpServer'; Types = 'PSNetLab.Jobs.TcpServerJob' }
        @{ Cmdlet = 'Open-TcpConnection'; Types = 'PSNetLab.TcpConnection' }
        @{ Cmdlet = 'Get-TcpConnection'; Types = 'PSNetLab.TcpConnection' }
        @{ Cmdlet = 'Send-TcpMessage'; Types = 'PSNetLab.TcpMessage' }
        @{ Cmdlet = 'Receive-TcpMessage'; Types = 'PSNetLab.TcpMessage' }
        @{ Cmdlet = 'Close-TcpConnection'; Types = @() }
    )
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    # The lines of the default view, as a console of this width shows them.
    function Get-View($InputObject, [int] $Width = 100) {
        ($InputObject | Out-String -Width $Width) -split '\r?\n' | Where-Object { $_ }
    }

    function Get-Header($View) { -split $View[0] }
}

Describe 'Objects' {
    BeforeAll {
        $server = Start-TcpServer -Framing Line -Echo -Name lab
        $connection = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
        '来,确认下眼神' | Send-TcpMessage -Connection $connection
        $message = Receive-TcpMessage $connection -Count 1 -TimeoutSec 20
    }

    AfterAll {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'are told to PowerShell without a word, whatever the caller prefers: <Preference>' -ForEach @(
        @{ Preference = '$WhatIfPreference = $true' }
        @{ Preference = '$VerbosePreference = "Continue"' }
        @{ Preference = '$ConfirmPreference = "Low"' }
        @{ Preference = '$PSDefaultParameterValues = @{ "*:Verbose" = $true; "*:WhatIf" = $true }' }
        @{ Preference = '$ErrorActionPreference = "Stop"; Set-StrictMode -Version Latest' }
    ) {
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$modulePath/PSNetLab.psd1'; $Preference; Get-TcpConnection").Invoke()
            $shell.HadErrors | Should -BeFalse
            $shell.Streams.Verbose | Should -BeNullOrEmpty
            $shell.Commands.Clear()
            $shell.AddScript('(Get-TypeData PSNetLab.TcpMessage).Members.Keys').Invoke() | Should -Contain 'Peer'
        }
        finally { $shell.Dispose() }
    }

    It 'come without a word also where PowerShell cannot be told, because its types are shared' {
        $state = [initialsessionstate]::CreateDefault2()
        $state.Types.Clear()
        $shared = [Management.Automation.Runspaces.TypeTable]::LoadDefaultTypeFiles()
        $state.Types.Add([Management.Automation.Runspaces.SessionStateTypeEntry]::new($shared))
        $shell = [powershell]::Create($state)
        try {
            $found = $shell.AddScript("Import-Module '$modulePath/PSNetLab.psd1'; Get-TcpConnection; Get-TcpConnection").Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $found | Should -Not -BeNullOrEmpty
        }
        finally { $shell.Dispose() }
    }

    It '<Cmdlet> declares what it emits' -ForEach $outputs {
        @((Get-Command $Cmdlet).OutputType.Name) | Should -Be @($Types)
    }

    It 'a message has its properties, in this order' {
        $message.psobject.Properties.Name | Should -Be 'Time', 'RemoteEndPoint', 'LocalEndPoint', 'ConnectionId', 'Sequence',
            'Length', 'Data', 'Text', 'Reads', 'Truncated'
        $message.Data.GetType() | Should -Be ([byte[]])
        $message.Length | Should -Be $message.Data.Length
        $message.ConnectionId | Should -Be $connection.Id
        "$($message.LocalEndPoint)" | Should -Be "$($connection.LocalEndPoint)"
        $message.Time | Should -BeGreaterThan $connection.OpenedAt.AddSeconds(-1)
        "$message" | Should -Be $message.Text
    }

    It 'a connection has its properties, in this order' {
        $connection.psobject.Properties.Name | Should -Be 'Id', 'State', 'LocalEndPoint', 'RemoteEndPoint', 'OpenedAt', 'BytesReceived',
            'BytesSent', 'MessagesReceived', 'MessagesSent', 'Framing', 'Encoding', 'Tls', 'CloseReason', 'CloseDetail'
    }

    It 'a job has the properties that scripts use' {
        foreach ($name in 'Port', 'LocalEndPoint', 'Connections', 'ConnectionCount', 'MessageCount', 'BytesReceived', 'BytesSent', 'Waiting', 'Dropped', 'Refused') {
            $server.psobject.Properties[$name] | Should -Not -BeNullOrEmpty -Because $name
        }
        $server.Connections | Should -HaveCount 1
        $server.Connections[0].GetType() | Should -Be $connection.GetType()
    }

    It 'a message survives serialization, as through Start-Job and remoting' {
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($message))
        $copy.psobject.TypeNames[0] | Should -Be 'Deserialized.PSNetLab.TcpMessage'
        $copy.Text | Should -Be $message.Text
        $copy.Data | Should -Be $message.Data
        $copy.Time | Should -Be $message.Time
        $copy.Sequence | Should -Be 1
        $copy.Truncated | Should -BeFalse
        "$($copy.RemoteEndPoint)" | Should -Be "$($message.RemoteEndPoint)"
        "$copy" | Should -Be $message.Text
    }

    It 'a connection survives serialization' {
        $copy = [Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($connection))
        $copy.Id | Should -Be $connection.Id
        "$($copy.State)" | Should -Be 'Established'
        "$($copy.RemoteEndPoint)" | Should -Be "$($connection.RemoteEndPoint)"
        $copy.BytesReceived | Should -Be 20
        "$($copy.Framing)" | Should -Be 'Line'
    }

    It 'messages come back from a background job of PowerShell' {
        $port = $server.Port
        $job = Start-Job {
            Import-Module $using:modulePath/PSNetLab.psd1
            'from far', 'away' | Send-TcpMessage 127.0.0.1 $using:port -Framing Line -Count 2
        }
        (Receive-Job $job -Wait).Text | Should -Be 'from far', 'away'
        Remove-Job $job
    }

    It 'a message becomes JSON without a warning' {
        $json = $message | ConvertTo-Json -WarningVariable warnings -WarningAction SilentlyContinue
        $warnings | Should -BeNullOrEmpty
        $copy = $json | ConvertFrom-Json
        $copy.Text | Should -Be '来,确认下眼神'
        $copy.Data | Should -Be $message.Data
        $copy.Sequence | Should -Be 1
    }

    It '<Name> as a table of at most 100 columns' -ForEach @(
        @{ Name = 'a message'; Get = { $message }; Header = 'Time', 'Peer', 'Conn', 'Seq', 'Length', 'Text' }
        @{ Name = 'a connection'; Get = { $connection }; Header = 'Id', 'State', 'Local', 'Remote', 'In', 'Out', 'CloseReason' }
        @{ Name = 'a job'; Get = { $server }; Header = @() }
    ) {
        $view = Get-View (& $Get) -Width 500
        $view[1] | Should -Match '^[- ]+$'
        $view | Should -HaveCount 3
        if ($Header) { Get-Header $view | Should -Be $Header }
        # Wide characters take two columns.
        $columns = [regex]::Replace($view[2].TrimEnd(), '[\u2E80-\uFFEF]', 'xx')
        $columns.Length | Should -BeLessOrEqual 100
        $view[1].TrimEnd().Length | Should -BeLessOrEqual 100
        # Nothing is lost when the console is no wider than that, and a terminal of 80 columns leaves 79.
        (Get-View (& $Get) -Width 100)[0] | Should -Be $view[0]
        Get-Header (Get-View (& $Get) -Width 79) | Should -Be (Get-Header $view)
    }

    It 'the table of a job tells endpoint and counts, also from Get-Job' {
        foreach ($view in (Get-View $server), (Get-View (Get-Job -Name lab))) {
            $view[2] | Should -Match ' lab '
            $view[2] | Should -Match "127\.0\.0\.1:$($server.Port)"
            $view[2] | Should -Match 'Running'
        }
    }

    It 'the table of Get-Job has the jobs of others, too' {
        $other = Start-ThreadJob { }
        $null = Wait-Job $other
        # A terminal of 80 columns leaves 79 of them.
        $view = Get-View (Get-Job) -Width 79
        $view | Should -HaveCount 4
        $view[3] | Should -Match " $($other.Name) +Job +Comp"
    }

    It 'the list of a web server tells its address, and that of another server has no line for it' {
        $site = Start-StaticHttpServer $TestDrive
        $site | Format-List | Out-String | Should -Match "Uri +: $($site.Uri)"
        $server | Format-List | Out-String | Should -Not -Match 'Uri|Path'
    }

    It 'the table of jobs is that of every kind of server' {
        $table = ([xml] (Get-Content $modulePath/PSNetLab.Format.ps1xml -Raw)).Configuration.ViewDefinitions.View[0]
        $server.GetType().Assembly.GetTypes() |
            Where-Object { -not $_.IsAbstract -and $_.IsSubclassOf([Management.Automation.Job]) } |
            ForEach-Object { $table.ViewSelectedBy.TypeName | Should -Contain $_.FullName }
    }

    It 'the table of a message shows no control characters of the peer' {
        $hostile = "`e[2Jred`a`0`t" | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1
        $hostile.Text | Should -Be "`e[2Jred`a`0`t"
        $row = (Get-View $hostile)[2]
        $row | Should -Match 'red'
        $row | Should -Not -Match '[\x00-\x1f]'
    }

    It 'the table of a closed connection says why' {
        $gone = Open-TcpConnection 127.0.0.1 $server.Port
        Close-TcpConnection $gone -Reset
        (Get-View $gone)[2] | Should -Match 'Closed .* LocalReset'
    }
}
