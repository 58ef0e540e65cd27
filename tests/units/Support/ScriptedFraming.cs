using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Stands for the script blocks of a framing.</summary>
internal sealed class ScriptedFraming(Func<byte[], Task<FrameVerdict>> parse, Func<byte[], byte[]>? format = null) : IFramingScripts
{
    private const int Header = 2;

    private readonly ConcurrentDictionary<EndPoint, bool> _running = new();

    internal ScriptedFraming(Func<byte[], FrameVerdict> parse)
        : this(bytes => Task.FromResult(parse(bytes)))
    {
    }

    /// <summary>Messages after their length in 2 bytes, as Length16 has them.</summary>
    internal static ScriptedFraming Length16 => new(
        bytes => Task.FromResult(Parse(bytes)),
        payload => [(byte)(payload.Length >> 8), (byte)payload.Length, .. payload]);

    internal ScriptFraming Framing => new("script", this);

    /// <summary>How many bytes it got each time.</summary>
    internal List<int> Seen { get; } = [];

    internal static FrameVerdict Parse(byte[] bytes)
    {
        if (bytes.Length < Header)
        {
            return FrameVerdict.Incomplete(bytes.Length);
        }

        int length = Header + BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return bytes.Length < length
            ? FrameVerdict.Incomplete(bytes.Length, length, Header)
            : FrameVerdict.Complete(bytes.Length, length, Header, null, null);
    }

    public async Task<FrameVerdict> ParseAsync(byte[] bytes, EndPoint peer, CancellationToken cancellationToken)
    {
        LoopThread.AssertLeft();
        Assert.True(_running.TryAdd(peer, true), "Asked twice at once about one connection");
        lock (Seen)
        {
            Seen.Add(bytes.Length);
        }

        try
        {
            return await parse(bytes);
        }
        finally
        {
            _running.TryRemove(peer, out _);
        }
    }

    public async ValueTask<byte[]> FormatAsync(byte[] payload, EndPoint peer, CancellationToken cancellationToken)
    {
        await LoopThread.Leave();
        return format is null ? payload : format(payload);
    }
}
