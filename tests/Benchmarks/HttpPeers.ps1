# Makes the site that all HTTP servers serve, and starts the servers to compare with.

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
            "server { listen 127.0.0.1:$Port$('Tls' -in $Features ? ' ssl' : ''); root $Site/www; }"
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
