# Makes the site that all HTTP servers serve, starts the servers to compare with, and measures all of them.

# Files of the measured sizes, a text that compresses about as well as real ones, a folder of 10,000 files and a certificate.
function New-Site {
    $site = Join-Path ([IO.Path]::GetTempPath()) "psnetlab-bench-$PID"
    $www = Join-Path $site www
    $listing = Join-Path $www listing
    $null = New-Item $listing -ItemType Directory
    $random = [Random]::new(1)
    foreach ($file in @{ '1k.bin' = 1KB; '64k.bin' = 64KB; '10m.bin' = 10MB }.GetEnumerator()) {
        $data = [byte[]]::new($file.Value)
        $random.NextBytes($data)
        [IO.File]::WriteAllBytes("$www/$($file.Key)", $data)
    }
    $words = foreach ($i in 1..500) { -join (1..$random.Next(2, 10) | ForEach-Object { [char] $random.Next(97, 123) }) }
    $text = [Text.StringBuilder]::new()
    # Some words are much more common than others.
    while ($text.Length -lt 64KB) {
        $null = $text.Append($words[[int] (499 * [Math]::Pow($random.NextDouble(), 3))]).Append(' ')
    }
    [IO.File]::WriteAllText("$www/text.txt", $text.ToString(0, 64KB))
    $file = [IO.File]::Create("$www/text.txt.gz")
    $packed = [IO.Compression.GZipStream]::new($file, [IO.Compression.CompressionLevel]::Optimal)
    $packed.Write([IO.File]::ReadAllBytes("$www/text.txt"))
    $packed.Dispose()
    foreach ($i in 1..10000) { [IO.File]::WriteAllText("$listing/file$i.txt", "$i") }

    $key = [Security.Cryptography.RSA]::Create(2048)
    $request = [Security.Cryptography.X509Certificates.CertificateRequest]::new(
        'CN=localhost', $key, 'SHA256', [Security.Cryptography.RSASignaturePadding]::Pkcs1)
    $certificate = $request.CreateSelfSigned([DateTimeOffset]::UtcNow.AddDays(-1), [DateTimeOffset]::UtcNow.AddDays(1))
    Set-Content "$site/site.pem" $certificate.ExportCertificatePem(), $key.ExportPkcs8PrivateKeyPem()
    $site
}

# Configured for speed as in its manual: no limit on requests, cached descriptors and metadata, a log only on request.
function Start-Nginx([string] $Site, [string] $Workers, [string[]] $Features) {
    Start-Tool nginx {
        param($Port)
        $folder = Join-Path $Site "nginx-$Port"
        $null = New-Item $folder -ItemType Directory
        $lines = @(
            'daemon off;'
            if ((id -u) -eq 0) { 'user root;' }
            "worker_processes $Workers;"
            'worker_rlimit_nofile 20000;'
            "pid $folder/pid;"
            'events { worker_connections 15000; }'
            'http {'
            foreach ($use in 'client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi') { "${use}_temp_path $folder/$use;" }
            'types { text/plain txt; }'
            'default_type application/octet-stream;'
            'sendfile on;'
            'tcp_nopush on;'
            'keepalive_requests 1000000000;'
            'open_file_cache max=20000 inactive=1h;'
            'open_file_cache_valid 1h;'
            'Log' -in $Features ? "access_log $folder/access.log combined;" : 'access_log off;'
            if ('Gzip' -in $Features) { 'gzip on;', 'gzip_types text/plain;' }
            if ('GzipStatic' -in $Features) { 'gzip_static on;' }
            if ('List' -in $Features) { 'autoindex on;' }
            if ('Tls' -in $Features) { "ssl_certificate $Site/site.pem;", "ssl_certificate_key $Site/site.pem;" }
            $upstream = $Features -like 'Upstream=*' -replace '^Upstream='
            if ($upstream) { "upstream behind { server $upstream; keepalive 64; }" }
            "server { listen 127.0.0.1:$Port$('Tls' -in $Features ? ' ssl' : ''); root $Site/www;"
            if ($upstream) { 'location / { proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection ""; }' }
            '}'
            '}'
        )
        Set-Content "$folder/nginx.conf" $lines
        '-e', "$folder/error.log", '-c', "$folder/nginx.conf"
    }
}

function Start-Caddy([string] $Site, [switch] $List) {
    Start-Tool caddy {
        param($Port)
        $files = @{ handler = 'file_server'; root = "$Site/www" }
        if ($List) { $files.browse = @{} }
        $server = @{
            listen          = @("127.0.0.1:$Port")
            automatic_https = @{ disable = $true }
            routes          = @(@{ handle = @($files) })
        }
        $config = @{
            admin   = @{ disabled = $true; config = @{ persist = $false } }
            logging = @{ logs = @{ default = @{ writer = @{ output = 'discard' } } } }
            apps    = @{ http = @{ servers = @{ site = $server } } }
        }
        $config | ConvertTo-Json -Depth 10 | Set-Content "$Site/caddy-$Port.json"
        'run', '--config', "$Site/caddy-$Port.json"
    }
}

function Start-PythonServer([string] $Site) {
    Start-Tool python3 { param($Port) '-m', 'http.server', '--bind', '127.0.0.1', '--directory', "$Site/www", $Port }
}

# Sends one request, to check that the measured answer is the right one and not a fast error.
function Get-Answer([string] $Uri, [string[]] $Headers) {
    $options = @(foreach ($header in $Headers) { '-H', $header })
    $lines = @(curl -sk -o /dev/null -D - -w '%{size_download} %{time_total}' @options $Uri)
    if ($LASTEXITCODE) { throw "curl $Uri failed with $LASTEXITCODE." }
    $size, $time = $lines[-1].Split(' ')
    [pscustomobject]@{
        Status   = [int] $lines[0].Split(' ')[1]
        Bytes    = [long] $size
        Ms       = [double]::Parse($time, $culture) * 1000
        ETag     = @($lines -match '^etag:') -replace '^etag:\s*' | Select-Object -First 1
        Encoding = @($lines -match '^content-encoding:') -replace '^content-encoding:\s*' | Select-Object -First 1
    }
}

# Every turn first checks one answer against Expected.
function Measure-Wrk($Server, [hashtable] $Request) {
    $uri = "$($Request['Scheme'] ?? 'http')://127.0.0.1:$($Server.Port)/$($Request.File)"
    $headers = @(if ($Request['Headers']) { & $Request.Headers $uri })
    $answer = Get-Answer $uri $headers
    $expected = $Request.Expected
    foreach ($property in $expected.Keys) {
        if ($answer.$property -eq $expected.$property) { continue }
        throw "$uri gave $property '$($answer.$property)', not '$($expected.$property)'."
    }
    $connections = $Request.Connections
    $line = @('-t', [Math]::Min($Request['Threads'] ?? $loadThreads, $connections), '-c', $connections, '-d', "$($Bench.Seconds)s")
    $line += '-s', "$PSScriptRoot/peers/wrk.lua"
    foreach ($header in $headers) { $line += '-H', $header }
    $result = Invoke-Peer wrk ($line + $uri)
    # The answers together must be at least as long as that many times the first one.
    $short = $result.bytes -lt $result.requests * $answer.Bytes ? 1 : 0
    $rate = $result.requests / $result.seconds
    @{
        Rate   = $Request['Unit'] -eq 'MiB/s' ? $rate * $answer.Bytes / 1MB : $rate
        Count  = $result.requests
        Errors = $result.errors + $short
        Raw    = $result
    }
}
