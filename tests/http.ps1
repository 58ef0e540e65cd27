# For the tests of the web server: BeforeAll { . $PSScriptRoot/common.ps1; . $PSScriptRoot/http.ps1 }

# A new folder with files, from their names and contents: text or bytes.
function New-Site([Collections.IDictionary] $Files = @{}) {
    $site = (New-Item (Join-Path $TestDrive ([guid]::NewGuid())) -ItemType Directory).FullName
    foreach ($name in $Files.Keys) { Set-SiteFile "$site/$name" $Files[$name] }
    $site
}

# Whatever the characters of the name are.
function Set-SiteFile([string] $Path, $Content) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($Path))
    if ($Content -is [byte[]]) { [IO.File]::WriteAllBytes($Path, $Content) }
    else { [IO.File]::WriteAllText($Path, $Content) }
}

# Bytes that do not repeat, so that a wrong part of them shows.
function Get-RandomByte([int] $Count) {
    $bytes = [byte[]]::new($Count)
    [Random]::new(7).NextBytes($bytes)
    , $bytes
}

function Get-Sha256([byte[]] $Bytes) { [Convert]::ToHexString([Security.Cryptography.SHA256]::HashData($Bytes)) }

# What -Credential takes.
function New-Login([string] $Name, [string] $Secret) {
    [pscredential]::new($Name, [Net.NetworkCredential]::new('', $Secret).SecurePassword)
}

class HttpAnswer {
    [int] $Status
    [string[]] $Head
    [hashtable] $Fields = @{}
    [byte[]] $Body = @()
    [string] $Text
    # Of interim answers, such as 100 (Continue), before this one.
    [int[]] $Interim = @()
    # What curl made of it; 0 when all was well.
    [int] $ExitCode

    HttpAnswer([string[]] $head, [byte[]] $body) {
        $this.Head = $head
        $this.Body = $body
        $this.Text = [Text.Encoding]::UTF8.GetString($body)
        if ($head) { $this.Status = (-split $head[0])[1] }
        foreach ($line in $head | Select-Object -Skip 1) {
            $name, $value = $line -split ':\s*', 2
            $this.Fields[$name] = if ($this.Fields.Contains($name)) { @($this.Fields[$name]) + $value } else { $value }
        }
    }

    # What may differ between two answers to the same question is left out.
    [string] Describe() { return ($this.Head -notmatch '^Date:') -join "`n" }
}

# What a URL gives: Invoke-Curl <curl's arguments>. Paths go out as they are written.
function Invoke-Curl {
    $headFile, $bodyFile = "$TestDrive/curl.head", "$TestDrive/curl.body"
    Remove-Item $headFile, $bodyFile -ErrorAction Ignore
    curl --silent --path-as-is --globoff --max-time 30 --dump-header $headFile --output $bodyFile @args
    $exitCode = $LASTEXITCODE
    $heads = @([IO.File]::Exists($headFile) ? ([IO.File]::ReadAllText($headFile, [Text.Encoding]::Latin1) -split '\r\n\r\n' -ne '') : @())
    $body = [IO.File]::Exists($bodyFile) ? [IO.File]::ReadAllBytes($bodyFile) : @()
    $answer = [HttpAnswer]::new($(if ($heads) { $heads[-1] -split '\r\n' }), $body)
    $answer.Interim = @($heads | Select-Object -SkipLast 1 | ForEach-Object { (-split $_)[1] })
    $answer.ExitCode = $exitCode
    $answer
}

# A client that sends what it is told, byte for byte, and reads the answers with Python's http.client.
$httpClient = @{}

function Start-HttpClient {
    $httpClient.Peer = Start-PythonPeer -NoPort @'
import base64, http.client, io, json, socket, sys

class Shared(io.BufferedReader):
    # An answer that has been read closes its stream, on which the next one follows.
    def makefile(self, mode):
        return self

    def close(self):
        pass

def talk(port, send, methods, count, host):
    answers = []
    with socket.create_connection((host, port), 10) as peer:
        stream = Shared(socket.SocketIO(peer, 'r'))
        try:
            for part in send:
                peer.sendall(part.encode('latin-1'))
        except ConnectionError:
            pass  # what it answered before that is still to be read
        try:
            while count is None or len(answers) < count:
                if not stream.peek(1):
                    return answers, 'closed'
                answer = http.client.HTTPResponse(stream, method=methods[len(answers)] if len(answers) < len(methods) else None)
                answer.begin()
                body = answer.read()
                head = ['HTTP/1.%d %d %s' % (answer.version - 10, answer.status, answer.reason)]
                head += ['%s: %s' % field for field in answer.getheaders()]
                answers.append({'head': head, 'body': base64.b64encode(body).decode()})
            return answers, 'open'
        except ConnectionResetError:
            return answers, 'reset'
        except TimeoutError:
            return answers, 'silent'
        except http.client.HTTPException as fault:
            return answers, type(fault).__name__

# The peer runs without a buffer, where the rest of a long line is lost if the machine stops the process in the middle of writing it.
out = open(1, 'w', closefd=False)
for line in sys.stdin:
    answers, end = talk(**json.loads(line))
    print(json.dumps({'answers': answers, 'end': end}), file=out, flush=True)
'@
}

function Stop-HttpClient {
    if ($httpClient.Peer) { $httpClient.Peer.Stop() }
}

# Sends text, each character a byte, and gives the answers and how it ended: 'closed' by the server, 'reset', 'silent' for ten
# seconds; with -Count, 'open' after so many answers. -Method says what each answer is for: one to HEAD has no body.
function Send-Raw {
    param([Parameter(Mandatory)] $Server, [string[]] $Send, [string[]] $Method = @(), [int] $Count)
    if (-not $httpClient.Peer) { Start-HttpClient }
    $request = @{
        port = $Server.Port; send = $Send; methods = $Method; count = $Count ? $Count : $null; host = "$($Server.LocalEndPoint.Address)"
    }
    $httpClient.Peer.WriteLine(($request | ConvertTo-Json -Compress))
    $line = $httpClient.Peer.ReadLine(30)
    if ($null -eq $line) { throw "The HTTP client failed: $($httpClient.Peer.Errors.Result)" }
    $result = ConvertFrom-Json $line
    [pscustomobject] @{
        Answers = @(foreach ($answer in $result.answers) { [HttpAnswer]::new($answer.head, [Convert]::FromBase64String($answer.body)) })
        End     = $result.end
    }
}

# The answer to one request: Invoke-Request $server 'GET /a' 'Range: bytes=0-1'
function Invoke-Request {
    param([Parameter(Mandatory)] $Server, [Parameter(Mandatory)] [string] $Line, [string[]] $Field = @(), [string] $Body = '')
    $version = $Line -match ' HTTP/\d\.\d$' ? '' : ' HTTP/1.1'
    $head = @("$Line$version", 'Host: localhost', 'Connection: close') + $Field -join "`r`n"
    $result = Send-Raw $Server "$head`r`n`r`n$Body" (-split $Line)[0]
    if ($result.Answers.Count -ne 1 -or $result.End -ne 'closed') { throw "'$Line' gave $($result.Answers.Count) answers and ended '$($result.End)'." }
    $result.Answers[0]
}
