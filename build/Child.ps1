# Another PowerShell like this one, for the build and for the tests.

# The program and its first arguments: as a .NET tool, PowerShell runs in a process of dotnet, which is told the assembly.
function Get-PowerShellCommand {
    $program = [Environment]::ProcessPath
    switch -Wildcard ([IO.Path]::GetFileNameWithoutExtension($program)) {
        'pwsh*' { return $program }
        'dotnet' { return $program, (Join-Path $PSHOME pwsh.dll) }
        # Something else hosts this session.
        default { return 'pwsh' }
    }
}

# Takes the arguments of pwsh.
function Invoke-PowerShell {
    $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile' + $args
    & $program @arguments
}
