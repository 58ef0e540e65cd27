# The streams of a server as a job: what is announced to handlers, and that they hold up nothing.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # A handler without a runspace, as programs have them. Its body is made by a block that gets sender and arguments.
    function New-Handler([type] $Arguments, [scriptblock] $Body) {
        $parameters = [Linq.Expressions.ParameterExpression[]] ([object], $Arguments | ForEach-Object { [Linq.Expressions.Expression]::Parameter($_) })
        $type = [EventHandler`1].MakeGenericType($Arguments)
        [Linq.Expressions.Expression]::Lambda($type, (& $Body @parameters), $parameters).Compile()
    }

    function Get-Constant($Value) { [Linq.Expressions.Expression]::Constant($Value) }

    function Get-Hidden($Object, [string] $Field) {
        for ($type = $Object.GetType(); $type; $type = $type.BaseType) {
            if ($found = $type.GetField($Field, 'NonPublic, Instance')) { return , $found.GetValue($Object) }
        }
        throw "There is no $Field."
    }

    function Send-Line([int] $Count) { Send-TcpMessage 127.0.0.1 $server.Port ("x`n" * $Count) }
}

Describe 'The streams of a server' {
    BeforeEach { $server = Start-TcpServer -Framing Line }
    AfterEach {
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'announce no backlog again for each message that is taken from it' {
        Send-Line 50000
        Wait-Until { $server.Waiting -eq 50000 }
        foreach ($number in 1..300) { $null = Receive-TcpMessage $server -Count 1 }
        (Get-Hidden (Get-Hidden $server '_forwarder') '_queue').Count | Should -BeLessOrEqual ($server.Waiting + 1)
        Stop-Job $server
        $server.State | Should -Be 'Stopped'
    }

    It 'announce what came while a receiver was there that did not take it' {
        $counted = [Collections.Concurrent.ConcurrentQueue[int]]::new()
        Send-Line 1
        Wait-Until { $server.Waiting -eq 1 }
        $enqueue = New-Handler ([Management.Automation.DataAddedEventArgs]) {
            param($source, $e)
            [Linq.Expressions.Expression]::Call((Get-Constant $counted), 'Enqueue', $null, [Linq.Expressions.Expression]::Property($e, 'Index'))
        }
        $server.Output.add_DataAdded($enqueue)
        Receive-TcpMessage $server -Count 1 | ForEach-Object {
            Send-Line 3
            Wait-Until { $server.Waiting -eq 3 }
        }
        Wait-Until { $counted.Count -ge 3 }
        $counted.ToArray() | Should -Be 0, 1, 2
    }

    It 'tell handlers where the new object is' {
        Send-Line 2
        Wait-Until { $server.Waiting -eq 2 }
        $seen = [Collections.Concurrent.ConcurrentQueue[psobject]]::new()
        $read = New-Handler ([Management.Automation.DataAddedEventArgs]) {
            param($source, $e)
            $output = [Linq.Expressions.Expression]::Convert($source, [Management.Automation.PSDataCollection[psobject]])
            $item = [Linq.Expressions.Expression]::Property($output, 'Item', [Linq.Expressions.Expression]::Property($e, 'Index'))
            [Linq.Expressions.Expression]::Call((Get-Constant $seen), 'Enqueue', $null, $item)
        }
        $server.Output.add_DataAdded($read)
        foreach ($sequence in 1..3) {
            Send-TcpMessage 127.0.0.1 $server.Port "message $sequence" -Framing Line
            Wait-Until { $seen.Count -eq $sequence }
        }
        $seen.ToArray().Text | Should -Be 'message 1', 'message 2', 'message 3'
        $server.Error | Should -BeNullOrEmpty
    }

    It 'copy what fits, when more has come since they were counted' {
        Send-Line 3
        Wait-Until { $server.Waiting -eq 3 }
        $copies = [psobject[]]::new(2)
        $server.Output.CopyTo($copies, 0)
        $copies.Text | Should -Be 'x', 'x'
        $server.Waiting | Should -Be 3
    }

    It 'have the last error before the job has ended' {
        $gate = [Threading.ManualResetEventSlim]::new()
        $hold = New-Handler ([Management.Automation.DataAddedEventArgs]) { [Linq.Expressions.Expression]::Call((Get-Constant $gate), 'Wait', $null) }
        $server.Warning.add_DataAdded($hold)
        $errorsThen = [Collections.Concurrent.ConcurrentQueue[int]]::new()
        $note = New-Handler ([Management.Automation.JobStateEventArgs]) {
            $count = [Linq.Expressions.Expression]::Property((Get-Constant $server.Error), 'Count')
            [Linq.Expressions.Expression]::Call((Get-Constant $errorsThen), 'Enqueue', $null, $count)
        }
        $server.add_StateChanged($note)
        # The note of lost records is written after the queue was found empty.
        $forwarder = Get-Hidden $server '_forwarder'
        $type = $forwarder.GetType()
        $type.GetField('_lost', 'NonPublic, Instance').SetValue($forwarder, [long] 1)
        $null = $type.GetMethod('Write', [Reflection.BindingFlags] 'NonPublic, Instance').Invoke($forwarder, @([Management.Automation.VerboseRecord]::new('first')))
        try {
            Wait-Until { $server.Warning.Count }
            $last = [Management.Automation.ErrorRecord]::new([InvalidOperationException]::new('last'), 'Last', 'NotSpecified', $null)
            $null = $type.GetMethod('End', [Reflection.BindingFlags] 'NonPublic, Instance').Invoke($forwarder, @($last))
        }
        finally { $gate.Set() }
        Wait-Until { $errorsThen.Count }
        $errorsThen.ToArray() | Should -Be 1
    }

    It 'let Remove-Job follow Stop-Job, when a handler is slow' {
        $slow = New-Handler ([Management.Automation.DataAddedEventArgs]) { [Linq.Expressions.Expression]::Call([Threading.Thread], 'Sleep', $null, (Get-Constant 50)) }
        foreach ($number in 1..10) {
            $server = Start-TcpServer
            $server.Information.add_DataAdded($slow)
            $client = Open-TcpConnection 127.0.0.1 $server.Port
            Stop-Job $server
            Remove-Job $server -ErrorAction Stop
            Close-TcpConnection $client
        }
    }

    It 'have more data while a debug record waits' {
        $talking = Start-TcpServer -Framing Line -NoRecord -ScriptBlock { Write-Debug d -Debug }
        Send-TcpMessage 127.0.0.1 $talking.Port x -Framing Line
        Wait-Until { $talking.Debug.Count -and $talking.ConnectionCount -eq 0 -and $talking.Information.Count -eq 2 }
        $talking.Information.Clear()
        $talking.HasMoreData | Should -BeTrue
        $null = Receive-Job $talking
        $talking.HasMoreData | Should -BeFalse
    }
}
