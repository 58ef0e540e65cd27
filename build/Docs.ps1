# Get-Help's files: topics from the markdown in docs/en-US, pages of cmdlets as Maml.ps1 has made them.

$docsPath = Join-Path $PSScriptRoot .. docs en-US

function Export-Help {
    if (-not (Test-Path $docsPath)) { return }
    $helpPath = (New-Item (Join-Path $modulePath en-US) -ItemType Directory -Force).FullName

    foreach ($topic in Get-ChildItem $docsPath/about_*.md) {
        ConvertTo-AboutText (Get-Content $topic -Raw) | Set-Content (Join-Path $helpPath "$($topic.BaseName).help.txt")
    }

    if (Test-Path $mamlPath) { Copy-Item $mamlPath $helpPath }
}

# The markdown is the source, and what is made of it is in the repository beside it.
function Test-MamlIsCurrent([string] $PlatyPS) {
    if ((Get-Maml $PlatyPS) -ceq (Get-Content $mamlPath -Raw -ErrorAction Ignore)) { return $true }
    Write-Host "$mamlPath is not what its pages say now: ./build.ps1 -Task Docs makes it anew."
    $false
}

function Test-Help {
    $PSNativeCommandUseErrorActionPreference = $false
    Invoke-Child "./build/Test-Help.ps1 'output/PSNetLab/$version' docs/en-US" | Out-Host
    $LASTEXITCODE -eq 0
}

# Get-Help shows an about topic as it stands, so markdown becomes the plain layout of PowerShell's own topics. It takes
# the fifth line for the synopsis, so no empty line may stand under a heading.
function ConvertTo-AboutText([string] $Markdown) {
    $lines = $Markdown -replace '(?s)\A---\r?\n.*?\n---\r?\n' -split '\r?\n'
    $paragraph = ''
    $indent = $hang = 4
    $inCode = $false
    $skipEmpty = $true

    # A last empty line ends the last paragraph.
    foreach ($line in $lines + '') {
        if (-not $inCode -and $line -match '\S' -and $line -notmatch '^\s*(#|\||```|[-*] |\d+\. )') {
            $paragraph += " $($line.Trim())"
            $skipEmpty = $false
            continue
        }
        if ($paragraph) {
            Format-Paragraph $paragraph $indent $hang
            $paragraph = ''
            $indent = $hang = 4
        }
        if (-not $line.Trim() -and $skipEmpty) { continue }
        $skipEmpty = -not $inCode -and $line -match '^#+ '
        switch -Regex ($line) {
            '^\s*```' { $inCode = -not $inCode; break }
            { $inCode } { "        $line".TrimEnd(); break }
            '^# (.+)' { 'TOPIC', "    $($Matches[1])", ''; break }
            '^## (.+)' { $Matches[1].ToUpperInvariant(); break }
            '^###+ (.+)' { "  $($Matches[1])"; break }
            '^\|' { '    ' + (Remove-Markup $line); break }
            '^(\s*)(([-*]|\d+\.) )(.+)' {
                $indent = 4 + $Matches[1].Length
                $hang = $indent + $Matches[2].Length
                $paragraph = $Matches[2] + $Matches[4]
                break
            }
            default { $line.Trim() }
        }
    }
}

function Remove-Markup([string] $Text) {
    # One pattern for all, so that what stands in a code span is left alone by the others.
    $Text -replace '`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\(([^)]+)\)', {
        $link = $_.Groups[4].Value
        $shown = $_.Groups[1].Value + $_.Groups[2].Value + $_.Groups[3].Value
        $link -like 'http*' ? "$shown ($link)" : $shown
    }
}

function Format-Paragraph([string] $Text, [int] $Indent, [int] $Hang) {
    $row = ' ' * $Indent
    $start = $true
    foreach ($word in (Remove-Markup $Text.Trim()) -split '\s+') {
        if (-not $start -and $row.Length + 1 + $word.Length -gt 80) {
            $row
            $row = ' ' * $Hang
            $start = $true
        }
        $row += $start ? $word : " $word"
        $start = $false
    }
    $row
}
