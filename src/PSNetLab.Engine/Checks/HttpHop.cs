using System.Net;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Primitives;

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

    /// <summary>Where it redirects to, as received, with symbols in place of control characters; null for nowhere.</summary>
    public string? Location { get; internal set; }

    /// <summary>The address that accepted the connection; null if none did.</summary>
    public string? Address => Remote?.Address.ToString();

    /// <summary>Whether the connection of the hop before was used again.</summary>
    public bool Reused { get; internal set; }

    /// <summary>The milliseconds that the name took to resolve; null for an address, or a name that was known.</summary>
    public object? ResolveMilliseconds => FileValue.Of(Phases.Resolve);

    /// <summary>The milliseconds of connecting; null on a connection that was used again.</summary>
    public object? ConnectMilliseconds => FileValue.Of(Phases.Connect);

    /// <summary>The milliseconds of the TLS handshake; null without one.</summary>
    public object? TlsMilliseconds => FileValue.Of(Phases.Tls);

    /// <summary>The milliseconds until the system had taken the whole request.</summary>
    public object? SendMilliseconds => FileValue.Of(Phases.Send);

    /// <summary>The milliseconds from then until the first byte of the response, not counting interim ones.</summary>
    public object? WaitMilliseconds => FileValue.Of(Phases.Wait);

    /// <summary>The milliseconds from the first byte of the response to the last.</summary>
    public object? ReceiveMilliseconds => FileValue.Of(Phases.Receive);

    /// <summary>The milliseconds of all this together.</summary>
    public object TotalMilliseconds => FileValue.With(Phases.Total);

    /// <summary>How many bytes of the body arrived.</summary>
    public long Bytes { get; internal set; }

    internal HttpPhases Phases { get; set; }

    internal IPEndPoint? Remote { get; set; }

    /// <inheritdoc/>
    public override string ToString() => $"{Method} {Uri} {StatusCode}".TrimEnd();
}
