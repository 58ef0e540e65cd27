# Prints PORT n, receives Count datagrams there and prints one line of JSON. Without -Module it does what a script without
# the module would do: a loop on UdpClient that makes an object of each datagram.
[CmdletBinding()]
param(
    [string] $Module,
    [Parameter(Mandatory)] [int] $Port,
    [Parameter(Mandatory)] [int] $Count,
    [int] $ReceiveBufferBytes = 16MB,
    [int] $TimeoutSec = 20
)
$ErrorActionPreference = 'Stop'

function Receive-Plainly {
    $client = [Net.Sockets.UdpClient]::new([Net.IPEndPoint]::new([ipaddress]::Loopback, $Port))
    $client.Client.ReceiveBufferSize = $ReceiveBufferBytes
    $from = [Net.IPEndPoint]::new([ipaddress]::Any, 0)
    $client.Client.ReceiveTimeout = $TimeoutSec * 1000
    try {
        for ($i = 0; $i -lt $Count; $i++) {
            $data = $client.Receive([ref] $from)
            [pscustomobject]@{ Time = [datetime]::Now; RemoteEndPoint = $from; Data = $data }
            # When nothing more arrives for a while, that was the last one.
            if ($i -eq 0) { $client.Client.ReceiveTimeout = 1000 }
        }
    }
    catch [Net.Sockets.SocketException] {
        Write-Verbose "$_"
    }
    finally {
        $client.Dispose()
    }
}

if ($Module) { Import-Module $Module }
[Console]::Out.WriteLine("PORT $Port")
$process = [Diagnostics.Process]::GetCurrentProcess()
$cpu = $process.TotalProcessorTime
$messages = @(
    if ($Module) {
        $quiet = @{ ErrorAction = 'SilentlyContinue'; WarningAction = 'SilentlyContinue' }
        Receive-UdpMessage -Port $Port -Count $Count -TimeoutSec $TimeoutSec -ReceiveBufferBytes $ReceiveBufferBytes @quiet
    }
    else {
        Receive-Plainly
    }
)
$end = [datetime]::Now
$process.Refresh()
$cpu = $process.TotalProcessorTime - $cpu

# The clock starts with the first datagram. It stops when the caller has the last object; if some are missing, with the last
# one that arrived.
$seconds = 0
if ($messages) {
    if ($messages.Count -lt $Count) { $end = $messages[-1].Time }
    $seconds = ($end - $messages[0].Time).TotalSeconds
}
$disordered = 0
$last = -1
foreach ($message in $messages) {
    $number = [int] [Text.Encoding]::ASCII.GetString($message.Data, 0, 10)
    if ($number -le $last) { $disordered++ }
    $last = $number
}
$result = @{
    objects    = $messages.Count
    seconds    = $seconds
    per_second = $seconds ? $messages.Count / $seconds : 0
    cpu_us     = $cpu.TotalMicroseconds / [Math]::Max(1, $messages.Count)
    lost       = $Count - $messages.Count
    disordered = $disordered
}
[Console]::Out.WriteLine(($result | ConvertTo-Json -Compress))
