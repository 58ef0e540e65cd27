# The scripts of docs/examples, as somebody runs them in a clone of the repository, where the module is not installed.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/examples.ps1
    $root = Convert-Path $PSScriptRoot/..

    # What a new PowerShell says, without an installed PSNetLab.
    function Invoke-Alone([string] $Directory, [string] $File) {
        $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile', '-NonInteractive', '-File', $File
        $start = [Diagnostics.ProcessStartInfo]::new($program, [string[]] $arguments)
        $start.WorkingDirectory = $Directory
        $start.Environment['PSModulePath'] = Join-Path $PSHOME Modules
        $start.Environment['NO_COLOR'] = '1'
        $start.RedirectStandardOutput = $start.RedirectStandardError = $true
        $process = [Diagnostics.Process]::Start($start)
        try {
            $errors = $process.StandardError.ReadToEndAsync()
            $text = $process.StandardOutput.ReadToEndAsync()
            if (-not $process.WaitForExit(30000)) { throw "$File did not end." }
            [pscustomobject]@{ Text = $text.Result; Errors = $errors.Result.Trim(); Code = $process.ExitCode }
        }
        finally {
            if (-not $process.HasExited) { $process.Kill($true) }
            $process.Dispose()
        }
    }
}

Describe 'An example' {
    It 'imports the module before anything else: <_>' -ForEach (
        (Get-ChildItem $PSScriptRoot/../docs/examples -Filter *.ps1).Name | Where-Object { $_ -ne 'import.ps1' }
    ) {
        $script = [Management.Automation.Language.Parser]::ParseFile((Convert-Path "$examples/$_"), [ref] $null, [ref] $null)
        "$($script.EndBlock.Statements[0])" | Should -Be '. $PSScriptRoot/import.ps1'
        $script.ParamBlock.Parameters | Where-Object { $_.Attributes.NamedArguments.ArgumentName -contains 'Mandatory' } | Should -BeNullOrEmpty
        $script.ScriptRequirements.RequiredModules | Should -BeNullOrEmpty
    }

    It 'runs with the newest build' {
        $ran = Invoke-Alone $root docs/examples/http-by-hand.ps1
        $ran.Errors | Should -BeNullOrEmpty
        $ran.Code | Should -Be 0
        $ran.Text | Should -Match '< HTTP/1\.1 200 OK'
        ([regex]::Matches($ran.Text, '(?m)^= ')).Count | Should -Be 8
    }

    It 'says what to do when there is no module, and does nothing else' {
        Copy-Item $examples (New-Item $TestDrive/docs -ItemType Directory) -Recurse
        $ran = Invoke-Alone (Convert-Path $TestDrive/docs/examples) ./tcp-server.ps1
        $ran.Code | Should -Be 1
        $ran.Text | Should -BeNullOrEmpty
        $said = $ran.Errors -replace '\s+(\| )?', ' '
        $said | Should -BeLike '*PSNetLab is missing. In a clone of its repository, run ./build.ps1; otherwise install it.'
        [regex]::Matches($said, 'Line \|').Count | Should -BeLessOrEqual 1
    }
}

Describe 'reuse-address.ps1' {
    It 'shows that a port with connections in TIME-WAIT is taken only with SO_REUSEADDR' -Skip:(-not $IsLinux) {
        $lines = Invoke-Example reuse-address
        $lines[0] | Should -BeLike 'ReuseAddress = True, of the socket that listens on port *'
        $lines[1] | Should -Be 'The server says: welcome'
        $lines[2] | Should -BeLike 'What is left of it: *TimeWait*'
        $lines[3] | Should -BeLike '-ReuseAddress:$False: Port * on 127.0.0.1 is in use (by connections of an earlier server, which are in TIME-WAIT *'
        $lines[4] | Should -BeLike '-ReuseAddress:$True: the next server listens on port *'
        $lines | Should -HaveCount 5
    }
}
