# Computes figures from the turns of two sides, and formats them as a table. Measures nothing itself.

$culture = [cultureinfo]::InvariantCulture

# The result of one side in one round. Cpu is in microseconds for one unit of work; $null if that has no meaning.
function New-Turn([double] $Value, $Cpu, [long] $Errors, $Raw) {
    [pscustomobject]@{ Value = $Value; Cpu = $Cpu; Errors = $Errors; Raw = $Raw }
}

function Get-Median($Values) {
    $sorted = @($Values | Where-Object { $null -ne $_ } | Sort-Object)
    if ($sorted.Count -eq 0) { return $null }
    $middle = [Math]::Floor($sorted.Count / 2)
    $sorted.Count % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2
}

function Get-Sum($Values) { [Linq.Enumerable]::Sum([long[]] @($Values)) }

# Each ratio is computed within one round, because the machine may have been slower in another.
function ConvertTo-Figure {
    [CmdletBinding()]
    param(
        [string] $Name,
        [string] $Unit,
        [object[]] $Ours,
        [object[]] $Peer,
        # The name of the peer.
        [string] $Against,
        [double] $LeastRatio,
        [double] $MostRatio,
        [double] $MostCpu,
        [double] $Least = [double]::NaN,
        [double] $Most = [double]::NaN,
        [string] $Note
    )
    $turns = [Math]::Min($Ours.Count, $Peer.Count)
    $indexes = $turns ? 0..($turns - 1) : @()
    $ratios = @($indexes | Where-Object { $Peer[$_].Value } | ForEach-Object { $Ours[$_].Value / $Peer[$_].Value })
    $cpus = @($indexes | Where-Object { $Peer[$_].Cpu } | ForEach-Object { $Ours[$_].Cpu / $Peer[$_].Cpu })
    $value = Get-Median ($Ours | ForEach-Object Value)
    $ratio = Get-Median $ratios
    $cpu = Get-Median $cpus
    $errors = Get-Sum ($Ours | ForEach-Object Errors)
    $peerErrors = Get-Sum ($Peer | ForEach-Object Errors)
    $targets = @(
        if ($LeastRatio) { [pscustomobject]@{ Text = "ratio >= $LeastRatio"; Met = $ratio -ge $LeastRatio } }
        if ($MostRatio) {
            [pscustomobject]@{ Text = "ratio <= $MostRatio"; Met = $null -ne $ratio -and $ratio -le $MostRatio }
        }
        if ($MostCpu) { [pscustomobject]@{ Text = "cpu <= $MostCpu"; Met = $null -ne $cpu -and $cpu -le $MostCpu } }
        if ($Least -eq $Least) { [pscustomobject]@{ Text = ">= $Least"; Met = $value -ge $Least } }
        if ($Most -eq $Most) { [pscustomobject]@{ Text = "<= $Most"; Met = $null -ne $value -and $value -le $Most } }
    )
    # Any error makes a figure worthless, however fast it is.
    $wrong = @(
        if ($errors) { "$errors errors" }
        if ($Note) { $Note }
        if ($peerErrors -and $targets) { "$peerErrors errors of the peer" }
    )
    $notes = @($wrong; if ($peerErrors -and -not $targets) { "$peerErrors errors of the peer" })
    [pscustomobject]@{
        Figure   = $Name
        Against  = $Against
        Unit     = $Unit
        Ours     = $value
        Peer     = Get-Median ($Peer | ForEach-Object Value)
        Ratio    = $ratio
        RatioMin = $ratios | Sort-Object | Select-Object -First 1
        RatioMax = $ratios | Sort-Object | Select-Object -Last 1
        OursCpu  = Get-Median ($Ours | ForEach-Object Cpu)
        PeerCpu  = Get-Median ($Peer | ForEach-Object Cpu)
        CpuRatio = $cpu
        Target   = @($targets | ForEach-Object Text) -join ', '
        Missed   = [bool] ($wrong -or @($targets | ForEach-Object Met) -contains $false)
        Note     = $notes -join '; '
        Turns    = @{ Ours = $Ours; Peer = $Peer }
    }
}

function Format-Number($Value) {
    if ($null -eq $Value) { return '' }
    $size = [Math]::Abs($Value)
    $format = $size -ge 100 ? 'N0' : $size -ge 10 ? 'N1' : $size -ge 0.1 -or $size -eq 0 ? 'N2' : 'G2'
    ([double] $Value).ToString($format, $culture)
}

# Formats a figure, for the console and for the page.
filter ConvertTo-Row {
    $ratio = Format-Number $_.Ratio
    if ($ratio -and $_.RatioMin -ne $_.RatioMax) {
        $ratio += ' ({0}..{1})' -f (Format-Number $_.RatioMin), (Format-Number $_.RatioMax)
    }
    [pscustomobject]@{
        Figure        = $_.Figure
        Unit          = $_.Unit
        Ours          = Format-Number $_.Ours
        Peer          = Format-Number $_.Peer
        Against       = $_.Against
        Ratio         = $ratio
        'CPU us ours' = Format-Number $_.OursCpu
        'CPU us peer' = Format-Number $_.PeerCpu
        'CPU ratio'   = Format-Number $_.CpuRatio
        Target        = $_.Target
        ' '           = @(if ($_.Missed) { 'MISSED' }; $_.Note) -ne '' -join ' '
    }
}

function ConvertTo-Table {
    $right = 'Ours', 'Peer', 'CPU us ours', 'CPU us peer', 'CPU ratio' |
        ForEach-Object { @{ Expression = [string] $_; Alignment = 'Right' } }
    $columns = @('Figure', 'Unit') + $right[0, 1] + 'Against', 'Ratio' + $right[2..4] + 'Target', ' '
    ($input | ConvertTo-Row | Format-Table $columns | Out-String -Width 260).TrimEnd()
}
