# The module as a whole: what it exports, how it comes and goes.

BeforeAll {
    . $PSScriptRoot/common.ps1
    $manifest = Import-PowerShellDataFile $modulePath/PSNetLab.psd1
    $module = Get-Module PSNetLab

    # A process of its own: what is tested is the module's coming and going.
    function Invoke-NewProcess([string] $Script) {
        $output = Invoke-PowerShell -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; $Script" 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "of $output"
        $output
    }

    function Test-PortFree([int] $Port) {
        $listener = [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, $Port)
        try {
            $listener.Start()
            $true
        }
        catch [Net.Sockets.SocketException] { $false }
        finally { $listener.Stop() }
    }
}

Describe 'The manifest' {
    It 'exports exactly the cmdlets of the assembly' {
        $exported = Invoke-NewProcess "(Import-Module '$modulePath/PSNetLab.dll' -PassThru).ExportedCmdlets.Keys"
        $manifest.CmdletsToExport | Sort-Object | Should -Be ($exported | Sort-Object)
        $module.ExportedCmdlets.Keys | Sort-Object | Should -Be ($exported | Sort-Object)
    }

    It 'exports nothing else, and no wildcard' {
        $module.ExportedFunctions.Count + $module.ExportedAliases.Count + $module.ExportedVariables.Count | Should -Be 0
        $manifest.CmdletsToExport | Should -Not -Match '\*'
        foreach ($kind in 'FunctionsToExport', 'AliasesToExport', 'VariablesToExport') {
            $manifest.ContainsKey($kind) | Should -BeTrue
            $manifest[$kind] | Should -BeNullOrEmpty
        }
    }

    It 'passes Test-ModuleManifest and has the version of its folder' {
        $tested = Test-ModuleManifest $modulePath/PSNetLab.psd1 -ErrorAction Stop
        "$($tested.Version)" | Should -Be (Split-Path $modulePath -Leaf)
    }

    It 'has approved verbs and singular nouns only' {
        $approved = (Get-Verb).Verb
        foreach ($cmdlet in $module.ExportedCmdlets.Values) {
            $cmdlet.Verb | Should -BeIn $approved
            $cmdlet.Noun | Should -Not -Match '[^s]s$'
        }
    }
}

Describe 'Servers' {
    It 'have the same parameter under the same name' {
        $forms = foreach ($command in Get-Command -Module PSNetLab -Verb Start) {
            # Behind a web server is a URI, behind a TCP proxy a host and a port.
            foreach ($parameter in $command.Parameters.Values | Where-Object Name -NE Upstream) {
                # What the compiler adds says nothing of the parameter.
                $attributes = foreach ($attribute in $parameter.Attributes) {
                    $range = $attribute -is [ValidateRange] ? "$($attribute.MinRange) to $($attribute.MaxRange)" : ''
                    if ($attribute.GetType().Namespace -notlike 'System.Runtime.*') { "$($attribute.GetType().Name) $range" }
                }
                [pscustomobject]@{
                    Name = $parameter.Name
                    Form = "$($parameter.ParameterType) ($(($attributes | Sort-Object -Unique) -join ', ')) $($parameter.Aliases)"
                }
            }
        }
        $forms.Name | Should -Contain 'Reply'
        $forms | Sort-Object Name, Form -Unique | Group-Object Name | Where-Object Count -GT 1 | ForEach-Object { $_.Group.Form } |
            Should -BeNullOrEmpty
    }
}

Describe 'The licenses' {
    It 'come with the module, also those of what is built in' {
        "$modulePath/LICENSE" | Should -FileContentMatch 'MIT License'
        $made = (Get-Content $PSScriptRoot/../src/PSNetLab.Engine/MediaTypes/mime-db.txt)[0] -match '^# (mime-db [\d.]+:)'
        $made | Should -BeTrue
        "$modulePath/THIRD-PARTY-NOTICES.txt" | Should -FileContentMatch ([regex]::Escape($Matches[1]))
    }
}

