using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that starts an HTTP server.</summary>
public abstract class StartWebServerCmdlet : StartStreamServerCmdlet
{
    /// <summary>The maximum size of a request line in bytes; a longer one gets 414. Default: 8192.</summary>
    [Parameter]
    [ValidateRange(64, 1024 * 1024)]
    [NoFiles]
    public int MaxRequestLineBytes { get; set; } = HttpLimits.Default.StartLineBytes;

    /// <summary>The maximum size of all header fields in bytes; more get 431. Default: 32768.</summary>
    [Parameter]
    [ValidateRange(64, 16 * 1024 * 1024)]
    [NoFiles]
    public int MaxHeaderBytes { get; set; } = HttpLimits.Default.HeaderBytes;

    /// <summary>The maximum number of header fields; more get 431. Default: 100.</summary>
    [Parameter]
    [ValidateRange(1, 10000)]
    [NoFiles]
    public int MaxHeaderCount { get; set; } = HttpLimits.Default.HeaderCount;

    /// <summary>The seconds a request may take to arrive, and a client may take to read each 16 KiB of the answer. Default: 30.</summary>
    [Parameter]
    [ValidateRange(0.1, SecondsPerDay)]
    [NoFiles]
    public double RequestTimeoutSec { get; set; } = HttpServerOptions.DefaultRequestTimeout.TotalSeconds;

    /// <summary>The seconds a connection may be idle between two requests. Default: 60.</summary>
    [Parameter]
    [ValidateRange(0.1, SecondsPerDay)]
    [NoFiles]
    public double KeepAliveTimeoutSec { get; set; } = HttpServerOptions.DefaultKeepAliveTimeout.TotalSeconds;

    /// <summary>Lets scripts from every other origin read the answers.</summary>
    [Parameter]
    public SwitchParameter Cors { get; set; }

    /// <summary>The user name and password that clients must send (HTTP Basic authentication).</summary>
    [Parameter]
    [Credential]
    [NoFiles]
    public PSCredential? Credential { get; set; }

    /// <summary>A file to which a line is appended for each request.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? LogPath { get; set; }

    /// <summary>
    /// The format of those lines: Common, or Combined, which adds the referring page and the user agent. Default:
    /// Combined.
    /// </summary>
    [Parameter]
    public AccessLogFormat LogFormat { get; set; } = AccessLogFormat.Combined;

    /// <summary>Opens the access log of -LogPath, with a callback for its faults; null without -LogPath.</summary>
    private protected Func<Action<NetLabException>, AccessLog>? OpenLog
    {
        get
        {
            string? path = LogPath is null ? null : GetUnresolvedProviderPathFromPSPath(LogPath);
            return path is null ? null : onFault => new AccessLog(path, LogFormat, onFault);
        }
    }

    /// <summary>Reads -Credential; null without it. Warns if it would be sent in clear text.</summary>
    private protected BasicCredential? ReadCredential(IPEndPoint endPoint)
    {
        if (Credential is null)
        {
            return null;
        }

        if (!UsesTls && !IPAddress.IsLoopback(endPoint.Address))
        {
            WriteWarning("Without -Tls, the password is sent over the network in clear text.");
        }

        return new BasicCredential(Credential.UserName, Credential.GetNetworkCredential().Password);
    }

    private protected override string[] DefaultAlpn => ["http/1.1"];

    /// <inheritdoc cref="StartStreamServerCmdlet.Complete"/>
    private protected TOptions CompleteWeb<TOptions>(TOptions options, IPEndPoint endPoint)
        where TOptions : HttpServerOptions
    {
        HttpServerOptions common = Complete(options, endPoint);
        return (TOptions)(common with
        {
            Limits = new() { StartLineBytes = MaxRequestLineBytes, HeaderBytes = MaxHeaderBytes, HeaderCount = MaxHeaderCount },
            RequestTimeout = TimeSpan.FromSeconds(RequestTimeoutSec),
            KeepAliveTimeout = TimeSpan.FromSeconds(KeepAliveTimeoutSec),
        });
    }
}
