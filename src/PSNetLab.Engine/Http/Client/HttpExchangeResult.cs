using System.Net;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What Send-HttpRequest sent and what came back.</summary>
public sealed class HttpExchangeResult
{
    internal HttpExchangeResult(string uri, HttpSentRequest request, HttpPhases phases, IPEndPoint local, IPEndPoint remote)
    {
        Uri = uri;
        Request = request;
        Phases = phases;
        Local = local;
        Remote = remote;
    }

    /// <summary>The URI, as it was understood.</summary>
    public string Uri { get; }

    /// <summary>The status code; null without a response.</summary>
    public int? StatusCode => Response?.StatusCode;

    /// <summary>The request.</summary>
    public HttpSentRequest Request { get; }

    /// <summary>The response, or as much of it as arrived; null if nothing did.</summary>
    public HttpReceivedResponse? Response { get; internal init; }

    /// <summary>The interim responses (1xx) before it.</summary>
    public TextList<object> Informational { get; internal init; } = new([]);

    /// <summary>Whether the response arrived completely.</summary>
    public bool Complete { get; internal init; }

    /// <summary>Why it did not; null if it did.</summary>
    public string? Reason { get; internal init; }

    /// <summary>What a strict reader refuses in the request and the response, and what else is unusual.</summary>
    public TextList<string> Remarks { get; internal init; } = new([]);

    /// <summary>The milliseconds that the name took to resolve; null for an address, and on a connection that was open.</summary>
    public object? ResolveMilliseconds => FileValue.Of(Phases.Resolve);

    /// <summary>The milliseconds of connecting; null on a connection that was open.</summary>
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

    /// <summary>The address and port on this side, as text that has an Address and a Port.</summary>
    public object LocalEndPoint => EndPointText.Of(Local);

    /// <summary>The address and port of the server, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(Remote);

    /// <summary>The version of TLS, its algorithms, and the certificate of the server; null without TLS.</summary>
    public TlsInfo? Tls { get; internal init; }

    /// <summary>When it began, in local time.</summary>
    public object Time => FileValue.With(Began);

    internal HttpPhases Phases { get; }

    internal IPEndPoint Local { get; }

    internal IPEndPoint Remote { get; }

    internal DateTime Began { get; init; } = DateTime.Now;

    /// <inheritdoc/>
    public override string ToString() => $"{Request.Method} {Uri} {StatusCode}".TrimEnd();
}
