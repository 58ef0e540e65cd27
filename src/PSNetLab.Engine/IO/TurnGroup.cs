namespace PSNetLab.Engine.IO;

/// <summary>The sockets of one server. However many there are, on each event loop they share the turns of one.</summary>
internal sealed class TurnGroup
{
    private readonly Share[] _shares = Array.ConvertAll(new Share[EpollLoop.MostLoops], _ => new Share());

    /// <summary>The group's part of one event loop.</summary>
    internal Share On(EpollLoop loop) => _shares[loop.Index];

    /// <summary>Those of the group that wait for their turn on one event loop. Only for the thread of the loop.</summary>
    internal sealed class Share
    {
        /// <summary>Those that had little to do lately.</summary>
        internal Queue<EpollSocket> Modest { get; } = new();

        /// <summary>Those that used up their last turns.</summary>
        internal Queue<EpollSocket> Greedy { get; } = new();
    }
}
