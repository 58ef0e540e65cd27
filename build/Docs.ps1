# Get-Help's files from the markdown in docs/en-US.

$docsPath = Join-Path $PSScriptRoot .. docs en-US

function Export-Help {
    if (-not (Test-Path $docsPath)) { return }
    $helpPath = (New-Item (Join-Path $modulePath en-US) -ItemType Directory -Force).FullName

    foreach ($topic in Get-ChildItem $docsPath/about_*.md) {
        ConvertTo-AboutText (Get-Content $topic -Raw) | Set-Content (Join-Path $helpPath "$($topic.BaseName).help.txt")
    }

    $pages = @(Get-ChildItem $docsPath/*-*.md -Exclude about_*)
    if (-not $pages) { return }
    $platyPS = Find-BuildModule Microsoft.PowerShell.PlatyPS
    if (-not $platyPS) {
        Write-Host 'Build: Get-Help has no cmdlet pages without PlatyPS: ./build.ps1 -Task Docs tries to get it'
        return
    }
    Import-Module $platyPS
    # PlatyPS puts the file into a folder named after the module, and leaves code fences and control characters in the
    # examples, which Get-Help would show as they are.
    $commands = @(Import-MarkdownCommandHelp -Path $pages.FullName)
    $made = $commands | Export-MamlCommandHelp -OutputFolder $helpPath -Force
    [xml] $maml = (Get-Content $made -Raw) -replace '```\w*\r?\n|\r?\n```' -replace '&#x80;', '&#x200B;'
    Add-DefaultValue $maml $commands
    $maml.Save((Join-Path $helpPath $made.Name))
    Remove-Item $made.Directory -Recurse
}

# PlatyPS (1.0.3) reads the default values of the pages, but does not write them.
function Add-DefaultValue([xml] $Maml, $Commands) {
    $namespaces = @{
        command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
        maml    = 'http://schemas.microsoft.com/maml/2004/10'
        dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
    }
    foreach ($command in $Commands) {
        $parameters = "//command:command[command:details/command:name='$($command.Title)']/command:parameters/*"
        foreach ($parameter in $command.Parameters | Where-Object DefaultValue) {
            $type = (Select-Xml "$parameters[maml:name='$($parameter.Name)']/dev:type" $Maml -Namespace $namespaces).Node
            $value = $Maml.CreateElement('dev', 'defaultValue', $namespaces.dev)
            $value.InnerText = $parameter.DefaultValue
            $null = $type.ParentNode.InsertAfter($value, $type)
        }
    }
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
