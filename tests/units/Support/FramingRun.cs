using System.Net;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>A frame reader with everything that came out of it.</summary>
internal sealed class FramingRun(MessageFraming framing, int limit = 1 << 20)
{
    private static readonly IPEndPoint s_peer = new(IPAddress.Loopback, 1);

    internal FrameReader Reader { get; } = new(framing, limit);

    internal List<byte[]> Frames { get; } = [];

    internal List<int> Reads { get; } = [];

    internal FrameStatus Status { get; private set; }

    /// <summary>The length of the last frame, or what is known of one that is too long.</summary>
    internal long Length { get; private set; }

    internal static MessageFraming Framing(string name) => FramingParser.Parse(name);

    internal static byte[] Encode(MessageFraming framing, byte[] payload)
    {
        byte[] frame = new byte[framing.EncodedLength(payload)];
        framing.Encode(payload, frame);
        return frame;
    }

    internal static byte[] Encode(MessageFraming framing, IEnumerable<byte[]> payloads)
        => [.. payloads.SelectMany(payload => Encode(framing, payload))];

    /// <summary>One read of a socket, or as many as the buffer needs for it, in one lease each or all in one.</summary>
    internal FramingRun Read(ReadOnlySpan<byte> bytes, bool park = true)
    {
        while (!bytes.IsEmpty)
        {
            using FrameReader.Lease lease = Reader.Lend();
            do
            {
                Span<byte> buffer = lease.Free;
                int count = Math.Min(bytes.Length, buffer.Length);
                bytes[..count].CopyTo(buffer);
                lease.Advance(count);
                bytes = bytes[count..];
                Drain();
            }
            while (!park && !bytes.IsEmpty);
        }

        return this;
    }

    internal byte[] TakeRest() => Reader.TakeRest().ToArray();

    private void Drain()
    {
        while (true)
        {
            Status = Reader.TryRead(out ReadOnlySpan<byte> payload, out long length);
            Length = length;
            if (Status == FrameStatus.Undecided)
            {
                // Whoever is asked in these tests answers at once.
                Task deciding = Reader.DecideAsync(s_peer, CancellationToken.None).AsTask();
                Assert.True(deciding.IsCompleted);
                deciding.GetAwaiter().GetResult();
                continue;
            }

            if (Status != FrameStatus.Complete)
            {
                return;
            }

            Assert.Equal(length, payload.Length);
            Frames.Add(payload.ToArray());
            Reads.Add(Reader.Reads);
        }
    }
}
