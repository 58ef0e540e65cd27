using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Who taps a connection sees its bytes, in the clear, in both directions, as they went.</summary>
public sealed class TransportTapTests
{
    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_tap_sees_what_comes_and_what_goes(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        Tape tape = new();
        pair.Server.Tap = tape;

        await pair.Client.SendAsync("to the server"u8.ToArray(), CancellationToken.None);
        while (tape.Received.Length < "to the server".Length)
        {
            await pair.Server.ReadSomeAsync(1000).Soon();
        }

        int sent = pair.Server.TrySend("at once, "u8);
        await pair.Server.SendAsync(
            Encoding.ASCII.GetBytes("at once, ")[sent..].Concat("in time"u8.ToArray()).ToArray(), CancellationToken.None).Soon();

        Assert.Equal("to the server", tape.Received);
        Assert.Equal("at once, in time", tape.Sent);
        Assert.Equal(tape.Times.Order(), tape.Times);
        Assert.InRange(tape.Times[0], 1, Stopwatch.GetTimestamp());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_tap_sees_the_content_of_a_file(TransportKind kind)
    {
        using TransportPair pair = await TransportPair.CreateAsync(kind);
        using WebFolder folder = new();
        string path = folder.Write("file", string.Concat(Enumerable.Repeat("0123456789", 20_000)));
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path);
        Tape tape = new();
        pair.Server.Tap = tape;

        Task<byte[]> reading = pair.Client.ReadToEndAsync();
        await pair.Server.SendFileAsync(file, 5, 150_000, _ => { }, CancellationToken.None).Soon();
        await pair.Server.ShutdownSendAsync(default);

        Assert.Equal(tape.Sent, Encoding.ASCII.GetString(await reading.Soon()));
        Assert.Equal(150_000, tape.Sent.Length);
    }

    [Fact]
    public async Task A_listener_takes_endpoints_that_are_not_of_IP()
    {
        string path = Path.Join(Path.GetTempPath(), $"psnetlab-{Guid.NewGuid():N}.sock");
        using StreamListener listener = StreamListener.Open(new UnixDomainSocketEndPoint(path), 5, fault => throw fault());
        try
        {
            using Socket client = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await client.ConnectAsync(new UnixDomainSocketEndPoint(path)).Soon();
            using Transport accepted = Transport.Create((await listener.AcceptAsync().Soon())!);
            using Transport connected = Transport.Create(client);

            await connected.SendAsync("no port"u8.ToArray(), CancellationToken.None);
            await connected.ShutdownSendAsync(default);

            Assert.Equal("no port", Encoding.ASCII.GetString(await accepted.ReadToEndAsync().Soon()));
            Assert.Equal(path, accepted.LocalEndPoint.ToString());
        }
        finally
        {
            File.Delete(path);
        }
    }

    private sealed class Tape : ITap
    {
        private readonly StringBuilder _received = new();
        private readonly StringBuilder _sent = new();

        internal string Received => _received.ToString();

        internal string Sent => _sent.ToString();

        internal List<long> Times { get; } = [];

        public void OnReceived(ReadOnlySpan<byte> bytes, long timestamp)
        {
            _received.Append(Encoding.ASCII.GetString(bytes));
            Times.Add(timestamp);
        }

        public void OnSent(ReadOnlySpan<byte> bytes, long timestamp)
        {
            _sent.Append(Encoding.ASCII.GetString(bytes));
            Times.Add(timestamp);
        }
    }
}
