@{
    RootModule           = 'PSNetLab.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '03cccd57-640e-4c80-87c2-cf723c1cd72e'
    Author               = 'PSNetLab contributors'
    CompanyName          = 'PSNetLab'
    Copyright            = '(c) 2026 PSNetLab contributors. MIT License.'
    Description          = 'A network lab at the PowerShell prompt: every server is a job, every message an object, every socket can be looked into. TCP and UDP servers and clients, a static web server, broadcasts, socket options and the sockets of the machine: for Pester tests, scripts and lessons.'

    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')

    FormatsToProcess     = @('PSNetLab.Format.ps1xml')

    CmdletsToExport      = @(
        'Start-TcpServer'
        'Open-TcpConnection'
        'Enter-TcpConnection'
        'Send-TcpMessage'
        'Receive-TcpMessage'
        'Get-TcpConnection'
        'Close-TcpConnection'
        'Start-UdpServer'
        'Send-UdpMessage'
        'Receive-UdpMessage'
        'Send-Broadcast'
        'Start-StaticHttpServer'
        'Start-HttpServer'
        'New-HttpRoute'
        'Add-HttpRoute'
        'Get-HttpRoute'
        'Remove-HttpRoute'
        'Receive-HttpRequest'
        'Assert-HttpRequest'
        'Send-HttpRequest'
        'Export-HttpRecording'
        'Import-HttpRecording'
        'Test-TcpPort'
        'Wait-TcpPort'
        'Test-HttpEndpoint'
        'Resolve-DnsRecord'
        'Test-TlsEndpoint'
        'Get-TlsCertificate'
        'Start-TcpProxy'
        'Start-UdpProxy'
        'New-NetFault'
        'Add-NetFault'
        'Get-NetFault'
        'Set-NetFault'
        'Remove-NetFault'
        'Get-NetTranscript'
        'Format-NetTranscript'
        'Export-NetTranscript'
        'Import-NetTranscript'
        'Invoke-NetReplay'
        'Get-SocketInfo'
        'Get-SocketOption'
        'Set-SocketOption'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()

    PrivateData          = @{
        PSData = @{
            Tags         = @(
                'sockets', 'socket', 'tcp', 'udp', 'http', 'network', 'networking', 'server', 'client', 'netcat',
                'testing', 'pester', 'learning', 'Windows', 'Linux', 'MacOS', 'PSEdition_Core'
            )
            LicenseUri   = 'https://github.com/psnetlab/PSNetLab/blob/main/LICENSE'
            ProjectUri   = 'https://github.com/psnetlab/PSNetLab'
            ReleaseNotes = 'https://github.com/psnetlab/PSNetLab/blob/main/CHANGELOG.md'
        }
    }
}
