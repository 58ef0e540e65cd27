<#
.SYNOPSIS
Imports PSNetLab for the other examples.

.DESCRIPTION
Takes the module that is imported already, the newest build in a clone of the repository, or the one that is installed.
#>
#Requires -Version 7.4
param()

if (Get-Module PSNetLab) { return }
$newest = Join-Path $PSScriptRoot .. .. output PSNetLab | Get-ChildItem -Directory -ErrorAction Ignore |
    Sort-Object { [version] $_.Name } | Select-Object -Last 1
if ($newest) { Import-Module (Join-Path $newest.FullName PSNetLab.psd1) }
elseif (Get-Module PSNetLab -ListAvailable) { Import-Module PSNetLab }
else { throw 'PSNetLab is missing. In a clone of its repository, run ./build.ps1; otherwise install it.' }
