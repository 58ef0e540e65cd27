<#
.SYNOPSIS
Runs a few lines of PSNetLab, and draws them with what they really put out: the picture of a terminal in the README.

.DESCRIPTION
Runs the module that ./build.ps1 has built. A test tells when the picture in docs has to be made again.

.PARAMETER Path
Where the picture goes.
#>
#Requires -Version 7.4
param([string] $Path = (Join-Path $PSScriptRoot .. docs terminal.svg))

$ErrorActionPreference = 'Stop'
$PSStyle.OutputRendering = 'PlainText'
$ProgressPreference = 'SilentlyContinue'
Get-Item $PSScriptRoot/../output/PSNetLab/*/PSNetLab.psd1 | Select-Object -Last 1 | Import-Module

$columns = 94
$commands = @(
    '$log = Start-TcpServer -Name Log -Framing Line -Reply "noted"'
    '"disk full", "磁盘满了" | Send-TcpMessage localhost $log.Port -Framing Line -Count 2'
    'Receive-TcpMessage $log -Count 2 -TimeoutSec 5 | Select-Object Length, Text'
    '$site = Start-StaticHttpServer ./docs -Name Site'
    '$null = Invoke-WebRequest "$($site.Uri)terminal.svg"; Receive-HttpRequest $site -Count 1'
    'Get-Job'
    'Get-SocketInfo -LocalPort $log.Port -Listening -IncludeProcess'
    'Start-TcpServer $log.Port'
)

# Colours that can be read on white, and on black. Kinds of tokens without one of their own look like output.
$style = @'
svg { --page: #fff; --frame: #d0d7de; --text: #1f2328; --dim: #6e7781; --command: #0550ae; --parameter: #6639ba; --string: #0a3069; --variable: #116329; --error: #cf222e }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --frame: #30363d; --text: #e6edf3; --dim: #8b949e; --command: #79c0ff; --parameter: #d2a8ff; --string: #a5d6ff; --variable: #7ee787; --error: #ff7b72 }
}
rect { fill: var(--page); stroke: var(--frame) }
text { fill: var(--text); font: 14px ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre }
.Prompt { fill: var(--dim) } .Command { fill: var(--command) } .Parameter { fill: var(--parameter) }
.StringExpandable { fill: var(--string) } .Variable { fill: var(--variable) } .Error { fill: var(--error) }
'@

function ConvertTo-Span([string] $Class, [string] $Text) {
    "<tspan class='$Class'>$([Security.SecurityElement]::Escape($Text))</tspan>"
}

# A line of PowerShell, as an editor would colour it.
function Format-Command([string] $Line) {
    $tokens = $null
    $null = [Management.Automation.Language.Parser]::ParseInput($Line, [ref] $tokens, [ref] $null)
    $end = 0
    $spans = foreach ($token in $tokens | Where-Object Text) {
        ' ' * ($token.Extent.StartOffset - $end)
        ConvertTo-Span ($token.TokenFlags -band 'CommandName' ? 'Command' : $token.Kind) $token.Text
        $end = $token.Extent.EndOffset
    }
    -join (ConvertTo-Span Prompt 'PS> ') + -join $spans
}

# What a line puts out, as a terminal of that width shows it.
function Invoke-Line([string] $Line) {
    try {
        . ([scriptblock]::Create($Line)) | Out-String -Width $columns -Stream | Where-Object { $_.Trim() } |
            ForEach-Object { ConvertTo-Span Output $_.TrimEnd() }
    }
    catch {
        "$($_.InvocationInfo.MyCommand): $_" -split '(?<=\.) ' | ForEach-Object { ConvertTo-Span Error $_ }
    }
}

$before = @(Get-Job)
Push-Location $PSScriptRoot/..
try {
    $lines = foreach ($command in $commands) {
        Format-Command $command
        . Invoke-Line $command
    }
}
finally {
    Pop-Location
    Get-Job | Where-Object Id -NotIn $before.Id | Remove-Job -Force
}

# A character of 14 pixels is about 8.43 wide.
$width = [int] (8.43 * $columns) + 32
$y = 0
$rows = foreach ($line in $lines) {
    # A little apart from what the line before has put out.
    $y += $line -like "*class='Prompt'*" ? 28 : 20
    "<text x='16' y='$y'>$line</text>"
}
$height = $y + 16
@"
<svg xmlns='http://www.w3.org/2000/svg' width='$width' height='$height' viewBox='0 0 $width $height' role='img'>
<title>PSNetLab in a terminal</title>
<style>
$style
</style>
<rect x='.5' y='.5' width='$($width - 1)' height='$($height - 1)' rx='8'/>
$($rows -join "`n")
</svg>
"@ | Set-Content $Path
