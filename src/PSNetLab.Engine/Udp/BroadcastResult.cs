using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>The result of a broadcast on one interface.</summary>
public sealed class BroadcastResult
{
    private readonly DateTime _time;

    internal BroadcastResult(string alias, IPAddress source, IPAddress broadcast, int bytes, string? error)
    {
        _time = DateTime.Now;
        Interface = alias;
        Source = source.ToString();
        BroadcastAddress = broadcast.ToString();
        Bytes = bytes;
        Error = error;
    }

    /// <summary>When it was sent, in local time.</summary>
    public object Time => FileValue.With(_time);

    /// <summary>The interface it was sent from.</summary>
    public string Interface { get; }

    /// <summary>The address it was sent from.</summary>
    public string Source { get; }

    /// <summary>The address it was sent to.</summary>
    public string BroadcastAddress { get; }

    /// <summary>The number of bytes sent; 0 after an error.</summary>
    public int Bytes { get; }

    /// <summary>Why it was not sent; null if it was.</summary>
    public string? Error { get; }
}
