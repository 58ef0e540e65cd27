using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>The options of a web server of routes. The cmdlet has the same defaults.</summary>
internal sealed record StubOptions : HttpServerOptions
{
    internal const int DefaultMaxBodyBytes = 16 * 1024 * 1024;

    /// <summary>The longest body that is accepted; a longer one gets 413.</summary>
    internal int MaxBodyBytes { get; init; } = DefaultMaxBodyBytes;

    /// <summary>Whether scripts of any origin may read the answers.</summary>
    internal bool Cors { get; init; }

    /// <summary>The user name and password that requests must have; null for none.</summary>
    internal BasicCredential? Credential { get; init; }

    /// <summary>How many requests are kept for assertions; 0 for none.</summary>
    internal int JournalLimit { get; init; }

    /// <summary>Runs the scripts of routes; null if there can be none.</summary>
    internal IStubScripts? Scripts { get; init; }

    /// <summary>Answers the requests that no route answers; null for nobody.</summary>
    internal IUpstream? Upstream { get; init; }

    /// <summary>Takes secrets out of what is shown of requests and routes; null to show them.</summary>
    internal ISecrets? Secrets { get; init; }

    /// <summary>Called with a request that no route answers, and why. Must not block.</summary>
    internal Action<HttpRequestRecord, string>? OnUnmatched { get; init; }
}

/// <summary>Takes secrets out of texts.</summary>
internal interface ISecrets
{
    /// <summary>What stands in place of a secret.</summary>
    internal const string Mark = "***";

    /// <summary>A path or URI without its secrets.</summary>
    string RedactTarget(string target);

    /// <summary>The value of a header field or of a parameter without its secrets.</summary>
    string RedactValue(string name, string value);

    /// <summary>
    /// A body without its secrets; the same bytes if there are none, or if it is no text; null if they cannot be taken out of it.
    /// </summary>
    byte[]? RedactBody(byte[] body, string contentType);
}

/// <summary>Runs the scripts of routes. The engine does not know what they are.</summary>
internal interface IStubScripts
{
    /// <summary>Has a script answer a request.</summary>
    /// <param name="answer">The answer of the route, with its script, and with the status and fields that hold unless the script says
    /// otherwise.</param>
    /// <param name="request">The request.</param>
    /// <returns>The answer; null if the script failed, which it has reported.</returns>
    Task<StubAnswer?> AnswerAsync(StubAnswer answer, HttpRequestRecord request);

    /// <summary>Has a script talk on a WebSocket: its output is sent as it comes. Failures are reported and not thrown.</summary>
    /// <param name="script">The script.</param>
    /// <param name="input">The message, or the request that opened it.</param>
    /// <param name="connection">The WebSocket.</param>
    /// <param name="left">Ends a script that goes on for as long as its client stays; of others, the time is limited.</param>
    Task TalkAsync(object script, HttpRequestRecord input, WebSocketConnection connection, CancellationToken left);

    /// <summary>Has a script put out events, until it ends or the client leaves. Failures are reported and not thrown.</summary>
    /// <param name="script">The script.</param>
    /// <param name="request">The request.</param>
    /// <param name="send">Sends an event.</param>
    /// <param name="left">Ends it.</param>
    Task StreamAsync(object script, HttpRequestRecord request, Func<ServerSentEvent, Task> send, CancellationToken left);

    /// <summary>Asks a script whether a request is the right one.</summary>
    Task<bool> TestAsync(object script, HttpRequestRecord request);
}
