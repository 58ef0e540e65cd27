<#
.SYNOPSIS
Tests three admin scripts with Pester, against endpoints that the tests start themselves.

.DESCRIPTION
Each Describe starts its endpoint on a free port, runs the script under test as it is, waits for what the script sends,
and stops the endpoint. The scripts are not changed for it. To run them: Invoke-Pester docs/examples/Endpoint.Tests.ps1
#>
#Requires -Version 7.4
param()

. $PSScriptRoot/import.ps1

BeforeAll { $scripts = Join-Path $PSScriptRoot endpoint }

Describe 'Send-Syslog.ps1' {
    BeforeAll { $syslog = Start-UdpServer }
    AfterAll { Remove-Job $syslog -Force }

    It 'sends one event, in the form of RFC 5424' {
        & $scripts/Send-Syslog.ps1 'disk full' -Severity crit -Port $syslog.Port
        $message = Receive-UdpMessage $syslog -Count 1 -TimeoutSec 5 -ErrorAction Stop
        $message.Text | Should -Match '^<130>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \S+ backup - - - disk full$'
    }

    It 'sends UTF-8' {
        & $scripts/Send-Syslog.ps1 '磁盘满了' -Port $syslog.Port
        (Receive-UdpMessage $syslog -Count 1 -TimeoutSec 5 -ErrorAction Stop).Text | Should -BeLike '<134>*磁盘满了'
    }
}

Describe 'Wait-Healthy.ps1' {
    AfterEach { Remove-Job $service -Force }

    It 'asks again until the service is well' {
        $answers = [Collections.Generic.Queue[string]] ('503 Service Unavailable', '500 Oops', '200 OK')
        # An empty line ends the head of a request, and of an answer.
        $service = Start-TcpServer -Framing @{ Delimiter = "`r`n`r`n" } -ScriptBlock {
            "HTTP/1.1 $(($using:answers).Dequeue())`r`nContent-Length: 0"
        }
        & $scripts/Wait-Healthy.ps1 "http://127.0.0.1:$($service.Port)/health" -DelaySec 0.1 |
            Should -Be 'Healthy after 3 tries'
        $requests = Receive-TcpMessage $service -Count 3 -TimeoutSec 5 -ErrorAction Stop
        $requests.Text | Should -BeLike 'GET /health HTTP/1.1*'
    }

    It 'gives up on a service that never answers' {
        $service = Start-TcpServer
        { & $scripts/Wait-Healthy.ps1 "http://127.0.0.1:$($service.Port)" -Tries 2 -DelaySec 0 -TimeoutSec 1 } |
            Should -Throw '*not healthy after 2 tries*Timeout*'
    }

    It 'gives up when nobody listens' {
        # A port that was just closed refuses connections.
        $service = Start-TcpServer
        Stop-Job $service
        { & $scripts/Wait-Healthy.ps1 "http://127.0.0.1:$($service.Port)" -Tries 2 -DelaySec 0 } |
            Should -Throw '*not healthy after 2 tries*'
    }
}

Describe 'Deploy.ps1' {
    AfterEach { Remove-Job $agent -Force }

    It 'tells the agent the version' {
        $agent = Start-TcpServer -Framing Line -Reply 'ok'
        & $scripts/Deploy.ps1 1.2.3 -Port $agent.Port
        (Receive-TcpMessage $agent -Count 1 -TimeoutSec 5 -ErrorAction Stop).Text | Should -Be 'deploy 1.2.3'
    }

    It 'waits for an agent that starts late' {
        $early = Start-TcpServer
        Remove-Job $early -Force
        $deploying = Start-ThreadJob { & $using:scripts/Deploy.ps1 1.2.3 -Port ($using:early).Port -Verbose }
        # Wait until the script has looked once, and found no agent.
        while (-not $deploying.Verbose) { Start-Sleep -Milliseconds 20 }
        $agent = Start-TcpServer $early.Port -Framing Line -Reply 'ok'
        (Receive-TcpMessage $agent -Count 1 -TimeoutSec 10 -ErrorAction Stop).Text | Should -Be 'deploy 1.2.3'
        Receive-Job $deploying -Wait -ErrorAction Stop
        Remove-Job $deploying
    }

    It 'fails when the agent <Case>' -ForEach @(
        @{ Case = 'refuses'; Says = { 'disk full' }; Problem = 'The agent refuses 1.2.3: disk full' }
        @{ Case = 'says nothing'; Says = {}; Problem = 'The agent did not answer within 1 s.' }
    ) {
        $agent = Start-TcpServer -Framing Line -ScriptBlock $Says
        { & $scripts/Deploy.ps1 1.2.3 -Port $agent.Port -WaitSec 1 } | Should -Throw $Problem
    }

    It 'fails when the agent hangs up' {
        $agent = Start-TcpServer -Framing Line
        $deploying = Start-ThreadJob { & $using:scripts/Deploy.ps1 1.2.3 -Port ($using:agent).Port }
        $null = Receive-TcpMessage $agent -Count 1 -TimeoutSec 10 -ErrorAction Stop
        Get-TcpConnection $agent | Close-TcpConnection
        { Receive-Job $deploying -Wait -ErrorAction Stop } | Should -Throw 'The agent hung up.'
        Remove-Job $deploying
    }
}
