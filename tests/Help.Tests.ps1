BeforeDiscovery {
    # A ```powershell block of a page is an example that runs as printed, and an ```output block behind it is what it
    # prints. Blocks with any other info string are not run.
    function Get-Example([IO.FileInfo] $Page) {
        $title = ''
        $fences = '(?ms)^(?<level>#{2,3}) (?<title>[^\n]+)$' +
            '|^```powershell\n(?<code>.*?)\n```\n(\n```output\n(?<output>.*?)\n```\n)?'
        $count = 0
        foreach ($match in [regex]::Matches((Get-Content $Page -Raw).Replace("`r", ''), $fences)) {
            if ($match.Groups['title'].Success) {
                $title = $match.Groups['title'].Value
                continue
            }
            @{
                Page    = $Page.BaseName
                Example = "block $((++$count)), $title"
                Code    = $match.Groups['code'].Value
                Printed = $match.Groups['output'].Success ? $match.Groups['output'].Value : $null
            }
        }
    }

    $root = Split-Path $PSScriptRoot
    $pages = Get-Item $root/docs/en-US/*.md, $root/README.md, $root/docs/README.*.md
    # An example that is a Pester test itself cannot be run inside this one.
    $tests, $examples = @($pages | ForEach-Object { Get-Example $_ }).Where({ $_.Code -match '^Describe' }, 'Split')
    $cmdlets = @((Import-PowerShellDataFile $root/PSNetLab.psd1).CmdletsToExport | ForEach-Object { @{ Cmdlet = $_ } })
    $topics = @($pages | Where-Object BaseName -Like about_* | ForEach-Object { @{ Topic = $_.BaseName } })
}

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A session of its own for each example, which has to leave nothing behind.
    function Invoke-Example([string] $Code, [int] $TimeoutSec = 30) {
        $state = [initialsessionstate]::CreateDefault2()
        $state.ImportPSModule("$modulePath/PSNetLab.psd1")
        $shell = [powershell]::Create($state)
        try {
            $null = $shell.AddScript($Code).AddCommand('Out-String').AddParameter('Width', 100)
            $run = $shell.BeginInvoke()
            if (-not $run.AsyncWaitHandle.WaitOne([timespan]::FromSeconds($TimeoutSec))) {
                throw "The example did not end within $TimeoutSec s."
            }
            $text = -join $shell.EndInvoke($run)
            $problems = @($shell.Streams.Error)
            $shell.Commands.Clear()
            $left = $shell.AddScript('Get-Job; Get-TcpConnection').Invoke()
            [pscustomobject]@{ Text = $text; Errors = $problems; Left = $left }
        }
        finally {
            if ($run.IsCompleted) { $shell.Dispose() } else { $null = $shell.BeginStop($null, $null) }
        }
    }

    # What differs from run to run: times, ports and numbers of connections, and the widths they give to columns.
    function Get-Shape([string] $Text) {
        $lines = $Text -split '\r?\n' | Where-Object { $_.Trim() } | ForEach-Object {
            $varies = $_ -match '\d:\d'
            $line = $_.Trim() -replace '\s+', ' ' -replace '-{2,}', '--'
            $varies ? ($line -replace '\d+', '#') : $line
        }
        $lines -join "`n"
    }

    function Get-DefaultText($Value) {
        switch ($Value) {
            { $_ -is [Text.Encoding] } { return $_.WebName -replace '-' }
            { $_ -is [PSNetLab.MessageFraming] } { return $_.Name }
            { $_ -is [ipaddress] } { return [ipaddress]::Loopback.Equals($_) ? 'Loopback' : "$_" }
            { $_ -is [Collections.IDictionary] } { return '@{' + ($_.Keys -join ', ') + '}' }
        }
        $Value -join ', '
    }

    function Get-ParameterText($Parameter) {
        $set = @($Parameter.ParameterSets.Values)
        $pipeline = @(
            if ($set.ValueFromPipeline -contains $true) { 'ByValue' }
            if ($set.ValueFromPipelineByPropertyName -contains $true) { 'ByPropertyName' }
        )
        'required={0} pipeline={1} aliases={2} type={3}' -f @(
            ($set.IsMandatory -contains $true)
            ($pipeline -join ', ')
            (($Parameter.Aliases | Sort-Object) -join ', ')
            ([Nullable]::GetUnderlyingType($Parameter.ParameterType) ?? $Parameter.ParameterType).Name
        )
    }

    function Get-HelpText($Parameter) {
        'required={0} pipeline={1} aliases={2} type={3}' -f @(
            ($Parameter.required -eq 'true')
            ($Parameter.pipelineInput -replace '^(false|true \((.*)\))$', '$2')
            (($Parameter.aliases -replace '^none$' -split ', ' | Sort-Object) -join ', ')
            (($Parameter.type.name -split '\.')[-1])
        )
    }
}

Describe 'Examples run as printed' {
    It '<Page>: <Example>' -ForEach $examples {
        $run = Invoke-Example $Code
        $run.Errors | Should -BeNullOrEmpty
        $run.Left | Should -BeNullOrEmpty -Because 'an example stops what it started'
        if ($Printed) { Get-Shape $run.Text | Should -BeExactly (Get-Shape $Printed) }
    }
}

Describe 'Examples of tests pass' {
    It '<Page>: <Example>' -ForEach $tests {
        Set-Content TestDrive:/Example.Tests.ps1 $Code
        $run = "Invoke-Pester -Configuration @{ Run = @{ Path = '$TestDrive/Example.Tests.ps1'; Exit = `$true } }"
        $script = "Import-Module '$modulePath/PSNetLab.psd1'; $run"
        $text = Invoke-PowerShell -Command $script *>&1 | Out-String
        $LASTEXITCODE | Should -Be 0 -Because $text
        $text | Should -Match 'Tests Passed: 1\D'
    }
}

Describe 'Links between the files of the repository' {
    It '<Name> leads to files that are there' -ForEach @(
        Get-Item $PSScriptRoot/../*.md, $PSScriptRoot/../docs/*.md, $PSScriptRoot/../docs/en-US/*.md |
            ForEach-Object { @{ Name = $_.Name; Page = $_ } }
    ) {
        [regex]::Matches((Get-Content $Page -Raw), '\]\((?!\w+:)([^)#]+)[^)]*\)').ForEach{ $_.Groups[1].Value } |
            Where-Object { -not (Test-Path (Join-Path $Page.Directory $_)) } | Should -BeNullOrEmpty
    }
}

# Elsewhere the system tells less of a socket.
Describe 'The picture of a terminal' -Skip:(-not $IsLinux) {
    It 'shows what the commands put out' {
        $made = "$TestDrive/terminal.svg"
        $text = Invoke-PowerShell -File $PSScriptRoot/../build/Terminal.ps1 $made 2>&1
        $LASTEXITCODE | Should -Be 0 -Because "$text"
        ([xml] (Get-Content $made -Raw)).svg.title | Should -Be 'PSNetLab in a terminal'
        $shown, $now = "$PSScriptRoot/../docs/terminal.svg", $made | ForEach-Object { (Get-Content $_ -Raw) -replace '\d+', '#' -replace ' +', ' ' }
        # As a .NET tool, PowerShell is a process of dotnet.
        $now -replace '\bdotnet\b', 'pwsh' | Should -BeExactly $shown -Because 'build/Terminal.ps1 is to be run again'
    }
}

Describe 'Help of <Cmdlet>' -ForEach $cmdlets {
    BeforeAll {
        $command = Get-Command $Cmdlet
        $help = Get-Help $Cmdlet -Full
        $documented = @($help.parameters.parameter)
        $page = (Get-Content $PSScriptRoot/../docs/en-US/$Cmdlet.md -Raw).Replace("`r", '')
    }

    It 'has a synopsis, a description, three examples, notes and links' {
        $help.Synopsis | Should -Match '\.$'
        $help.description | Should -Not -BeNullOrEmpty
        @($help.examples.example).Count | Should -BeGreaterOrEqual 3
        $help.alertSet | Should -Not -BeNullOrEmpty
        @($help.relatedLinks.navigationLink).Count | Should -BeGreaterThan 1
    }

    It 'says of every parameter what it is, and of an optional one its default' {
        foreach ($parameter in $documented) {
            $text = $parameter.description.Text -join ' '
            $text | Should -Match '\.$' -Because $parameter.name
            if ($parameter.required -eq 'false' -and $parameter.name -notin 'WhatIf', 'Confirm') {
                $text | Should -Match 'Default: ' -Because $parameter.name
            }
        }
    }

    It 'has the default values of its page' {
        foreach ($parameter in $documented) {
            $written = [regex]::Match($page, "(?ms)^### -$($parameter.name)\r?\n.*?^DefaultValue: '?(.*?)'?\r?\n")
            "$($parameter.defaultValue)" | Should -Be $written.Groups[1].Value -Because $parameter.name
        }
    }

    It 'states the default that the command has' {
        $fresh = $command.ImplementingType::new()
        foreach ($parameter in $documented | Where-Object { $_.required -eq 'false' }) {
            $default = $fresh.($parameter.name)
            if ($parameter.defaultValue -and $default -isnot [switch] -and $null -ne $default) {
                Get-DefaultText $default | Should -Be $parameter.defaultValue -Because $parameter.name
                if ($default -is [ValueType] -and $default) {
                    $words = $default -eq [double]::PositiveInfinity ? 'no limit' : $default
                    $parameter.description.Text -join ' ' | Should -Match "Default: $words\b" -Because $parameter.name
                }
            }
        }
        ($fresh -as [IDisposable])?.Dispose()
    }

    It 'agrees with the command on every parameter' {
        foreach ($parameter in $documented) {
            Get-HelpText $parameter |
                Should -Be (Get-ParameterText $command.Parameters[$parameter.name]) -Because $parameter.name
        }
    }

    It 'has examples that can be pasted: their code as the page has it, and what it prints apart from it' {
        $written = '(?ms)^### Example[^\n]*\n\n```\w*\n(?<code>.*?)\n```\n(\n```output\n(?<output>.*?)\n```\n)?'
        $blocks = [regex]::Matches(($page -replace '(?s)^## PARAMETERS.*'), $written)
        $examples = @($help.examples.example)
        $examples.Count | Should -Be $blocks.Count
        foreach ($index in 0..($examples.Count - 1)) {
            $examples[$index].code | Should -BeExactly $blocks[$index].Groups['code'].Value
            $output = $blocks[$index].Groups['output']
            if ($output.Success) { $examples[$index].remarks[0].Text.Trim() | Should -BeExactly $output.Value.Trim() }
        }
    }

    It 'has no invisible characters' {
        $help | Out-String -Width 100 | Should -Not -Match '[\p{Cf}\x7F-\x9F]'
    }

    It 'has no leftover markdown' {
        $help | Out-String -Width 100 | Should -Not -Match '\*\*|```|\]\(|^#'
    }
}

Describe 'Topic <Topic>' -ForEach $topics {
    It 'is found by Get-Help' {
        "$(Get-Help $Topic)" | Should -Match $Topic
    }
}
