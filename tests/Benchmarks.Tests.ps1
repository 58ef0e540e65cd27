# What the benchmarks say must follow from what they measured. Nothing is measured here.

BeforeAll {
    . $PSScriptRoot/Benchmarks/figures.ps1
    . $PSScriptRoot/Benchmarks/Plot.ps1

    function Get-Turn([double[]] $Values, [double] $Cpu = 1, [long] $Errors) {
        $Values | ForEach-Object { New-Turn $_ $Cpu $Errors }
    }
}

Describe 'A figure' {
    It 'has the median of the ratios of each round, not the ratio of the medians' {
        $figure = ConvertTo-Figure echo messages/s (Get-Turn 10, 40, 30) (Get-Turn 10, 10, 30)
        $figure.Ratio | Should -Be 1
        $figure.RatioMin | Should -Be 1
        $figure.RatioMax | Should -Be 4
        $figure.Ours | Should -Be 30
        $figure.Peer | Should -Be 10
        $figure.Missed | Should -BeFalse
    }

    It 'misses <Name>' -ForEach @(
        @{ Name = 'a least ratio'; Targets = @{ LeastRatio = 1.1 } }
        @{ Name = 'a most ratio'; Targets = @{ MostRatio = 0.9 } }
        @{ Name = 'a most of CPU time'; Targets = @{ MostCpu = 1.9 } }
        @{ Name = 'a least value'; Targets = @{ Least = 101 } }
        @{ Name = 'a most value'; Targets = @{ Most = 99 } }
    ) {
        (ConvertTo-Figure echo messages/s (Get-Turn 100 2) (Get-Turn 100 1) @Targets).Missed | Should -BeTrue
    }

    It 'meets a target that is just reached' {
        $targets = @{ LeastRatio = 1; MostRatio = 1; MostCpu = 2; Least = 100; Most = 100 }
        $figure = ConvertTo-Figure echo messages/s (Get-Turn 100 2) (Get-Turn 100 1) @targets
        $figure.Missed | Should -BeFalse
        $figure.Target | Should -Be 'ratio >= 1, ratio <= 1, cpu <= 2, >= 100, <= 100'
    }

    It 'is missed without a target when there were errors' {
        $figure = ConvertTo-Figure echo messages/s (Get-Turn 100 -Errors 2) (Get-Turn 100)
        $figure.Missed | Should -BeTrue
        $figure.Note | Should -Be '2 errors'
    }

    It 'names the errors of a peer, which count where there is a target' {
        $context = ConvertTo-Figure echo messages/s (Get-Turn 100) (Get-Turn 1 -Errors 3)
        $context.Missed | Should -BeFalse
        $context.Note | Should -Be '3 errors of the peer'
        (ConvertTo-Figure echo messages/s (Get-Turn 100) (Get-Turn 1 -Errors 3) -LeastRatio 1).Missed | Should -BeTrue
    }

    It 'is missed when a target has nothing to be compared with' {
        (ConvertTo-Figure echo messages/s (Get-Turn 100) @() -MostRatio 1).Missed | Should -BeTrue
    }

    It 'shows in a table with its range and its mark' {
        $turns = (Get-Turn 1000, 3000, 2000), (Get-Turn 1000, 1000, 1000)
        $figure = ConvertTo-Figure echo messages/s @turns -Against nginx -LeastRatio 9
        $figure | ConvertTo-Table |
            Should -Match 'echo\s+messages/s\s+2,000\s+1,000\s+nginx\s+2.00 \(1.00..3.00\).*ratio >= 9\s+MISSED'
    }
}

Describe 'A number' {
    It 'is written <Text>' -ForEach @(
        @{ Number = 1234567.8; Text = '1,234,568' }
        @{ Number = 12.34; Text = '12.3' }
        @{ Number = 1.234; Text = '1.23' }
        @{ Number = 0.00214; Text = '0.0021' }
        @{ Number = 0; Text = '0.00' }
        @{ Number = $null; Text = '' }
    ) {
        Format-Number $Number | Should -Be $Text
    }
}