Describe 'Coming and going' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'is imported silently in a new process' {
        Invoke-NewProcess "Import-Module '$modulePath/PSNetLab.psd1'; (Get-Command -Module PSNetLab).Count" |
            Should -Be $manifest.CmdletsToExport.Count
    }

    It 'is found by its name on the module path' {
        Invoke-NewProcess "`$env:PSModulePath = '$(Split-Path (Split-Path $modulePath))'; (Get-Command Start-TcpServer).Source" | Should -Be 'PSNetLab'
    }

    It 'stops its servers and closes its connections when it is removed' {
        Invoke-NewProcess "
            Import-Module '$modulePath/PSNetLab.psd1'
            `$server = Start-TcpServer
            `$connection = Open-TcpConnection 127.0.0.1 `$server.Port
            Remove-Module PSNetLab
            [Net.Sockets.TcpListener]::new([Net.IPAddress]::Loopback, `$server.Port).Start()
            'port free'
            `$null = Wait-Job `$server -Timeout 20
            `$server.State
            `$connection.State" | Should -Be 'port free', 'Stopped', 'Closed'
    }

    It 'does not keep a process with running servers from exiting' {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        Invoke-NewProcess "
            Import-Module '$modulePath/PSNetLab.psd1'
            `$server = Start-TcpServer -ScriptBlock { 'x' }
            `$connection = Open-TcpConnection 127.0.0.1 `$server.Port
            'done'" | Should -Be 'done'
        $clock.Elapsed.TotalSeconds | Should -BeLessThan 60
    }

    It 'stops the servers and closes the connections of a runspace that closes, and no others' {
        $server = Start-TcpServer -Framing Line -Echo
        $runspace = [runspacefactory]::CreateRunspace()
        $runspace.Open()
        $shell = [powershell]::Create($runspace).AddScript("
            Import-Module '$modulePath/PSNetLab.psd1'
            Start-TcpServer
            Open-TcpConnection 127.0.0.1 $($server.Port)")
        try {
            $other, $connection = $shell.Invoke()
            $other.State | Should -Be 'Running'
            $connection.State | Should -Be 'Established'
        }
        finally { $runspace.Dispose() }
        Test-PortFree $other.Port | Should -BeTrue
        Wait-Until { $other.State -eq 'Stopped' }
        $connection.State | Should -Be 'Closed'
        $server.State | Should -Be 'Running'
        'alive' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'alive'
    }

    It 'leaves the servers of other runspaces alone when it is removed in one' {
        $server = Start-TcpServer -Framing Line -Echo
        $shell = [powershell]::Create().AddScript("Import-Module '$modulePath/PSNetLab.psd1'; (Start-TcpServer).Port; Remove-Module PSNetLab")
        try { $port = $shell.Invoke()[0] }
        finally { $shell.Dispose() }
        (Start-TcpServer $port).Port | Should -Be $port
        'alive' | Send-TcpMessage 127.0.0.1 $server.Port -Framing Line -Count 1 | Should -Be 'alive'
    }

    It 'stops the servers of ForEach-Object -Parallel when that ends' {
        $ports = 1..2 | ForEach-Object -Parallel {
            Import-Module $using:modulePath/PSNetLab.psd1
            (Start-TcpServer).Port
        }
        $ports | Should -HaveCount 2
        foreach ($port in $ports) { Test-PortFree $port | Should -BeTrue }
    }
}

Describe 'The tests' {
    It 'find slow work on the thread of an event loop, also in another process' {
        $said = Invoke-PowerShell -Command "
            Import-Module '$modulePath/PSNetLab.psd1'
            `$engine = [PSNetLab.TcpConnection].Assembly
            `$loop = `$engine.GetType('PSNetLab.Engine.Primitives.LoopThread')
            `$null = `$loop.GetMethod('Enter', [Reflection.BindingFlags] 'NonPublic, Static').Invoke(`$null, @())
            try { Send-Broadcast 1 x -InterfaceAlias nowhere0 } catch { `"`$_`" }"
        "$said" | Should -BeLike '*Listing the interfaces is slow, and this thread serves an event loop*'
    }
}

Describe 'The rehearsal of a first start' {
    It 'goes through for every kind of server, and leaves no job and no port' {
        $told = Invoke-NewProcess "
            Import-Module '$modulePath/PSNetLab.psd1'
            Get-Command -Module PSNetLab -Verb Start | ForEach-Object {
                `$upstream = `$_.Name -like '*Proxy' ? @{ Upstream = 'localhost:1' } : @{}
                `$null = & `$_ @upstream -WhatIf
            }
            `$type = (Get-Command Start-HttpServer).ImplementingType.Assembly.GetType('PSNetLab.Jobs.Rehearsal', `$true)
            `$rehearsal = `$type.GetField('s_last', 'NonPublic, Static').GetValue(`$null)
            `$null = `$rehearsal.Wait(30000)
            `"`$(`$rehearsal.Status), `$(@(Get-Job).Count) jobs, `$(@(Get-SocketInfo -ProcessId `$PID).Count) sockets`""
        $told[-1] | Should -Be 'RanToCompletion, 0 jobs, 0 sockets'
    }
}
