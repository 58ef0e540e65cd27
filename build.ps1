#!/usr/bin/env pwsh
#Requires -Version 7.4

<#
.SYNOPSIS
Builds, tests, documents, measures and packages PSNetLab.

.DESCRIPTION
Needs PowerShell 7.4 or later, the .NET SDK 8 or later, and npm, which brings the list of media types. Pester,
PSScriptAnalyzer and Microsoft.PowerShell.PlatyPS come from the PowerShell Gallery; a task that misses one says so, and
how to get it.

.PARAMETER Task
Build    publishes the module to output/PSNetLab/<version>/ (the default)
Test     Build, then xunit, Pester, the analyzer and the help check; ends with 'N passed, N failed'
Demo     Build, then docs/examples/demo.ps1
Docs     Build, then the check that help pages, cmdlets and the manifest agree
Bench    Build, then tests/Benchmarks/Bench.ps1: the module beside public tools, on Linux
Analyze  PSScriptAnalyzer over every script; any finding fails
Package  Build, then a .nupkg in output/packages
Clean    removes output/, TestResults/ and every bin/ and obj/

.PARAMETER Configuration
The configuration of the compiled assemblies.

.PARAMETER Area
For Bench: the areas to measure. All of them when left out.

.PARAMETER Quick
For Bench: short runs, to see that nothing broke. Only long ones may be quoted, and go into docs/benchmarks.md.

.PARAMETER SigningCertificate
For Package, on Windows: signs the module's files with this certificate.

.EXAMPLE
./build.ps1

.EXAMPLE
./build.ps1 -Task Clean, Test

.EXAMPLE
pwsh -c './build.ps1 Clean, Test'

From another shell: pwsh -File takes only one task.

.EXAMPLE
./build.ps1 -Task Bench -Area Tcp, Startup -Quick
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Demo', 'Docs', 'Bench', 'Analyze', 'Package', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [ValidateSet('Tcp', 'Udp', 'Http', 'Sockets', 'Startup', 'Pipeline')]
    [string[]] $Area = @(),

    [switch] $Quick,

    [System.Security.Cryptography.X509Certificates.X509Certificate2] $SigningCertificate
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $true

$version = (Import-PowerShellDataFile $PSScriptRoot/PSNetLab.psd1).ModuleVersion
$modulePath = Join-Path $PSScriptRoot output PSNetLab $version
$assemblies = 'PSNetLab.dll', 'PSNetLab.Engine.dll'

. $PSScriptRoot/build/Docs.ps1
. $PSScriptRoot/build/Test.ps1
. $PSScriptRoot/build/Package.ps1

# Whatever loads the module runs in a process of its own: an assembly once loaded can be neither unloaded nor replaced.
function Invoke-Child([string] $Command) {
    $pwsh = [Environment]::ProcessPath
    if ([IO.Path]::GetFileNameWithoutExtension($pwsh) -notlike 'pwsh*') { $pwsh = 'pwsh' }
    $findModule = '$env:PSModulePath = "$PWD/output" + [IO.Path]::PathSeparator + $env:PSModulePath'
    & $pwsh -NoProfile -WorkingDirectory $PSScriptRoot -Command "$findModule; $Command"
}

function Test-Module([string] $Name, [version] $Minimum = '0.0') {
    [bool] (Get-Module -ListAvailable $Name | Where-Object Version -GE $Minimum)
}

function Install-MissingModule([string] $Name, [version] $Minimum = '0.0') {
    if (Test-Module $Name $Minimum) { return $true }
    try {
        Write-Host "$Name is missing: trying Install-PSResource $Name"
        Install-PSResource $Name -Version "[$Minimum,)" -Scope CurrentUser -TrustRepository
    }
    catch {
        Write-Host "That did not work: $($_.Exception.Message)"
    }
    Test-Module $Name $Minimum
}

