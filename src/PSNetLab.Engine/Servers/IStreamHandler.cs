using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Servers;

/// <summary>Makes the connections of a <see cref="StreamServer"/>: the protocol that it speaks.</summary>
internal interface IStreamHandler
{
    /// <summary>
    /// The shortest time limit of a connection, which decides how often <see cref="IServedConnection.CheckDeadline"/> is
    /// called; null if there is no limit.
    /// </summary>
    TimeSpan? ShortestDeadline { get; }

    /// <summary>How many connections over the limit are served at a time, just to tell them that there is no room.</summary>
    int MostTurnedAway { get; }

    /// <summary>What happens to connections over the limit, to complete the sentence "New ones …".</summary>
    string FateOfTooMany { get; }

    /// <summary>Makes the connection for an accepted stream.</summary>
    /// <param name="transport">The stream, which the connection owns from now on.</param>
    /// <param name="host">The server.</param>
    /// <param name="isTurnedAway">Whether the connection is over the limit.</param>
    IServedConnection Connect(Transport transport, IServerHost host, bool isTurnedAway);

    /// <summary>Releases the handler's resources, after the last connection has ended.</summary>
    void Close();
}
