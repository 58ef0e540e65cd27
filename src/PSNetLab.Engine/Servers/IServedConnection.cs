using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Servers;

/// <summary>A connection that a <see cref="StreamServer{TConnection}"/> serves.</summary>
internal interface IServedConnection
{
    /// <summary>A number that tells it from every other of this process.</summary>
    int Id { get; }

    /// <summary>How long nothing has come or gone.</summary>
    long IdleMilliseconds { get; }

    /// <summary>What has come and gone so far.</summary>
    Totals Totals { get; }

    /// <summary>Says that the server stops: the connection is to end soon, by itself.</summary>
    void BeginStop();

    /// <summary>Ends the connection at once, because the server stops.</summary>
    void Abort();
}
