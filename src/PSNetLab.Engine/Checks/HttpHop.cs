using System.Net;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab;

/// <summary>One request of Test-HttpEndpoint, of which redirects make several.</summary>
public sealed class HttpHop
{
    internal HttpHop(string method, string uri)
    {
        Method = method;
        Uri = uri;
    }

    /// <summary>The method.</summary>
    public string Method { get; }

    /// <summary>The URI that was asked for.</summary>
    public string Uri { get; }

    /// <summary>The status code; null without a response.</summary>
    public int? StatusCode { get; internal set; }

    /// <summary>Where it redirects to, as received; null for nowhere.</summary>
    public string? Location { get; internal set; }

    /// <summary>The address that accepted the connection; null if none did.</summary>
    public string? Address => Remote?.Address.ToString();

    /// <summary>Whether the connection of the hop before was used again.</summary>
    public bool Reused { get; internal set; }

    /// <summary>The milliseconds that the name took to resolve; null for an address, or a name that was known.</summary>
    public double? ResolveMilliseconds => Phases.Resolve;

    /// <summary>The milliseconds of connecting; null on a connection that was used again.</summary>
    public double? ConnectMilliseconds => Phases.Connect;

    /// <summary>The milliseconds of the TLS handshake; null without one.</summary>
    public double? TlsMilliseconds => Phases.Tls;

    /// <summary>The milliseconds until the system had taken the whole request.</summary>
    public double? SendMilliseconds => Phases.Send;

    /// <summary>The milliseconds from then until the first byte of the response, not counting interim ones.</summary>
    public double? WaitMilliseconds => Phases.Wait;

    /// <summary>The milliseconds from the first byte of the response to the last.</summary>
    public double? ReceiveMilliseconds => Phases.Receive;

    /// <summary>The milliseconds of all this together.</summary>
    public double TotalMilliseconds => Phases.Total;

    /// <summary>How many bytes of the body arrived.</summary>
    public long Bytes { get; internal set; }

    internal HttpPhases Phases { get; set; }

    internal IPEndPoint? Remote { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Uri} {StatusCode}".TrimEnd();
}
