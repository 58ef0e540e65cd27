# The web server in a browser, without a window.

BeforeDiscovery {
    $browser = Get-Command chromium, chromium-browser, google-chrome -CommandType Application -ErrorAction Ignore | Select-Object -First 1
    if (-not $browser) { Write-Warning 'chromium is missing: the tests with it are skipped.' }
}

BeforeAll {
    . $PSScriptRoot/common.ps1
    . $PSScriptRoot/http.ps1
    $browser = Get-Command chromium, chromium-browser, google-chrome -CommandType Application -ErrorAction Ignore | Select-Object -First 1

    $switches = @(
        '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'
        '--disable-sync', '--disable-dev-shm-usage', '--ignore-certificate-errors', '--enable-logging=stderr', "--user-data-dir=$TestDrive/browser"
    )

    # The document once its scripts have run, and what the browser complains of.
    function Read-Page([string] $Url) {
        $console = "$TestDrive/console"
        $document = & $browser @switches --dump-dom $Url 2>$console
        [pscustomobject] @{ Document = $document -join "`n"; Complaints = @((Get-Content $console) -match ':CONSOLE') }
    }

    # Sound of so many seconds: 8,000 samples of a byte each, and silence is 128.
    function New-Wave([int] $Seconds) {
        $samples = [byte[]]::new(8000 * $Seconds)
        [array]::Fill($samples, [byte] 128)
        $ascii = [Text.Encoding]::ASCII
        $head = $ascii.GetBytes('RIFF') + [BitConverter]::GetBytes(36 + $samples.Length) + $ascii.GetBytes('WAVEfmt ') + [BitConverter]::GetBytes(16) +
            [BitConverter]::GetBytes([int16] 1) + [BitConverter]::GetBytes([int16] 1) + [BitConverter]::GetBytes(8000) + [BitConverter]::GetBytes(8000) +
            [BitConverter]::GetBytes([int16] 1) + [BitConverter]::GetBytes([int16] 8) + $ascii.GetBytes('data') + [BitConverter]::GetBytes($samples.Length)
        , [byte[]] ($head + $samples)
    }
}

Describe 'A browser' -Skip:(-not $browser) {
    AfterEach { Get-Job | Remove-Job -Force }

    It 'shows a site with its style, scripts, image, data and sound, and jumps in the sound' {
        $site = New-Site @{
            'index.html' = @'
<!doctype html>
<html lang="en"><title>A small site</title><link rel="stylesheet" href="style.css"><h1>Site</h1>
<img id="image" src="images/dot%20%231.svg" alt=""><video id="sound" src="sound.wav" preload="metadata" muted></video>
<script src="plain.js"></script><script type="module" src="module.mjs"></script></html>
'@
            'style.css' = 'h1 { color: rgb(1, 2, 3) }'
            'images/dot #1.svg' = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><circle r="9" cx="15" cy="10"/></svg>'
            'plain.js' = 'window.plain = "plain";'
            'part.mjs' = 'export const name = "module";'
            'data.json' = '{ "text": "数据" }'
            'sound.wav' = New-Wave 300
            'module.mjs' = @'
import { name } from './part.mjs';
const found = { name, plain: window.plain, color: getComputedStyle(document.querySelector('h1')).color };
found.image = await document.images[0].decode().then(() => document.images[0].naturalWidth);
found.data = (await (await fetch('data.json')).json()).text;
found.again = (await fetch('data.json', { cache: 'no-cache' })).status;
found.missing = (await fetch('missing.json')).status;
const part = await fetch('style.css', { headers: { Range: 'bytes=0-1' } });
found.part = part.status + await part.text();
const sound = document.querySelector('video');
const event = name => new Promise(done => sound.addEventListener(name, done, { once: true }));
if (sound.readyState < 1) { await event('loadedmetadata'); }
found.duration = sound.duration;
sound.currentTime = 290;
await event('seeked');
found.time = sound.currentTime;
await fetch('found?' + encodeURIComponent(JSON.stringify(found)));
'@
        }
        $server = Start-StaticHttpServer $site
        $records = [Collections.Generic.List[object]]::new()
        $process = Start-Process $browser ($switches + "$($server.Uri)") -PassThru -RedirectStandardError $TestDrive/console -RedirectStandardOutput $TestDrive/out
        try {
            # The page tells what it found in the target of a request.
            Wait-Until -TimeoutSec 60 {
                Receive-Job $server | ForEach-Object { $records.Add($_) }
                $records.Target -like '/found[?]*'
            }
        }
        finally {
            $process.Kill($true)
            $process.WaitForExit()
        }
        Wait-Until { $server.ConnectionCount -eq 0 }
        Receive-Job $server | ForEach-Object { $records.Add($_) }
        [uri]::UnescapeDataString(($records.Target -like '/found[?]*')[0].Substring(7)) | Should -Be (
            '{"name":"module","plain":"plain","color":"rgb(1, 2, 3)","image":30,"data":"数据","again":200,"missing":404,"part":"206h1","duration":300,"time":290}')
        (Get-Content $TestDrive/console) -match ':CONSOLE' -notmatch '404' | Should -BeNullOrEmpty
        $records | Where-Object { $_.Target -eq '/data.json' } | ForEach-Object Status | Should -Be 200, 304
        ($records | Where-Object { $_.Target -eq '/style.css' })[0].Headers.'Accept-Encoding' | Should -BeLike '*gzip*'
        # The jump asks for what is near its end.
        $ranges = $records | Where-Object { $_.Target -eq '/sound.wav' -and $_.Status -eq 206 } | ForEach-Object { $_.Headers.Range }
        @($ranges -match '^bytes=2\d{6}-').Count | Should -BeGreaterThan 0
        $server.Error | Should -BeNullOrEmpty
    }

    It 'shows a listing over TLS, with its style and script, and a page for what is not there' {
        $site = New-Site @{ 'b.txt' = 'b' * 2000; 'a <b>.txt' = ''; 'folder/inner.txt' = '' }
        $server = Start-StaticHttpServer $site -Browse -Tls
        $page = Read-Page $server.Uri
        $page.Complaints | Should -BeNullOrEmpty
        # The script has shown the filter.
        $page.Document | Should -Match '<input type="search"(?![^>]*hidden)'
        [regex]::Matches($page.Document, '<th scope="row"><a href="([^"]*)">([^<]*)</a>').ForEach({ "$($_.Groups[1]) $($_.Groups[2])" }) |
            Should -Be 'folder/ folder/', 'a%20%3Cb%3E.txt a &lt;b&gt;.txt', 'b.txt b.txt'
        $missing = Read-Page "$($server.Uri)none"
        $missing.Document | Should -BeLike '*There is no such file here.*'
        $missing.Complaints -notmatch '404' | Should -BeNullOrEmpty
    }
}
