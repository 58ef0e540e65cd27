# What objects are in files: JSON and CSV, the same in every language, with no cell that names a type and nothing cut off.

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/tls.ps1
    . $PSScriptRoot/objects.ps1
}

Describe 'The CSV of every object in <_>' -ForEach 'de-DE', 'ar-SA' {
    BeforeAll {
        $folder = (New-Item $TestDrive/$_ -ItemType Directory).FullName
        Invoke-PowerShell -Command @"
            `$ErrorActionPreference = 'Stop'
            . '$PSScriptRoot/common.ps1'; . '$PSScriptRoot/tls.ps1'; . '$PSScriptRoot/objects.ps1'
            Export-ObjectSample '$folder' $_
"@ | Should -BeNullOrEmpty
        $cells = Get-Content $folder/texts.json | ConvertFrom-Json -DateKind String
    }

    It 'is that of an object of each type' {
        $types = $cells.Name -replace '\..*' | Select-Object -Unique
        # Only Linux tells what it knows of a TCP connection.
        (Get-ObjectType).Name.Where{ $_ -notin $types -and ($IsLinux -or $_ -ne 'TcpInfo') } | Should -BeNullOrEmpty
    }

    It 'has times in ISO 8601 with their offset' {
        $times = $cells.Where{ $_.Type -in 'DateTime', 'DateTimeOffset' }
        $times.Count | Should -BeGreaterThan 20
        foreach ($cell in $times) {
            $cell.Text | Should -Match '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?([+-]\d\d:\d\d|Z)$' -Because $cell.Name
            [datetime]::Parse($cell.Text, [cultureinfo]::InvariantCulture).Year | Should -BeIn ([datetime]::Now.AddDays(-9).Year..[datetime]::Now.Year) -Because $cell.Name
        }
    }

    It 'has numbers with a point and a hyphen' {
        $numbers = $cells.Where{ $_.Type -in 'Double', 'Single', 'Decimal', 'Int32', 'Int64', 'UInt32', 'UInt64' }
        $numbers.Text -like '*.*' | Should -Not -BeNullOrEmpty
        $numbers.Text -like '-*' | Should -Not -BeNullOrEmpty
        foreach ($cell in $numbers) { $cell.Text | Should -MatchExactly '^-?[0-9]+(\.[0-9]+)?(E-[0-9]+)?$' -Because $cell.Name }
    }

    It 'has bytes in hexadecimal' {
        foreach ($cell in $cells.Where{ $_.Type -eq 'Byte[]' }) { $cell.Text | Should -Match '^([0-9A-F]{2})*$' -Because $cell.Name }
    }

    It 'has no type in place of a value, and no number of the language in a text' {
        foreach ($cell in $cells) {
            $cell.Text | Should -Not -Match '^(System|PSNetLab)\.[\w.]+' -Because $cell.Name
            $cell.Text | Should -Not -Match '\d,\d+ (ms|s|%)' -Because $cell.Name
        }
    }

    It 'is the same of a copy' {
        foreach ($cell in $cells) { $cell.Copy | Should -BeExactly $cell.Text -Because $cell.Name }
    }
}

Describe 'The properties of every object' {
    It 'show no value whose text is that of a language, or the name of its type' {
        $bare = [double], [float], [decimal], [datetime], [DateTimeOffset], [timespan]
        $own = (Get-ObjectType).GetProperties([Reflection.BindingFlags] 'Public, Instance, DeclaredOnly').Where{
            -not $_.IsDefined([Management.Automation.HiddenAttribute], $false)
        }
        $own.Count | Should -BeGreaterThan 300
        foreach ($property in $own) {
            $type = [Nullable]::GetUnderlyingType($property.PropertyType) ?? $property.PropertyType
            $reason = "$($property.DeclaringType.Name).$($property.Name) is to go through FileValue or TextList"
            $bare | Should -Not -Contain $type -Because $reason
            $isList = $type.IsArray -or ($type -ne [string] -and $type.IsAssignableTo([Collections.IEnumerable]))
            $isList -and $type.Namespace -ne 'PSNetLab' | Should -BeFalse -Because $reason
        }
    }
}

Describe 'The JSON of every object' {
    It 'is whole at the depth that ConvertTo-Json has by itself, and that of a job one deeper' {
        $samples = New-ObjectSample (New-Item $TestDrive/json -ItemType Directory).FullName
        foreach ($name in $samples.Keys) {
            # A job has lists of what is open.
            $depth = $samples[$name] -is [Management.Automation.Job] ? 3 : 2
            $json = ConvertTo-Json $samples[$name] -Depth $depth -WarningVariable warnings -WarningAction SilentlyContinue
            $warnings | Should -BeNullOrEmpty -Because $name
            $json | ConvertFrom-Json | Should -Not -BeNullOrEmpty
        }
    }

    AfterAll {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }
}