Describe 'A plot' {
    It 'is SVG that puts powers of ten at equal distances' {
        $points = 1, 10, 100 | ForEach-Object { @{ X = $_; Y = $_ * 10; Least = $_ * 5; Most = $_ * 20 } }
        $svg = [xml] (ConvertTo-Plot 'Cost <of> work' connections 'µs' @{ Name = 'Ours & more'; Points = $points })
        $svg.svg.title | Should -Be 'Cost <of> work'
        $x = @($svg.svg.circle.cx | ForEach-Object { [double]::Parse($_, $culture) })
        $y = @($svg.svg.circle.cy | ForEach-Object { [double]::Parse($_, $culture) })
        ($x[1] - $x[0]) | Should -BeGreaterThan 0
        ($x[2] - $x[1]) | Should -Be ($x[1] - $x[0])
        ($y[1] - $y[0]) | Should -BeLessThan 0
        [Math]::Abs(($y[2] - $y[1]) - ($y[1] - $y[0])) | Should -BeLessThan 0.3
    }

    It 'has ticks around everything from <Least> to <Most>' -ForEach @(
        @{ Least = 1; Most = 10000; Ticks = 1, 10, 100, 1000, 10000 }
        @{ Least = 7; Most = 36; Ticks = 5, 10, 20, 50 }
        @{ Least = 0.12; Most = 0.13; Ticks = 0.1, 0.2 }
        @{ Least = 5; Most = 5; Ticks = 5, 10 }
    ) {
        $ticks = @(Get-Tick $Least, $Most | ForEach-Object { [Math]::Round($_, 6) })
        $ticks | Should -Be $Ticks
    }
}

Describe 'The page' {
    BeforeAll {
        $results = New-Item TestDrive:/results -ItemType Directory
        foreach ($area in 'Tcp', 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies') {
            $figures = @(
                if ($area -eq 'Tcp') {
                    foreach ($count in 1, 10) {
                        $turns = (Get-Turn 100 2), (Get-Turn 100 1)
                        ConvertTo-Figure "echo 64 B x $count" messages/s @turns -Against 'epoll in C'
                    }
                    ConvertTo-Figure 'known' messages/s (Get-Turn 50) (Get-Turn 100) -Against 'a | b' -LeastRatio 0.9
                    ConvertTo-Figure 'unknown' messages/s (Get-Turn 50) (Get-Turn 100) -LeastRatio 0.9
                }
                else { ConvertTo-Figure "figure of $area" ms (Get-Turn 5) @() }
            )
            @{
                Area = $area; Time = '2026-01-02T03:04:05Z'; Module = '1.2.3'; Rounds = 5; Seconds = 3; Others = 1.5
                Machine = [ordered]@{
                    Processor = 'Z80'; Cores = 1; System = 'CP/M'; Kernel = '6.1'
                    PowerShell = '7.4.1'; DotNet = '8.0.1'
                }
                Tools   = @{ nginx = '1.22.1' }
                Missing = $area -eq 'Http' ? @{ caddy = 'caddy' } : @{}
                Figures = $figures
            } | ConvertTo-Json -Depth 10 | Set-Content "$results/$($area.ToLowerInvariant()).json"
        }
        Set-Content TestDrive:/remarks.txt '# A comment', 'Tcp: known = The moon was full.'
        $docs = New-Item TestDrive:/docs -ItemType Directory
        $page = @{ Results = $results; Docs = $docs; Remarks = 'TestDrive:/remarks.txt' }
        & $PSScriptRoot/Benchmarks/Page.ps1 @page 6> $null
        $text = Get-Content $docs/benchmarks.md -Raw
    }

    It 'has the machine, the versions and what was left out' {
        $text | Should -Match 'PSNetLab 1.2.3'
        $text | Should -Match 'Z80, 1 cores \|(.|\n)*CP/M, Linux 6.1'
        $text | Should -Match 'nginx 1.22.1'
        $text | Should -Match 'figures that need caddy, which is not installed'
    }

    It 'has every figure of every area, with the day and the noise' {
        foreach ($area in 'Udp', 'Http', 'HttpRoutes', 'Sockets', 'Startup', 'Pipeline', 'Checks', 'Proxies') {
            $text | Should -Match "\| figure of $area \| ms \| 5.00 \|"
        }
        $text | Should -Match '2026-01-02 03:04 UTC, 5 rounds of 3 s\.\s+Other processes used 1\.5 %'
        $text | Should -Match ([regex]::Escape('| known | messages/s | 50.0 | 100 | a \| b | 0.50 |'))
    }

    It 'gives the reason of a missed target, or says that there is none' {
        $text | Should -Match '\*\*Tcp: known\*\*.*ratio 0\.50.*target ratio >= 0\.9\. The moon was full\.'
        $text | Should -Match '\*\*Tcp: unknown\*\*.*Not looked into yet\.'
    }

    It 'has a plot of what was measured at several sizes, and none of what was not' {
        $text | Should -Match '!\[[^]]+\]\(benchmarks/echo\.svg\)'
        @(([xml] (Get-Content $docs/benchmarks/echo.svg -Raw)).svg.circle).Count | Should -Be 4
        $text | Should -Not -Match 'sockets\.svg'
    }

    It 'refuses results of two machines' {
        $other = Get-Content $results/udp.json -Raw | ConvertFrom-Json -AsHashtable
        $other.Machine.Cores = 64
        $other | ConvertTo-Json -Depth 10 | Set-Content $results/udp.json
        { & $PSScriptRoot/Benchmarks/Page.ps1 @page } | Should -Throw '*differ in their Machine*'
    }
}

