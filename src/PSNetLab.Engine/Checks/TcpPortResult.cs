using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>What Test-TcpPort and Wait-TcpPort found out about a port.</summary>
public sealed class TcpPortResult
{
    internal TcpPortResult(string computerName, int port)
    {
        ComputerName = computerName;
        Port = port;
    }

    /// <summary>The name or address as it was given.</summary>
    public string ComputerName { get; }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>The address that was tried; null if there is none. Of several, the one that accepted, or that told the most.</summary>
    public string? Address => Remote?.ToString();

    /// <summary>What became of the attempt.</summary>
    public TcpPortStatus Status { get; internal init; }

    /// <summary>Whether the port is open.</summary>
    public bool Open => Status == TcpPortStatus.Open;

    /// <summary>The milliseconds until the connection was accepted or refused; null if there was no answer.</summary>
    public object? LatencyMilliseconds => FileValue.Of(Latency?.TotalMilliseconds);

    /// <summary>The milliseconds that the name took to resolve, once or again for a later attempt; null for an address.</summary>
    public object? ResolveMilliseconds => FileValue.Of(ResolveTime?.TotalMilliseconds);

    /// <summary>How often the first segment was sent again before there was an answer; null where the system does not say.</summary>
    public int? Retransmits { get; internal init; }

    /// <summary>
    /// The first text the service sent, with symbols in place of what could command a terminal; null unless it was asked for.
    /// </summary>
    public string? Banner => Text is null ? null : PeerText.Lines(Text);

    /// <summary>The bytes of <see cref="Banner"/>.</summary>
    public object? BannerBytes => FileValue.Of(Said);

    /// <summary>The address and port on this side, as text that has an Address and a Port; null without a connection.</summary>
    public object? LocalEndPoint => Local is null ? null : EndPointText.Of(Local);

    /// <summary>The number of the attempt, from 1.</summary>
    public int Attempt { get; internal init; } = 1;

    /// <summary>When the attempt began, in local time.</summary>
    public object Time => FileValue.With(Began);

    /// <summary>Why the port is not open, and what to do; null if it is.</summary>
    public string? Reason { get; internal set; }

    /// <summary>Whether it was this machine that kept an attempt from saying anything about the port.</summary>
    internal bool IsDoubtful { get; set; }

    /// <summary>Whether an address did not answer, or was not even tried, because the time was over.</summary>
    internal bool LacksAnswers { get; set; }

    /// <summary>Whether that time was too short to say anything about the port.</summary>
    internal bool IsCutShort { get; set; }

    internal IPAddress? Remote { get; init; }

    internal IPEndPoint? Local { get; init; }

    internal TimeSpan? Latency { get; init; }

    internal TimeSpan? ResolveTime { get; init; }

    /// <summary>The banner as it was sent.</summary>
    internal string? Text { get; init; }

    internal byte[]? Said { get; init; }

    internal DateTime Began { get; init; } = DateTime.Now;

    /// <inheritdoc/>
    public override string ToString()
    {
        string took = Latency is { } latency ? $" in {TimeText.Milliseconds(latency)}" : string.Empty;
        return $"{Addresses.Join(ComputerName, Port)} {Status}{took}";
    }
}
