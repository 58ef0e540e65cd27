using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Servers;

/// <summary>What a <see cref="StreamServer"/> does with the streams it accepts.</summary>
internal interface IStreamHandler
{
    /// <summary>The shortest time after which a connection may have to be ended by <see cref="IServedConnection.CheckDeadline"/>; null for never.</summary>
    TimeSpan? ShortestDeadline { get; }

    /// <summary>How many connections beyond the limit are served all the same, only to be told that there is no room.</summary>
    int MostTurnedAway { get; }

    /// <summary>What becomes of connections there is no room for, in words that go on a sentence.</summary>
    string FateOfTooMany { get; }

    /// <summary>Makes a connection of an accepted stream, which is then its own.</summary>
    /// <param name="transport">The stream.</param>
    /// <param name="host">The server.</param>
    /// <param name="isTurnedAway">Whether it is one of those there is no room for.</param>
    IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway);

    /// <summary>Gives back what it holds: its last connection has ended.</summary>
    void Close();
}
