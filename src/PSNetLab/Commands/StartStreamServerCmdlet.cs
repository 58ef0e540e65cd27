using System.Management.Automation;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Binding;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that starts a server of connections.</summary>
public abstract class StartStreamServerCmdlet : StartServerCmdlet
{
    /// <summary>The maximum number of open connections; more are refused and counted in Refused. Default: 1024.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int MaxConnections { get; set; } = StreamServerOptions.DefaultMaxConnections;

    /// <summary>Uses TLS; without -Certificate, with a self-signed certificate for localhost.</summary>
    [Parameter]
    public SwitchParameter Tls { get; set; }

    /// <summary>The certificate with its private key: an X509Certificate2, or the path of a PFX or PEM file. Implies -Tls.</summary>
    [Parameter]
    [CertificateTransformation]
    public X509Certificate2? Certificate { get; set; }

    private protected bool UsesTls => Tls || Certificate is not null;

    /// <summary>The options of a server with the parameters that are declared here.</summary>
    private protected TOptions Complete<TOptions>(TOptions options, IPEndPoint endPoint)
        where TOptions : StreamServerOptions
    {
        StreamServerOptions common = options;
        return (TOptions)(common with
        {
            EndPoint = endPoint,
            MaxConnections = MaxConnections,
            Certificate = UsesTls ? ServerCertificates.Context(Certificate) : null,
            Filter = CreateFilter(),
        });
    }
}