function Remove-OldModule {
    $loaded = [AppDomain]::CurrentDomain.GetAssemblies() |
        Where-Object { -not $_.IsDynamic -and $_.Location.StartsWith($modulePath) }
    try {
        if ($loaded) { throw 'this session has imported it' }
        if (Test-Path $modulePath) { Remove-Item $modulePath -Recurse -Force }
    }
    catch {
        throw "$modulePath cannot be replaced: $_. Close every PowerShell that has imported PSNetLab, then build again."
    }
}

function Invoke-Build {
    Write-Host "Build: PSNetLab $version ($Configuration) into $modulePath"
    if (-not (Get-Command dotnet -CommandType Application -ErrorAction Ignore)) {
        throw 'dotnet is missing: install the .NET SDK 8 or later from https://dot.net/download, then build again.'
    }
    $project = Join-Path $PSScriptRoot src PSNetLab
    $published = Join-Path $project bin $Configuration publish
    # What an earlier build needed must not look needed still.
    if (Test-Path $published) { Remove-Item $published -Recurse }
    dotnet publish $project --configuration $Configuration --output $published "-p:Version=$version" --nologo -v quiet |
        Out-Host

    $unexpected = Get-ChildItem $published/*.dll | Where-Object Name -NotIn $assemblies
    if ($unexpected) {
        throw "The build needs $($unexpected.Name -join ', '), which the module does not ship: see `$assemblies in build.ps1."
    }

    Remove-OldModule
    $null = New-Item $modulePath -ItemType Directory
    $assemblies | ForEach-Object { Copy-Item (Join-Path $published $_) $modulePath }
    Copy-Item $PSScriptRoot/PSNetLab.psd1, $PSScriptRoot/LICENSE, $PSScriptRoot/THIRD-PARTY-NOTICES.txt, $project/Module/*.ps1xml $modulePath
    Export-Help
}

function Invoke-Docs {
    [Diagnostics.CodeAnalysis.SuppressMessage('PSUseSingularNouns', '', Justification = 'Named after the task.')]
    param()

    Write-Host 'Docs: help pages against cmdlets and the export list'
    if (-not (Test-Module Microsoft.PowerShell.PlatyPS)) {
        throw 'Microsoft.PowerShell.PlatyPS is missing: Install-PSResource Microsoft.PowerShell.PlatyPS, then try again.'
    }
    if (-not (Test-Help)) { throw 'The help is out of step with the cmdlets: see above.' }
}

function Invoke-Demo {
    Write-Host 'Demo: docs/examples/demo.ps1'
    Invoke-Child './docs/examples/demo.ps1'
}

function Invoke-Bench {
    $arguments = @(
        if ($Area) { "-Area $($Area -join ', ')" }
        if ($Quick) { '-Quick' }
    ) -join ' '
    Write-Host "Bench: tests/Benchmarks/Bench.ps1 $arguments"
    Invoke-Child "./tests/Benchmarks/Bench.ps1 $arguments"
}

function Invoke-Analyze {
    Write-Host 'Analyze: PSScriptAnalyzer over build.ps1, build, tests and docs/examples'
    if (-not (Install-MissingModule PSScriptAnalyzer)) {
        throw 'PSScriptAnalyzer is missing: Install-PSResource PSScriptAnalyzer, then try again.'
    }
    if (-not (Test-Script)) { throw 'PSScriptAnalyzer has findings: see above.' }
}

function Invoke-Clean {
    Write-Host 'Clean: output/, TestResults/, bin/ and obj/'
    $made = @(
        Get-Item $PSScriptRoot/output, $PSScriptRoot/TestResults -ErrorAction Ignore
        Get-ChildItem $PSScriptRoot/src, $PSScriptRoot/tests -Directory -Recurse -Include bin, obj, TestResults
    )
    $made | Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force
}

$steps = foreach ($name in $Task) {
    if ($name -notin 'Analyze', 'Clean') { 'Build' }
    $name
}
$steps = @($steps | Select-Object -Unique)
foreach ($step in $steps) { & "Invoke-$step" }
if ($steps[-1] -eq 'Build') { Write-Host "Build: done. To use it: Import-Module $(Split-Path $modulePath)" }
