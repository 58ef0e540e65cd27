# Script blocks that answer: what they may not break, and how they end.

BeforeAll { . $PSScriptRoot/common.ps1 }

Describe 'A script block that answers' {
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    Context 'cannot end a UDP server' {
        It 'by <Way>' -ForEach @(
            @{ Way = 'output whose ToString throws'; Script = {
                    if ($_.Text -ne 'bad') { return 'good' }
                    $object = [pscustomobject]@{}
                    $object | Add-Member ScriptMethod ToString { throw 'no text' } -Force -PassThru
                }
            }
            @{ Way = 'text that the encoding refuses'; Script = { $_.Text -eq 'bad' ? 'ü' : 'good' } }
            @{ Way = 'closing its runspace'; Script = {
                    if ($_.Text -eq 'bad') { [runspace]::DefaultRunspace.CloseAsync() }
                    'good'
                }
            }
            @{ Way = 'closing its runspace, and waiting for that'; Script = {
                    if ($_.Text -eq 'bad') { [runspace]::DefaultRunspace.Close() }
                    'good'
                }
            }
            @{ Way = 'disposing of its runspace'; Script = {
                    if ($_.Text -eq 'bad') { [runspace]::DefaultRunspace.Dispose() }
                    'good'
                }
            }
            @{ Way = 'forbidding its runspace all language'; Script = {
                    if ($_.Text -eq 'bad') { $ExecutionContext.SessionState.LanguageMode = 'NoLanguage' }
                    'good'
                }
            }
            @{ Way = 'exit'; Script = {
                    if ($_.Text -eq 'bad') { exit 3 }
                    'good'
                }
            }
            @{ Way = 'throw'; Script = {
                    if ($_.Text -eq 'bad') { throw 'no' }
                    'good'
                }
            }
            @{ Way = 'removing this module'; Script = {
                    if ($_.Text -eq 'bad') {
                        Import-Module (Get-Command Start-UdpServer).ImplementingType.Assembly
                        Get-Module PSNetLab* | Remove-Module
                    }
                    'good'
                }
            }
            @{ Way = 'an exception of .NET'; Script = {
                    if ($_.Text -eq 'bad') { throw [OutOfMemoryException]::new() }
                    'good'
                }
            }
        ) {
            $strict = [Text.Encoding]::GetEncoding('us-ascii', [Text.EncoderFallback]::ExceptionFallback, [Text.DecoderFallback]::ReplacementFallback)
            $server = Start-UdpServer -ScriptBlock $Script -Encoding $strict
            Send-UdpMessage localhost $server.Port 'bad'
            foreach ($i in 1..3) {
                (Send-UdpMessage localhost $server.Port 'fine' -Count 1 -TimeoutSec 20).Text | Should -Be 'good'
            }
            $server.State | Should -Be 'Running'
        }
    }

    It 'lets its server end, though it cannot be stopped' {
        $gate = [Threading.ManualResetEventSlim]::new()
        try {
            $server = Start-TcpServer -Framing Line -ScriptBlock {
                'begun'
                ($using:gate).Wait() # a call into .NET, which PowerShell cannot interrupt
            }
            $client = Open-TcpConnection 127.0.0.1 $server.Port -Framing Line
            Send-TcpMessage -Connection $client 'go'
            (Receive-TcpMessage $client -Count 1 -TimeoutSec 20).Text | Should -Be 'begun'

            Stop-Job $server
            $null = Wait-Job $server -Timeout 20
            $server.State | Should -Be 'Stopped'
        }
        finally {
            $gate.Set()
        }
    }

    It 'is told of once when it keeps others waiting for long, but not when they have their turn in time' {
        $gate = [Threading.ManualResetEventSlim]::new()
        try {
            $moving = Start-TcpServer -Framing Line -ScriptBlock { Start-Sleep -Milliseconds 300 }
            $clients = foreach ($i in 1..60) { Open-TcpConnection 127.0.0.1 $moving.Port -Framing Line }
            $clients | ForEach-Object { Send-TcpMessage -Connection $_ 'go' }
            $server = Start-TcpServer -Framing Line -Name lab -ScriptBlock {
                $null = ($using:gate).Wait(60000)
                'done'
            }
            $three = foreach ($i in 1..3) { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
            $three | ForEach-Object { Send-TcpMessage -Connection $_ 'go' }

            Wait-Until { $server.Warning.Count } -TimeoutSec 40
            "$($server.Warning)" | Should -Match ('^lab: A script block has run for [1-9]\d s and has not ended, and 2 others wait for a turn: ' +
                [regex]::Escape('$null = ($using:gate).Wait(60000). At most 1 run at once. End the script, raise -ThrottleLimit, or stop the job with Stop-Job.') + '$')
            $moving.Warning | Should -BeNullOrEmpty
        }
        finally { $gate.Set() }
        $three | ForEach-Object { (Receive-TcpMessage $_ -Count 1 -TimeoutSec 20).Text | Should -Be 'done' }
        $server.Warning | Should -HaveCount 1
    }

    It 'leaves none that began while the server was stopping' {
        $server = Start-TcpServer -Framing Line -ThrottleLimit 8 -ScriptBlock { while ($true) { Start-Sleep -Milliseconds 20 } }
        $clients = foreach ($i in 1..8) { Open-TcpConnection 127.0.0.1 $server.Port -Framing Line }
        $clients | ForEach-Object { Send-TcpMessage -Connection $_ 'go' }

        # Not one runspace is open yet, except perhaps the first: the scripts begin when the stop has begun.
        Stop-Job $server
        $null = Wait-Job $server -Timeout 20
        $server.State | Should -Be 'Stopped'
    }

    It 'does not keep PowerShell from exiting' {
        $script = {
            param($modulePath)
            Import-Module $modulePath/PSNetLab.psd1
            $server = Start-UdpServer -ScriptBlock {
                switch ($_.Text) {
                    close { [runspace]::DefaultRunspace.Close() }
                    mute { $ExecutionContext.SessionState.LanguageMode = 'NoLanguage' }
                }
                'good'
            }
            foreach ($text in 'close', 'mute', 'close') {
                (Send-UdpMessage localhost $server.Port 'fine' -Count 1 -TimeoutSec 20).Text
                Send-UdpMessage localhost $server.Port $text
            }
            'end'
        }
        $file = Join-Path $TestDrive exits.ps1
        Set-Content $file $script
        $program, $arguments = @(Get-PowerShellCommand) + '-NoProfile', '-File', $file, $modulePath
        $start = [Diagnostics.ProcessStartInfo]::new($program, [string[]] $arguments)
        $start.RedirectStandardOutput = $true
        $child = [Diagnostics.Process]::Start($start)
        try {
            $said = $child.StandardOutput.ReadToEndAsync()
            $child.WaitForExit(30000) | Should -BeTrue
            $said.Result.Trim() -split '\r?\n' | Should -Be 'good', 'good', 'good', 'end'
            $child.ExitCode | Should -Be 0
        }
        finally {
            if (-not $child.HasExited) { $child.Kill($true) }
            $child.Dispose()
        }
    }
}
