# One plot as SVG: both axes logarithmic, a line and a range for each series, for light and dark pages.

$culture = [cultureinfo]::InvariantCulture

function Format-Tick([double] $Value) {
    $Value -ge 1000 ? $Value.ToString('#,0', $culture) : $Value.ToString('0.######', $culture)
}

# Powers of ten around the values; if these are fewer than three, also 2 and 5 times each.
function Get-Tick([double[]] $Values) {
    $least = [Linq.Enumerable]::Min($Values)
    $most = [Linq.Enumerable]::Max($Values)
    $from = [Math]::Floor([Math]::Log10($least))
    $to = [Math]::Ceiling([Math]::Log10($most))
    $steps = $to - $from -le 2 ? @(1, 2, 5) : @(1)
    $ticks = foreach ($power in $from..$to) { foreach ($step in $steps) { $step * [Math]::Pow(10, $power) } }
    # From the last tick below all values to the first one above them.
    $first = @($ticks | Where-Object { $_ -le $least * 1.000001 })[-1]
    $last = @($ticks | Where-Object { $_ -ge $most * 0.999999 })[0]
    $ticks | Where-Object { $_ -ge $first -and $_ -le $last }
}

function Get-Position([double] $Value, [double[]] $Ticks, [double] $Start, [double] $End) {
    $part = [Math]::Log($Value / $Ticks[0]) / [Math]::Log($Ticks[-1] / $Ticks[0])
    [Math]::Round($Start + $part * ($End - $Start), 1)
}

# A series has a Name and Points; a point has X, Y, and the Least and Most of its rounds.
function ConvertTo-Plot([string] $Title, [string] $XLabel, [string] $YLabel, [object[]] $Series) {
    $left, $right, $top, $bottom = 72, 528, 64, 268
    $points = @($Series.Points)
    $xTicks = @(Get-Tick $points.X)
    $yTicks = @(Get-Tick ($points.Least + $points.Most))
    $title, $xLabel, $yLabel = $Title, $XLabel, $YLabel | ForEach-Object { [Security.SecurityElement]::Escape($_) }
    $lines = @(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 320" width="560" height="320" role="img"'
        ' font-family="system-ui, sans-serif" font-size="12">'
        "<title>$title</title>"
        '<style>'
        'text { fill: #59636e } .title { fill: #1f2328; font-size: 14px; font-weight: 600 } .grid { stroke: #d1d9e0 }'
        '.a { color: #0969da } .b { color: #bc4c00 }'
        'circle { fill: currentColor } path { fill: none; stroke: currentColor }'
        '.line { stroke-width: 2 } .b.line { stroke-dasharray: 6 3 } .range { stroke-width: 6; opacity: .3 }'
        '@media (prefers-color-scheme: dark) {'
        'text { fill: #9198a1 } .title { fill: #f0f6fc } .grid { stroke: #3d444d }'
        '.a { color: #4493f8 } .b { color: #f0883e }'
        '}'
        '</style>'
        "<text class=`"title`" x=`"$left`" y=`"20`">$title</text>"
        "<text x=`"$(($left + $right) / 2)`" y=`"308`" text-anchor=`"middle`">$xLabel</text>"
        "<text transform=`"translate(14 $(($top + $bottom) / 2)) rotate(-90)`" text-anchor=`"middle`">$yLabel</text>"
        foreach ($tick in $xTicks) {
            $x = Get-Position $tick $xTicks $left $right
            "<line class=`"grid`" x1=`"$x`" y1=`"$top`" x2=`"$x`" y2=`"$bottom`"/>"
            "<text x=`"$x`" y=`"$($bottom + 18)`" text-anchor=`"middle`">$(Format-Tick $tick)</text>"
        }
        foreach ($tick in $yTicks) {
            $y = Get-Position $tick $yTicks $bottom $top
            "<line class=`"grid`" x1=`"$left`" y1=`"$y`" x2=`"$right`" y2=`"$y`"/>"
            "<text x=`"$($left - 8)`" y=`"$($y + 4)`" text-anchor=`"end`">$(Format-Tick $tick)</text>"
        }
        $legend = $left
        foreach ($index in 0..($Series.Count - 1)) {
            $one = $Series[$index]
            $class = 'a', 'b' | Select-Object -Index $index
            $name = [Security.SecurityElement]::Escape($one.Name)
            "<path class=`"$class line`" d=`"M$legend 42h24`"/><text x=`"$($legend + 30)`" y=`"46`">$name</text>"
            $legend += 60 + 7 * $one.Name.Length
            $path = foreach ($point in $one.Points | Sort-Object { $_.X }) {
                $x = Get-Position $point.X $xTicks $left $right
                $y, $low, $high = $point.Y, $point.Least, $point.Most |
                    ForEach-Object { Get-Position $_ $yTicks $bottom $top }
                "<path class=`"$class range`" d=`"M$x ${low}V$high`"/>"
                "<circle class=`"$class`" cx=`"$x`" cy=`"$y`" r=`"3`"/>"
                "$x $y"
            }
            $path -match '^<'
            "<path class=`"$class line`" d=`"M$(($path -notmatch '^<') -join 'L')`"/>"
        }
        '</svg>'
    )
    $lines -join "`n"
}
