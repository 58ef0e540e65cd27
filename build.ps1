#!/usr/bin/env pwsh
#Requires -Version 7.4

<#
.SYNOPSIS
Builds, tests, documents, measures and packages PSNetLab.

.DESCRIPTION
Needs PowerShell 7.4 or later and the .NET SDK 8 or later. On a machine that has the .NET SDK 10 and no PowerShell,
./build.sh or build.cmd brings it, and takes the same words.

Pester, PSScriptAnalyzer and Microsoft.PowerShell.PlatyPS come from the PowerShell Gallery into .tools, at the versions
that build/Modules.ps1 names. Where the Gallery is not reached, Pester comes from NuGet, and without the other two a task
says what it did not do.

.PARAMETER Task
Build    publishes the module to output/PSNetLab/<version>/ (the default)
Test     Build, then xunit, Pester, the analyzer and the help check; ends with 'N passed, N failed'
Demo     Build, then docs/examples/demo.ps1
Docs     Build, then what Get-Help reads anew from the pages in docs, for which it needs PlatyPS, and the check that
         help pages, cmdlets and the manifest agree
Bench    Build, then tests/Benchmarks/Bench.ps1: the module beside public tools, on Linux
Analyze  PSScriptAnalyzer over every script; any finding fails
Package  Build, then a .nupkg in output/packages
MediaTypes
         the list of media types in src anew from mime-db, for which it needs npm
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
./build.sh Clean,Test -Configuration Debug

From another shell. Several tasks are one word there.

.EXAMPLE
./build.ps1 -Task Bench -Area Tcp, Startup -Quick
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ArgumentCompletions('Build', 'Test', 'Demo', 'Docs', 'Bench', 'Analyze', 'Package', 'MediaTypes', 'Clean')]
    [string[]] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release',

    [ArgumentCompletions('Tcp', 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies')]
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

. $PSScriptRoot/build/Child.ps1
. $PSScriptRoot/build/Modules.ps1
. $PSScriptRoot/build/Docs.ps1
. $PSScriptRoot/build/Maml.ps1
. $PSScriptRoot/build/Test.ps1
. $PSScriptRoot/build/Package.ps1
. $PSScriptRoot/build/MediaTypes.ps1

# From another shell several words come as one: 'Clean,Test'.
function Split-Word([string] $Parameter, [string[]] $Word, [string[]] $Known) {
    $words = @($Word -split ',' | ForEach-Object Trim)
    foreach ($unknown in $words | Where-Object { $_ -notin $Known }) {
        throw "'$unknown' is none of the words for -${Parameter}: $($Known -join ', ')."
    }
    $words
}

# Whatever loads the module runs in a process of its own: an assembly once loaded can be neither unloaded nor replaced.
function Invoke-Child([string] $Command) {
    $folders = @("$PSScriptRoot/output", $modulesPath | ForEach-Object { "'$_'" }) -join ', '
    $findModules = "`$env:PSModulePath = $folders, `$env:PSModulePath -join [IO.Path]::PathSeparator"
    Invoke-PowerShell -WorkingDirectory $PSScriptRoot -Command "$findModules; $Command"
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
    Copy-Item $PSScriptRoot/PSNetLab.psd1, $PSScriptRoot/LICENSE, $PSScriptRoot/THIRD-PARTY-NOTICES.txt, $project/Display/*.ps1xml $modulePath
    Export-Help
}

function Invoke-Docs {
    [Diagnostics.CodeAnalysis.SuppressMessage('PSUseSingularNouns', '', Justification = 'Named after the task.')]
    param()

    Write-Host "Docs: $mamlPath from its pages, and these against cmdlets and the export list"
    $platyPS = Get-BuildModule Microsoft.PowerShell.PlatyPS
    if (-not $platyPS) { throw 'Microsoft.PowerShell.PlatyPS is missing: see above, and build/Modules.ps1 for its version.' }
    Set-Content $mamlPath (Get-Maml $platyPS) -NoNewline
    Export-Help
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
    $analyzer = Get-BuildModule PSScriptAnalyzer
    if (-not $analyzer) { throw 'PSScriptAnalyzer is missing: see above, and build/Modules.ps1 for its version.' }
    if (-not (Test-Script $analyzer)) { throw 'PSScriptAnalyzer has findings: see above.' }
}

function Invoke-Clean {
    Write-Host 'Clean: output/, TestResults/, bin/ and obj/'
    $made = @(
        Get-Item $PSScriptRoot/output, $PSScriptRoot/TestResults -ErrorAction Ignore
        Get-ChildItem $PSScriptRoot/src, $PSScriptRoot/tests -Directory -Recurse -Include bin, obj, TestResults
    )
    $made | Where-Object { Test-Path $_ } | Remove-Item -Recurse -Force
}

$Area = @(if ($Area) { Split-Word Area $Area Tcp, Udp, Http, HttpRoutes, Sockets, Startup, Pipeline, Checks, Proxies })
$steps = foreach ($name in Split-Word Task $Task Build, Test, Demo, Docs, Bench, Analyze, Package, MediaTypes, Clean) {
    if ($name -notin 'Analyze', 'MediaTypes', 'Clean') { 'Build' }
    $name
}
$steps = @($steps | Select-Object -Unique)
foreach ($step in $steps) { & "Invoke-$step" }
if ($steps[-1] -eq 'Build') { Write-Host "Build: done. To use it: Import-Module $(Split-Path $modulePath)" }
