# The MediaTypes task: the media types of file names, anew from mime-db, a package that npm has.

function Invoke-MediaTypes {
    [Diagnostics.CodeAnalysis.SuppressMessage('PSUseSingularNouns', '', Justification = 'Named after the task.')]
    param()

    if (-not (Get-Command npm -CommandType Application -ErrorAction Ignore)) {
        throw 'npm is missing: install Node.js with npm, then try again.'
    }
    $root = Split-Path $PSScriptRoot
    $folder = (New-Item (Join-Path $root .tools mime-db) -ItemType Directory -Force).FullName
    npm install mime-db@latest --prefix $folder --no-save --ignore-scripts --no-audit --no-fund --loglevel error | Out-Host
    $package = Join-Path $folder node_modules mime-db
    $version = (Get-Content (Join-Path $package package.json) -Raw | ConvertFrom-Json).version
    $database = Get-Content (Join-Path $package db.json) -Raw | ConvertFrom-Json -AsHashtable

    $list = Join-Path $root src PSNetLab.Engine MediaTypes mime-db.txt
    Write-Host "MediaTypes: mime-db $version into $list"
    @("# mime-db ${version}: ./build.ps1 -Task MediaTypes makes this list; additions.txt is the one to edit."
        Get-MediaTypeLine $database) | Set-Content $list

    $notices = Join-Path $root THIRD-PARTY-NOTICES.txt
    $text = (Get-Content $notices -Raw) -replace '(?m)^mime-db [\d.]+(?=:)', "mime-db $version"
    Set-Content $notices $text -NoNewline
    $license = (Get-Content (Join-Path $package LICENSE) -Raw).Trim() -replace '\r'
    if (-not ($text -replace '\r').Contains($license)) { Write-Warning "$notices has not the license that is in $package." }
}

# The part of mime-db that a file server needs: a line for each media type, with its extensions. A '+' before the type says
# that compressing it is worth while.
function Get-MediaTypeLine([hashtable] $Database) {
    $types = @{}
    foreach ($type in $Database.Keys) {
        foreach ($extension in $Database[$type]['extensions']) {
            $best = $types[$extension]
            if (-not $best -or (Get-MediaTypeRank $type $Database) -ge (Get-MediaTypeRank $best $Database)) {
                $types[$extension] = $type
            }
        }
    }
    [string[]] $lines = $types.GetEnumerator() | Group-Object Value | ForEach-Object {
        [string[]] $extensions = $_.Group.Key
        [array]::Sort($extensions, [StringComparer]::Ordinal)
        $mark = $Database[$_.Name]['compressible'] ? '+' : ''
        "$mark$($_.Name) .$($extensions -join ' .')"
    }
    [array]::Sort($lines, [StringComparer]::Ordinal)
    $lines
}

# An extension may have several types: the best known source wins, then the more telling name, then the shorter one. What is
# registered comes first, then what mime-db's own maintainers add.
function Get-MediaTypeRank([string] $Type, [hashtable] $Database) {
    $source = [array]::IndexOf(@('nginx', 'apache', $null, 'iana'), $Database[$Type]['source'])
    $isTelling = $Type -notlike 'application/*'
    $isPublic = $Type -notmatch '/(vnd\.|x-)'
    (($source * 2 + [int] $isTelling) * 2 + [int] $isPublic) * 1000 - $Type.Length
}
