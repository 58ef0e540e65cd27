using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>A connection that a <see cref="StreamServer"/> serves. Disposing of it closes it, if nothing else has.</summary>
internal interface IServedConnection : IDisposable
{
    /// <summary>How long nothing has come or gone.</summary>
    long IdleMilliseconds { get; }

    /// <summary>What has come and gone so far.</summary>
    Totals Totals { get; }

    /// <summary>Serves it to its end, and closes it.</summary>
    Task ServeAsync();

    /// <summary>Ends what has taken too long. Called from time to time, on another thread.</summary>
    void CheckDeadline();

    /// <summary>Says that the server stops: the connection is to end soon, by itself.</summary>
    void BeginStop();

    /// <summary>Ends the connection at once, because the server stops.</summary>
    void Abort();
}
