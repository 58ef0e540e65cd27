using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>A connection that a <see cref="StreamServer"/> serves. Disposing closes it, if nothing else has.</summary>
internal interface IServedConnection : IDisposable
{
    /// <summary>The milliseconds since anything was received or sent.</summary>
    long IdleMilliseconds { get; }

    /// <summary>The bytes and messages received and sent so far.</summary>
    Totals Totals { get; }

    /// <summary>Serves the connection to its end, and closes it.</summary>
    Task ServeAsync();

    /// <summary>Ends the connection if something took too long. Called from time to time, on another thread.</summary>
    void CheckDeadline();

    /// <summary>Called when the server is stopping: the connection must end soon, by itself.</summary>
    void BeginStop();

    /// <summary>Ends the connection at once, because the server is stopping.</summary>
    void Abort();
}
