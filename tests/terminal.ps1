# For the tests at a terminal: BeforeAll { . $PSScriptRoot/common.ps1; . $PSScriptRoot/terminal.ps1 }

# A PowerShell at the terminal of a tmux of its own.
class Terminal {
    hidden [string] $Socket
    hidden [string[]] $Session

    Terminal([int] $columns, [int] $lines, [string[]] $command, [string] $folder) {
        $quoted = ($command | ForEach-Object { "'$_'" }) -join ' '
        $this.Socket = Join-Path $folder tmux
        $this.Session = '-f', '/dev/null', 'new-session', '-d', '-x', $columns, '-y', $lines, '-c', $folder, $quoted
        $this.Start()
    }

    hidden [void] Start() {
        # A window without a status line has all the lines; what a program writes to the clipboard becomes a buffer.
        $this.Tmux($this.Session + @(';', 'set', '-g', 'status', 'off', ';', 'set', '-g', 'set-clipboard', 'on'))
        $this.Shows('PS>', 60)
    }

    [string[]] Tmux([string[]] $arguments) {
        $said = & tmux -u -S $this.Socket @arguments 2>&1
        if ($LASTEXITCODE) { throw "tmux $arguments`: $said" }
        return @($said | ForEach-Object ToString)
    }

    # Types a text as it is, and then presses keys by the names that tmux has for them.
    [void] Press([string] $text) { $this.Press($text, @()) }
    [void] Press([string] $text, [string[]] $keys) {
        if ($text) { $null = $this.Tmux(@('send-keys', '-l', '--', $text)) }
        if ($keys) { $null = $this.Tmux(@('send-keys') + $keys) }
    }

    [void] Paste([string] $text) {
        $file = New-TemporaryFile
        try {
            [IO.File]::WriteAllText($file, $text)
            $null = $this.Tmux(@('load-buffer', '-b', 'paste', "$file", ';', 'paste-buffer', '-d', '-b', 'paste'))
        }
        finally { Remove-Item $file }
    }

    [void] Resize([int] $columns, [int] $lines) { $null = $this.Tmux(@('resize-window', '-x', $columns, '-y', $lines)) }

    # The rows of the screen, without empty ones at the end.
    [string[]] Screen() { return ($this.Tmux(@('capture-pane', '-p')) -join "`n").TrimEnd() -split "`n" }

    [string] Cursor() { return $this.Tmux(@('display-message', '-p', '#{cursor_x},#{cursor_y}')) }

    # Waits until the last rows of the screen are like these patterns.
    [void] Shows([string[]] $last) { $this.Shows($last, 30) }
    [void] Shows([string[]] $last, [double] $timeoutSec) {
        $clock = [Diagnostics.Stopwatch]::StartNew()
        while ($true) {
            $rows = $this.Screen()
            $end = @($rows | Select-Object -Last $last.Count)
            $isSo = $end.Count -eq $last.Count
            for ($i = 0; $isSo -and $i -lt $last.Count; $i++) { $isSo = $end[$i].TrimEnd() -clike $last[$i] }
            if ($isSo) { return }
            if ($clock.Elapsed.TotalSeconds -gt $timeoutSec) {
                throw "The terminal does not end with`n$($last -join "`n")`nbut shows`n$($rows -join "`n")"
            }
            Start-Sleep -Milliseconds 20
        }
    }

    [void] Stop() {
        try { $null = $this.Tmux(@('kill-server')) }
        catch { Write-Verbose "The terminal has already ended: $_" }
    }

    [void] Restart() {
        $this.Stop()
        $this.Start()
    }
}

# PowerShell at its prompt, which is 'PS>', with the module imported.
function Start-Terminal([int] $Columns = 80, [int] $Lines = 24, [string] $Folder = $TestDrive, [string] $Setup = '') {
    $begin = "function prompt { 'PS> ' }; Import-Module $modulePath/PSNetLab.psd1; Set-PSReadLineOption -PredictionSource None; $Setup; Clear-Host"
    $encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($begin))
    [Terminal]::new($Columns, $Lines, @(Get-PowerShellCommand) + @('-NoProfile', '-NoExit', '-EncodedCommand', $encoded), $Folder)
}
