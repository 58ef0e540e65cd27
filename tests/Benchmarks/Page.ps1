# Writes docs/benchmarks.md and its plots from the results of full runs in output/bench. Do not edit the page by hand.
[CmdletBinding()]
param(
    [string] $Results = (Join-Path $PSScriptRoot .. .. output bench),
    [string] $Docs = (Join-Path $PSScriptRoot .. .. docs),
    [string] $Remarks = (Join-Path $PSScriptRoot remarks.txt)
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

. $PSScriptRoot/figures.ps1
. $PSScriptRoot/Plot.ps1

# The X axis is the number in the figure's name. The Y axis is the property Quantity of a turn; Each divides it by that number.
$plots = @(
    @{
        Area = 'Tcp'; Figure = '^echo 64 B x (\d+)$'; Against = '^epoll'; Peer = 'epoll in C'; Quantity = 'Cpu'
        File = 'echo'; Title = 'TCP echo of 64 bytes: CPU time per message'; X = 'connections'; Y = 'µs per message'
    }
    @{
        Area = 'Http'; Figure = '^1 KiB x (\d+)$'; Against = '^nginx x'; Peer = 'nginx'; Quantity = 'Cpu'
        File = 'http'; Title = 'HTTP, a file of 1 KiB: CPU time per request'; X = 'connections'; Y = 'µs per request'
    }
    @{
        Area = 'Pipeline'; Figure = '^Receive-TcpMessage (\d+)$'; Against = ''; Peer = 'Receive-Job of a thread job'
        Quantity = 'Value'; File = 'receive'; Title = 'Receive-TcpMessage: time per waiting message'
        X = 'messages'; Y = 'µs per message'
    }
    @{
        Area = 'Pipeline'; Figure = '^Receive-Job (\d+)$'; Against = ''; Peer = 'Receive-Job of a thread job'
        Quantity = 'Value'; File = 'receive-job'; Title = 'Receive-Job of a TCP server: time per waiting message'
        X = 'messages'; Y = 'µs per message'
    }
    @{
        Area = 'Sockets'; Figure = '^list (\d+)$'; Against = '^ss$'; Peer = 'ss, a whole process'
        Quantity = 'Value'; Each = 1000; File = 'sockets'; Title = 'Get-SocketInfo: time per socket of the machine'
        X = 'sockets'; Y = 'µs per socket'
    }
)

function Get-Point($Figure, [string] $Side, [double] $X, [hashtable] $Plot) {
    $factor = $Plot['Each'] ? $Plot.Each / $X : 1
    $values = @($Figure.Turns.$Side | ForEach-Object { $_.($Plot.Quantity) * $factor } | Sort-Object)
    # A logarithmic axis has no 0, which means less than the clock can measure.
    if ($values -and $values[0] -gt 0) {
        [pscustomobject]@{ X = $X; Y = Get-Median $values; Least = $values[0]; Most = $values[-1] }
    }
}

# There is no plot with fewer than two points.
function Export-Plot($Areas, [hashtable] $Plot, [string] $Folder) {
    $ours = @()
    $peer = @()
    foreach ($figure in ($Areas | Where-Object Area -EQ $Plot.Area).Figures) {
        if ($figure.Figure -notmatch $Plot.Figure) { continue }
        $x = [double] $Matches[1]
        if ($figure.Against -notmatch $Plot.Against) { continue }
        $ours += Get-Point $figure Ours $x $Plot
        $peer += Get-Point $figure Peer $x $Plot
    }
    if ($ours.Count -lt 2 -or $peer.Count -lt 2) { return }
    $series = @{ Name = 'PSNetLab'; Points = $ours }, @{ Name = $Plot.Peer; Points = $peer }
    ConvertTo-Plot $Plot.Title $Plot.X $Plot.Y $series | Set-Content (Join-Path $Folder "$($Plot.File).svg")
    "![$($Plot.Title)](benchmarks/$($Plot.File).svg)"
}

function ConvertTo-MarkdownRow([string[]] $Cells) { "| $(($Cells -replace '\|', '\|') -join ' | ') |" }

function ConvertTo-MarkdownTable($Figures) {
    ConvertTo-MarkdownRow @(
        'Figure', 'Unit', 'Ours', 'Peer', 'Against', 'Ratio', 'CPU µs', 'CPU µs, peer', 'CPU ratio', 'Target'
    )
    '| --- | --- | ---: | ---: | --- | --- | ---: | ---: | ---: | --- |'
    foreach ($row in $Figures | ConvertTo-Row) {
        $target = @($row.Target; if ($row.' ') { "**$($row.' ')**" }) -ne '' -join ' '
        ConvertTo-MarkdownRow @(
            $row.Figure, $row.Unit, $row.Ours, $row.Peer, $row.Against, $row.Ratio
            $row.'CPU us ours', $row.'CPU us peer', $row.'CPU ratio', $target
        )
    }
}

# A property that must be the same for all areas, because the page shows it once.
function Get-Common($Areas, [string] $Property) {
    $texts = @($Areas | ForEach-Object { $_.$Property | ConvertTo-Json -Compress } | Select-Object -Unique)
    if ($texts.Count -gt 1) {
        throw "The results differ in their ${Property}: run all areas on one machine, then try again."
    }
    $Areas[0].$Property
}

$names = 'Tcp', 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies'
$areas = foreach ($name in $names) {
    Get-Content "$Results/$($name.ToLowerInvariant()).json" -Raw | ConvertFrom-Json -AsHashtable
}
$machine = Get-Common $areas Machine
$module = Get-Common $areas Module
$reasons = Get-Content $Remarks -Raw | ConvertFrom-StringData
$folder = Join-Path $Docs benchmarks
$null = New-Item $folder -ItemType Directory -Force

$tools = [ordered]@{}
foreach ($area in $areas) { foreach ($tool in $area.Tools.Keys) { $tools[$tool] = $area.Tools[$tool] } }
$missing = $areas | ForEach-Object { $_.Missing.Keys } | Sort-Object -Unique
$missed = foreach ($area in $areas) {
    foreach ($figure in $area.Figures | Where-Object Missed) {
        $key = "$($area.Area): $($figure.Figure)"
        $row = $figure | ConvertTo-Row
        $values = @(
            "$($row.Ours) $($row.Unit)"
            if ($row.Ratio) { "ratio $($row.Ratio)" }
            if ($row.'CPU ratio') { "CPU ratio $($row.'CPU ratio')" }
            if ($row.Target) { "target $($row.Target)" }
            if ($figure.Note) { $figure.Note }
        ) -join ', '
        $against = $row.Against ? " against $($row.Against)" : ''
        "- **$key**${against}: $values. $($reasons[$key] ?? 'Not looked into yet.')"
    }
}

$page = @(
    '# Benchmarks'
    ''
    'PSNetLab compared with public tools, and with programs in C that do the least possible for the same work, in one run'
    'on one machine. tests/Benchmarks/Page.ps1 writes this page from the results of `./build.ps1 -Task Bench`.'
    ''
    '| | |'
    '| --- | --- |'
    ConvertTo-MarkdownRow 'Module', "PSNetLab $module"
    ConvertTo-MarkdownRow 'Machine', "$($machine.Processor), $($machine.Cores) cores"
    ConvertTo-MarkdownRow 'System', "$($machine.System), Linux $($machine.Kernel)"
    ConvertTo-MarkdownRow 'PowerShell', "$($machine.PowerShell) on .NET $($machine.DotNet)"
    ConvertTo-MarkdownRow 'Tools', (@($tools.Keys | ForEach-Object { "$_ $($tools[$_])" }) -join ', ')
    if ($missing) { ConvertTo-MarkdownRow 'Left out', "figures that need $($missing -join ', '), which is not installed" }
    ''
    '## Targets missed'
    ''
    $missed ?? 'None.'
    foreach ($area in $areas) {
        ''
        "## $($area.Area)"
        ''
        $day = $area.Time.ToUniversalTime().ToString('yyyy-MM-dd HH:mm', $culture)
        "$day UTC, $($area.Rounds) rounds of $($area.Seconds) s."
        "Other processes used $($area.Others) % of the processors."
        ''
        ConvertTo-MarkdownTable $area.Figures
    }
    ''
    '## As the work grows'
    ''
    'Both axes are logarithmic. A level line means a cost that does not grow; the shade behind a point is its range.'
    ''
    foreach ($plot in $plots) {
        Export-Plot $areas $plot $folder
        ''
    }
    Get-Content $PSScriptRoot/method.md
)
$file = Join-Path $Docs benchmarks.md
$page | Set-Content $file
Write-Host "Written: $([IO.Path]::GetRelativePath($PWD, $file))"
