# How the answer of Send-HttpRequest is shown.

BeforeAll {
    . $PSScriptRoot/common.ps1

    function Get-View([string] $Text) {
        [PSNetLab.Display.HttpView]::Exchange([pscustomobject] @{ Response = [pscustomobject] @{ Text = $Text } }, 'PlainText') -split "`n"
    }
}

Describe 'The view of an answer' {
    It 'takes one pass through a text of many lines and a long body' {
        $text = "HTTP/1.1 200 OK`r`n" + "a: b`r`n" * 1000 + "`r`n" + 'x' * 16MB
        # The machine may stand still once meanwhile.
        foreach ($try in 1..3) {
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $lines = Get-View $text
            $seconds = $clock.Elapsed.TotalSeconds
            if ($seconds -lt 2) { break }
        }
        $seconds | Should -BeLessThan 2
        $lines[0..1] | Should -Be '< HTTP/1.1 200 OK', '< a: b'
        $lines[1001..1002] | Should -Be '< ', ('x' * 2000)
        $lines[1003] | Should -Be "($(16MB - 2000) more characters)"
    }

    It 'shows <What>' -ForEach @(
        @{ What = 'a head without an end'; Text = "HTTP/1.1 200 OK`r`na: b"; Lines = '< HTTP/1.1 200 OK', '< a: b' }
        @{ What = 'line ends of one character'; Text = "HTTP/1.1 200 OK`n`nx"; Lines = "< HTTP/1.1 200 OK`u{240a}", "< `u{240a}", 'x' }
        @{ What = 'no body'; Text = "HTTP/1.1 204 None`r`n`r`n"; Lines = '< HTTP/1.1 204 None', '< ' }
        @{ What = 'binary data'; Text = "HTTP/1.1 200 OK`r`n`r`na`0b"; Lines = '< HTTP/1.1 200 OK', '< ', '(3 characters of binary data)' }
    ) {
        $view = Get-View $Text
        $view[0..($view.Count - 2)] | Should -Be $Lines
    }
}
