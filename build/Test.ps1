# The Test task: every check gives a count, and the last line is their sum.

$resultsPath = Join-Path $PSScriptRoot .. TestResults

class Count {
    [string] $Name
    [int] $Passed
    [int] $Failed
    [int] $Skipped
    # What failed and how, a text each.
    [string[]] $Failures

    [string] ToString() {
        $skips = $this.Skipped ? ", $($this.Skipped) skipped" : ''
        return "$($this.Passed) passed, $($this.Failed) failed$skips"
    }
}

function Invoke-Test {
    Write-Host 'Test: xunit, Pester, the analyzer and the help check'
    $null = New-Item $resultsPath -ItemType Directory -Force
    # A failing test is counted, it does not end the run.
    $PSNativeCommandUseErrorActionPreference = $false

    $total = [Count] @{ Name = 'Total' }
    $counts = @(
        Measure-Unit
        Measure-Pester
        Measure-Analyzer
        Measure-Help
    )
    # Once more and last: of a long log often only the end is kept.
    $counts.Failures | Where-Object { $_ } | ForEach-Object { Write-Host "FAILED: $_" }
    foreach ($count in $counts) {
        Write-Host "$($count.Name): $count"
        $total.Passed += $count.Passed
        $total.Failed += $count.Failed
        $total.Skipped += $count.Skipped
    }
    Write-Host "$total"
    if ($total.Failed) { exit 1 }
}

function Measure-Unit {
    $trx = Join-Path $resultsPath units.trx
    if (Test-Path $trx) { Remove-Item $trx }
    dotnet test $PSScriptRoot/../tests/units --configuration $Configuration --nologo `
        --logger 'trx;LogFileName=units.trx' --results-directory $resultsPath --blame | Out-Host
    $succeeded = $LASTEXITCODE -eq 0

    $count = [Count] @{ Name = 'xunit' }
    if (Test-Path $trx) {
        $run = ([xml] (Get-Content $trx -Raw)).TestRun
        $counters = $run.ResultSummary.Counters
        $count.Passed = $counters.passed
        $count.Failed = $counters.executed - $counters.passed
        $count.Skipped = $counters.total - $counters.executed
        $count.Failures = Get-UnitFailure $run
    }
    # No test, a build error or a crash of the host is a failure too, though no test failed.
    if ($count.Failed -eq 0 -and (-not $succeeded -or $count.Passed -eq 0)) { $count.Failed = 1 }
    $count
}

# The tests that failed, then what the run said of itself: of a crash of the host, its reason and the tests it was in.
function Get-UnitFailure([Xml.XmlElement] $Run) {
    $namespace = @{ t = $Run.NamespaceURI }
    foreach ($result in Select-Xml -Xml $Run -Namespace $namespace -XPath "//t:UnitTestResult[@outcome='Failed']") {
        $name = $result.Node.testName
        $parts = Select-Xml -Xml $result.Node -Namespace $namespace -XPath './/t:Message | .//t:StackTrace'
        "xunit: $name`n$($parts.Node.InnerText -join "`n")"
    }
    foreach ($word in Select-Xml -Xml $Run -Namespace $namespace -XPath "//t:RunInfo[@outcome='Error']/t:Text") {
        if ($word.Node.InnerText -notmatch '\[FAIL\]$') { "xunit: $($word.Node.InnerText)" }
    }
}

function Measure-Pester {
    $count = [Count] @{ Name = 'Pester'; Failed = 1 }
    $pester = Get-BuildModule Pester
    if (-not $pester) {
        Write-Host 'NOT RUN: Pester, which is missing: see above, and build/Modules.ps1 for its version.'
        return $count
    }
    $result = Join-Path $resultsPath pester.json
    if (Test-Path $result) { Remove-Item $result }
    Invoke-Child "./build/Invoke-Tests.ps1 tests TestResults/pester.json '$pester'" | Out-Host
    if (Test-Path $result) { $count = [Count] (Get-Content $result -Raw | ConvertFrom-Json -AsHashtable) }
    $count
}

function Measure-Analyzer {
    $analyzer = Get-BuildModule PSScriptAnalyzer
    if (-not $analyzer) {
        Write-Host 'NOT CHECKED: the scripts, for want of PSScriptAnalyzer'
        return [Count] @{ Name = 'Analyzer'; Skipped = 1 }
    }
    [Count] ((Test-Script $analyzer) ? @{ Name = 'Analyzer'; Passed = 1 } : @{ Name = 'Analyzer'; Failed = 1 })
}

function Measure-Help {
    $count = [Count] @{ Name = 'Help check' }
    if (Test-Help) { $count.Passed++ } else { $count.Failed++ }

    $platyPS = Get-BuildModule Microsoft.PowerShell.PlatyPS
    if (-not $platyPS) {
        Write-Host 'NOT CHECKED: the pages of Get-Help against their markdown, for want of PlatyPS'
        $count.Skipped++
    }
    elseif (Test-MamlIsCurrent $platyPS) { $count.Passed++ }
    else { $count.Failed++ }
    $count
}

function Test-Script([string] $Analyzer) {
    Import-Module $Analyzer
    $root = Split-Path $PSScriptRoot
    $settings = Join-Path $root PSScriptAnalyzerSettings.psd1
    $paths = 'build.ps1', 'build', 'tests', 'docs/examples' |
        ForEach-Object { Join-Path $root $_ } | Where-Object { Test-Path $_ }
    $findings = @($paths | ForEach-Object { Invoke-ScriptAnalyzer -Path $_ -Recurse -Settings $settings })
    foreach ($finding in $findings) {
        Write-Host ('{0}:{1}: {2}: {3}' -f $finding.ScriptPath, $finding.Line, $finding.RuleName, $finding.Message)
    }
    -not $findings
}
