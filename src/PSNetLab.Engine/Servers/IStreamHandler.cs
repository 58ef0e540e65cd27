using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Servers;

/// <summary>What a <see cref="StreamServer"/> does with the streams it accepts.</summary>
internal interface IStreamHandler
{
    /// <summary>The shortest time after which a connection may have to be ended by <see cref="IServedConnection.CheckDeadline"/>; null for never.</summary>
    TimeSpan? ShortestDeadline { get; }

    /// <summary>How many connections beyond the limit are still served, only to be told that there is no room.</summary>
    int MostTurnedAway { get; }

    /// <summary>What happens to connections there is no room for, in words that continue a sentence.</summary>
    string FateOfTooMany { get; }

    /// <summary>Makes a connection of an accepted stream, which the connection then owns.</summary>
    /// <param name="transport">The stream.</param>
    /// <param name="host">The server.</param>
    /// <param name="isTurnedAway">Whether there is no room for it.</param>
    IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway);

    /// <summary>Releases what it holds, after its last connection has ended.</summary>
    void Close();
}