Describe 'The harness' -Skip:(-not $IsLinux) {
    BeforeAll {
        . $PSScriptRoot/Benchmarks/common.ps1
        $bench = [pscustomobject]@{ Tools = [ordered]@{}; Missing = [ordered]@{}; Rounds = 2; Figure = '*' }
    }

    It 'names a tool that is not there, with its package, and notes the version of one that is' {
        Test-Peer $bench no-such-tool some-package { throw } 6>&1 | Select-Object -First 1 |
            Should -BeLike '*no-such-tool*apt install some-package'
        $bench.Missing['no-such-tool'] | Should -Be some-package
        Test-Peer $bench bash bash { bash --version } | Should -BeTrue
        $bench.Tools.bash | Should -Match '^\d+\.\d+'
    }

    It 'counts the processor time of a server''s children' {
        $burn = 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
        $process = Start-Program bash '-c', "bash -c 'while :; do :; done' & ($burn); echo PORT 1; wait"
        try {
            $null = Read-Line $process '^PORT (\d+)$'
            $before = Get-CpuSecond $process
            $deadline = [DateTime]::UtcNow.AddSeconds(30)
            while ((Get-CpuSecond $process) -lt $before + 0.1 -and [DateTime]::UtcNow -lt $deadline) {
                Start-Sleep -Milliseconds 20
            }
            Get-CpuSecond $process | Should -BeGreaterOrEqual ($before + 0.1)
            @(Get-ProcessTree $process.Id).Count | Should -Be 2
        }
        finally { $process.Kill($true) }
    }

    It 'gives every side its turn in every round, after one that does not count' {
        $order = [Collections.Generic.List[string]]::new()
        $starts = [ordered]@{
            Ours = { New-Server (Start-Program cat) 1 -Ours }
            Peer = { New-Server (Start-Program sleep 60) 2 }
        }
        $sides = Measure-Server $bench $starts {
            param($Server)
            $order.Add($Server.Port)
            @{ Rate = $Server.Port * 10; Count = 1; Errors = 0; Raw = $null }
        }
        $order -join ' ' | Should -Be '1 2 1 2 1 2'
        $sides.Ours.Value | Should -Be 10, 10
        $sides.Peer.Value | Should -Be 20, 20
    }

    It 'reports a figure with an error as missed' {
        $figure = Measure-Figure $bench broken { throw 'no luck' } 6> $null
        $figure.Missed | Should -BeTrue
        $figure.Note | Should -Be 'failed: no luck'
    }

    It 'stops a server that fails to start' {
        { Start-Tool false { param($Port) $Port } } | Should -Throw 'false ended with 1 before it listened on port *'
    }
}
