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

    /// <summary>Called with a request that no route answers, and why. Must not block.</summary>
    internal Action<HttpRequestRecord, string>? OnUnmatched { get; init; }
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

    /// <summary>Asks a script whether a request is the right one.</summary>
    Task<bool> TestAsync(object script, HttpRequestRecord request);
}
