<#
.SYNOPSIS
Reports every place where help pages, cmdlets and the manifest's export list disagree; fails if there is one.
#>
param([string] $ModulePath, [string] $DocsPath)

$ErrorActionPreference = 'Stop'
$ModulePath = Convert-Path $ModulePath
$manifest = Import-PowerShellDataFile (Join-Path $ModulePath PSNetLab.psd1)
# The bare assembly, because the manifest would hide a cmdlet it forgot to export.
$cmdlets = (Import-Module (Join-Path $ModulePath PSNetLab.dll) -PassThru).ExportedCmdlets
$pages = @(Get-ChildItem $DocsPath/*.md)
$maml = Join-Path $ModulePath en-US PSNetLab.dll-Help.xml

function Get-Missing($From, $In) {
    $From | Where-Object { $_ -notin $In }
}

function Get-Mismatch {
    foreach ($name in Get-Missing $cmdlets.Keys $manifest.CmdletsToExport) {
        "${name}: a cmdlet that PSNetLab.psd1 does not export"
    }
    foreach ($name in Get-Missing $manifest.CmdletsToExport $cmdlets.Keys) {
        "${name}: exported by PSNetLab.psd1, but no such cmdlet"
    }
    foreach ($name in Get-Missing $cmdlets.Keys $pages.BaseName) {
        "${name}: no page $name.md"
    }
    foreach ($page in $pages) {
        $text = Get-Content $page -Raw
        if ($text -match '\{\{ ?(Add|Fill|Insert|Please|Update)\b.*') { "$($page.Name): placeholder $($Matches[0])" }

        if ($page.BaseName -like 'about_*') {
            if ($text -notmatch "(?m)^# $($page.BaseName)$") { "$($page.Name): its heading is not '# $($page.BaseName)'" }
        }
        elseif ($page.BaseName -in $cmdlets.Keys) { Get-PageMismatch $cmdlets[$page.BaseName] $text }
        else { "$($page.Name): no cmdlet $($page.BaseName)" }
    }
}

function Get-PageMismatch($Cmdlet, $Text) {
    $documented = [regex]::Matches($Text, '(?m)^### -(\w+)').ForEach{ $_.Groups[1].Value }
    $real = Get-Missing $Cmdlet.Parameters.Keys ([System.Management.Automation.Cmdlet]::CommonParameters)
    foreach ($name in Get-Missing $real $documented) { "$Cmdlet.md: does not document -$name" }
    foreach ($name in Get-Missing $documented $real) { "$Cmdlet.md: documents -$name, which the cmdlet does not have" }
    if ($Text -notmatch '(?m)^### Example') { "$Cmdlet.md: has no example" }
    # Without a page of its own Get-Help makes one up, which has no description.
    if ((Test-Path $maml) -and -not (Get-Help $Cmdlet.Name).Description) { "${Cmdlet}: Get-Help does not find its page" }
}

$mismatches = @(Get-Mismatch)
$mismatches
if ($mismatches) { exit 1 }
