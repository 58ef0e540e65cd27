# PSNetLab.dll-Help.xml, which Get-Help reads, from the markdown in docs/en-US. It is in the repository, because it takes
# PlatyPS to make it, which a machine may not have.

$mamlPath = Join-Path $docsPath PSNetLab.dll-Help.xml
$mamlNames = @{
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}

# The text of the file as the pages want it now, the same on every machine.
function Get-Maml([string] $PlatyPS) {
    Import-Module $PlatyPS
    $pages = @(Get-ChildItem $docsPath/*-*.md -Exclude about_*).FullName
    [array]::Sort($pages, [StringComparer]::Ordinal)
    $commands = @(Import-MarkdownCommandHelp -Path $pages)
    $folder = Join-Path ([IO.Path]::GetTempPath()) "maml-$([guid]::NewGuid())"
    try {
        # PlatyPS makes a folder named after the module.
        $made = $commands | Export-MamlCommandHelp -OutputFolder $folder
        # And puts a control character where it wants an empty line.
        [xml] $maml = (Get-Content $made -Raw) -replace '&#x80;', ''
    }
    finally { Remove-Item $folder -Recurse -ErrorAction Ignore }
    foreach ($command in $commands) {
        Add-DefaultValue $maml $command
        Set-Example $maml $command
    }

    $text = [IO.StringWriter]::new()
    $settings = [Xml.XmlWriterSettings] @{ Indent = $true; NewLineChars = "`n"; OmitXmlDeclaration = $true }
    $writer = [Xml.XmlWriter]::Create($text, $settings)
    $maml.Save($writer)
    $writer.Dispose()
    "<?xml version=`"1.0`" encoding=`"utf-8`"?>`n$text`n"
}

# PlatyPS (1.0.3) reads the default values of the pages, but does not write them.
function Add-DefaultValue([xml] $Maml, $Command) {
    $parameters = "//command:command[command:details/command:name='$($Command.Title)']/command:parameters/*"
    foreach ($parameter in $Command.Parameters | Where-Object DefaultValue) {
        $type = (Select-Xml "$parameters[maml:name='$($parameter.Name)']/dev:type" $Maml -Namespace $mamlNames).Node
        $value = $Maml.CreateElement('dev', 'defaultValue', $mamlNames.dev)
        $value.InnerText = $parameter.DefaultValue
        $null = $type.ParentNode.InsertAfter($value, $type)
    }
}

# PlatyPS leaves an example as one text with its fences. Here the first block is the code; what it prints, and what is said
# of it, are the remarks.
function Set-Example([xml] $Maml, $Command) {
    $examples = "//command:command[command:details/command:name='$($Command.Title)']/command:examples/command:example"
    $nodes = @((Select-Xml $examples $Maml -Namespace $mamlNames).Node)
    foreach ($index in 0..($nodes.Count - 1)) {
        $text = $Command.Examples[$index].Remarks -replace '\r'
        if ($text -notmatch '(?s)\A\s*```\w*\n(?<code>.*?)\n```(?<rest>.*)\z') {
            throw "$($Command.Title): example $($index + 1) does not begin with a block of code."
        }
        $introduction, $code, $remarks = 'maml:introduction', 'dev:code', 'dev:remarks' | ForEach-Object {
            (Select-Xml $_ $nodes[$index] -Namespace $mamlNames).Node
        }
        $introduction.IsEmpty = $true
        $code.InnerText = $Matches.code
        $rest = $Matches.rest
        foreach ($part in [regex]::Matches($rest, '(?s)```\w*\n(?<block>.*?)\n```|(?<text>\S.*?)(?=\n\n|\n```|\s*\z)')) {
            $paragraph = $Maml.CreateElement('maml', 'para', $mamlNames.maml)
            $paragraph.InnerText = $part.Groups['block'].Success ? $part.Groups['block'].Value : $part.Groups['text'].Value
            $null = $remarks.AppendChild($paragraph)
        }
        # So that the next title stands apart.
        $null = $remarks.AppendChild($Maml.CreateElement('maml', 'para', $mamlNames.maml))
    }
}
