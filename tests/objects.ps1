# One real object of each type that comes out of the cmdlets, for the tests of objects: after common.ps1 and tls.ps1.

# The types of whatever comes out of a cmdlet, or is in what does.
function Get-ObjectType {
    foreach ($assembly in [PSNetLab.TcpMessage].Assembly, [PSNetLab.Jobs.ServerJob].Assembly) {
        $assembly.GetExportedTypes().Where{
            $_.IsClass -and -not $_.IsAbstract -and -not $_.IsGenericType -and -not $_.IsSubclassOf([Exception]) -and
            $_.Namespace -in 'PSNetLab', 'PSNetLab.Jobs' -and $_.Name -notin 'HttpFields', 'HttpField' # a list; a parameter
        }
    }
}

# The names of the types with their objects. The servers among them run until Remove-Job.
function New-ObjectSample([string] $Folder) {
    $samples = [Collections.Generic.SortedDictionary[string, object]]::new()
    function Add { $args | ForEach-Object { $samples.Add($_.GetType().Name, $_) } }

    # It has expired, so that days are negative.
    $old = New-TestCertificate $Folder old -FromDays -9 -ToDays -7

    # TCP, over TLS
    $tls = Start-TcpServer -Framing Line -Reply 'yes' -Tls -Certificate $old.File, "$Folder/old.key" -Transcript
    $connection = Open-TcpConnection 127.0.0.1 $tls.Port -Framing Line -Tls -SkipCertificateCheck
    $reply = $connection | Send-TcpMessage 'hi' -Count 1 -TimeoutSec 20
    $socket = Get-SocketInfo $connection
    Add $tls $connection $connection.Tls $reply $socket (Get-SocketOption $connection Linger)
    if ($socket.TcpInfo) { Add $socket.TcpInfo }
    Add (Get-NetTranscript $tls | Where-Object Data -NE $null | Select-Object -First 1)

    # A dialogue, and its replay to a server that says something else
    $talk = Start-TcpServer -Framing Line -Dialogue 'hi', 'HELO', '250 ok' -Transcript
    $null = Send-TcpMessage 127.0.0.1 $talk.Port HELO -Framing Line -Count 2 -TimeoutSec 20
    $other = Start-TcpServer -Framing Line -Dialogue 'ho', 'HELO', '250 ok'
    $replay = Get-NetTranscript $talk | Invoke-NetReplay 127.0.0.1 $other.Port -Compare
    Add $talk.Dialogue[0] $replay $replay.FirstDifference (Get-NetTranscript $talk | Invoke-NetReplay -AsServer)

    # Datagrams; the server answers queries for addresses with 192.0.2.7
    $udp = Start-UdpServer -ScriptBlock {
        $query = $_.Data
        $end = 12
        while ($query[$end]) { $end += $query[$end] + 1 }
        , [byte[]] ($query[0, 1] + 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0 + $query[12..($end + 4)] +
            0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 1, 0x2C, 0, 4, 192, 0, 2, 7)
    }
    $answer = Resolve-DnsRecord www.lab.test -Server 127.0.0.1 -Port $udp.Port -TimeoutSec 20
    Add $udp $answer $answer.Answers[0] (Receive-UdpMessage $udp -Count 1 -TimeoutSec 20)
    Add (Send-Broadcast $udp.Port hi -Address 127.255.255.255 | Select-Object -First 1)

    # Proxies, with a fault that looks at what passes
    $seen = [Collections.Concurrent.ConcurrentQueue[object]]::new()
    $proxy = Start-TcpProxy "127.0.0.1:$($talk.Port)" -Fault (New-NetFault -LatencyMs 1.5 -Match { ($using:seen).Enqueue($_); $false })
    $null = Send-TcpMessage 127.0.0.1 $proxy.Port HELO -Framing Line -Count 2 -TimeoutSec 20
    Wait-Until { $proxy.HasMoreData -and $proxy.ConnectionCount -eq 0 }
    Add $proxy (Receive-Job $proxy)[0] $seen.ToArray()[0] (Get-NetFault $proxy)
    $datagrams = Start-UdpProxy "127.0.0.1:$($udp.Port)"
    $null = Send-UdpMessage 127.0.0.1 $datagrams.Port hi
    Wait-Until { $datagrams.Sessions }
    Add $datagrams $datagrams.Sessions[0]

    # HTTP
    $last = New-HttpRoute '*' -Body 'what?' -Priority -1
    $web = Start-HttpServer @{ 'POST /{id}' = 200; 'WS /chat' = 'Echo' }, $last
    Add $web $last
    $exchange = Send-HttpRequest "$($web.Uri)a?b=1&c=2&c=3" -Method POST -Body '[1.5]'
    Add $exchange $exchange.Request $exchange.Response
    Add (Receive-HttpRequest $web -Count 1 -TimeoutSec 20)
    $check = Test-HttpEndpoint $web.Uri
    Add $check $check.Hops[0]
    $client = [Net.WebSockets.ClientWebSocket]::new()
    $null = $client.ConnectAsync("ws://127.0.0.1:$($web.Port)/chat", [Threading.CancellationToken]::None).Wait(20000)
    Wait-Until { $web.WebSockets }
    Add $web.WebSockets[0]

    # Checks
    $result = Test-TlsEndpoint "127.0.0.1:$($tls.Port)"
    Add $result $result.Problems.Where{ $null -ne $_.Days }[0] $result.Versions
    Add (Get-TlsCertificate "127.0.0.1:$($tls.Port)") (Test-TcpPort 127.0.0.1 $talk.Port -Banner)
    $samples
}

# What a program reads, as texts.json: the cells of each type's CSV file, of the object and of a copy, with the types of the values.
function Export-ObjectSample([string] $Folder, [string] $Culture) {
    [cultureinfo]::CurrentCulture = [cultureinfo]::DefaultThreadCurrentCulture = $Culture
    $samples = New-ObjectSample $Folder
    $cells = foreach ($name in $samples.Keys) {
        $object = $samples[$name]
        $before = $object | ConvertTo-Csv | ConvertFrom-Csv
        $object | Export-Clixml $Folder/copy.xml
        $copy = Import-Clixml $Folder/copy.xml | ConvertTo-Csv | ConvertFrom-Csv
        $after = $object | ConvertTo-Csv | ConvertFrom-Csv
        foreach ($property in $object.psobject.Properties) {
            $cell = $property.Name
            [pscustomobject]@{
                Name = "$name.$cell"
                Type = $null -eq $property.Value ? '' : $property.Value.GetType().Name
                Text = $before.$cell
                # What is alive counts on.
                Copy = $before.$cell -ceq $after.$cell ? $copy.$cell : $before.$cell
            }
        }
    }
    ConvertTo-Json $cells | Set-Content $Folder/texts.json
    Get-TcpConnection | Close-TcpConnection
    Get-Job | Remove-Job -Force
}
