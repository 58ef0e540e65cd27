# Replies that end early, late or in the middle; and what is sent when nothing comes through the pipeline.

BeforeAll {
    . $PSScriptRoot/common.ps1

    # Answers a client with the words, one after the other. For '?' it waits for a line of input and takes a while; 'FIN' ends its sending side.
    function Start-Answerer([string[]] $Word) {
        Start-PythonPeer -ArgumentList $Word -Code @'
import socket, sys, time
listener = socket.create_server(('127.0.0.1', 0))
print('PORT', listener.getsockname()[1])
client = listener.accept()[0]
client.recv(1024)
for word in sys.argv[1:]:
    if word == '?':
        input()
        time.sleep(0.1)
    elif word == 'FIN':
        client.shutdown(socket.SHUT_WR)
    else:
        client.sendall(word.encode().decode('unicode_escape').encode())
input()
'@
    }
}

Describe 'Replies' {
    AfterEach {
        if ($peer) { $peer.Stop() }
        $peer = $null
        Get-TcpConnection | Close-TcpConnection
        Get-Job | Remove-Job -Force
    }

    It 'that are cut off are an error beside what came, with <Name>' -ForEach @(
        @{ Name = '-Count'; Wanted = @{ Count = 2 } }
        @{ Name = 'a greater -Count'; Wanted = @{ Count = 5 } }
        @{ Name = '-Receive'; Wanted = @{ Receive = $true } }
    ) {
        $peer = Start-Answerer 'r0\nr', 'FIN'
        $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -TimeoutSec 10 @Wanted -ErrorVariable faults -ErrorAction SilentlyContinue
        $replies.Text | Should -Be 'r0', 'r'
        $replies.Truncated | Should -Be $false, $true
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame,*'
        $faults[0].CategoryInfo.Category | Should -Be 'InvalidData'
        "$($faults[0])" | Should -BeLike "127.0.0.1:$($peer.Port) ended the stream in the middle of a message: only 1 bytes of a Line frame*"
    }

    It 'that are cut off are an error of Receive-TcpMessage, with <Name>' -ForEach @(
        @{ Name = '-Count'; Wanted = @{ Count = 2 } }
        @{ Name = 'all'; Wanted = @{} }
    ) {
        $peer = Start-Answerer 'r0\nr', 'FIN'
        $connection = Open-TcpConnection 127.0.0.1 $peer.Port -Framing Line
        Send-TcpMessage $connection q
        $replies = Receive-TcpMessage $connection -TimeoutSec 10 @Wanted -ErrorVariable faults -ErrorAction SilentlyContinue
        $replies.Text | Should -Be 'r0', 'r'
        $faults | Should -HaveCount 1
        $faults[0].FullyQualifiedErrorId | Should -BeLike 'TruncatedFrame,*'
    }

    It 'of a server that has not closed when the time is over come with a warning' {
        $peer = Start-Answerer 'r0\n'
        $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -Receive -TimeoutSec 0.3 -ErrorVariable faults -WarningVariable warnings -WarningAction SilentlyContinue
        $replies.Text | Should -Be 'r0'
        $faults | Should -BeNullOrEmpty
        $warnings | Should -HaveCount 1
        "$warnings" | Should -BeLike "127.0.0.1:$($peer.Port) had not closed the connection after 0.3 s*Raise -TimeoutSec*"
    }

    It 'have their time while the cmdlet waits, not while the pipeline works' {
        $peer = Start-Answerer 'r0\n', '?', 'r1\n'
        $replies = Send-TcpMessage 127.0.0.1 $peer.Port q -Framing Line -Count 2 -TimeoutSec 1 -ErrorVariable faults | ForEach-Object {
            if ($_.Text -eq 'r0') {
                Start-Sleep -Milliseconds 1100
                $peer.WriteLine('go')
            }
            $_
        }
        $replies.Text | Should -Be 'r0', 'r1'
        $faults | Should -BeNullOrEmpty
    }
}

Describe 'Sending nothing' {
    It 'takes no message for a host' {
        $listener = [Net.Sockets.TcpListener]::new([ipaddress]::Loopback, 0)
        $listener.Start()
        try {
            $text = "localhost:$($listener.LocalEndpoint.Port)"
            Get-TcpConnection | Where-Object { $false } | Send-TcpMessage $text -ErrorVariable faults
            $faults | Should -BeNullOrEmpty
            $listener.Pending() | Should -BeFalse
        }
        finally { $listener.Stop() }
    }
}
