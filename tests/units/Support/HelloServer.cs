using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>A server whose answer to each ClientHello is said by a test, or given by the runtime.</summary>
internal sealed class HelloServer : IAsyncDisposable
{
    private readonly Socket _listener = StreamListener.Bind(new IPEndPoint(IPAddress.Loopback, 0), 64);
    private readonly Func<Stream, byte[], Task> _serve;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _clients = [];
    private readonly Task _accepting;
    private int _atATime;

    private HelloServer(Func<Stream, byte[], Task> serve, bool readsHello)
    {
        _serve = serve;
        _accepting = AcceptAsync(readsHello);
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>How many connections there were.</summary>
    internal int Connections { get; private set; }

    /// <summary>Answers each hello with bytes, and then closes; null closes without a word.</summary>
    internal static HelloServer Answering(Func<byte[], byte[]?> answer)
        => new(async (stream, hello) => await stream.WriteAsync(answer(hello) ?? []), readsHello: true);

    /// <summary>Does as the test says from the start.</summary>
    internal static HelloServer Doing(Func<Stream, Task> serve) => new((stream, _) => serve(stream), readsHello: false);

    /// <summary>Shakes hands with a certificate, if the test lets a hello pass; otherwise it closes without a word.</summary>
    internal static HelloServer Serving(SslServerAuthenticationOptions options, Func<byte[], bool>? passes = null, int most = int.MaxValue)
    {
        HelloServer? server = null;
        return server = new(
            async (stream, hello) =>
            {
                try
                {
                    if (Interlocked.Increment(ref server!._atATime) <= most && passes?.Invoke(hello) != false)
                    {
                        await ShakeAsync(new Replay(hello, stream), options);
                    }
                }
                finally
                {
                    Interlocked.Decrement(ref server!._atATime);
                }
            },
            readsHello: true);
    }

    /// <summary>Does the handshake, and reads until the client ends.</summary>
    internal static async Task ShakeAsync(Stream stream, SslServerAuthenticationOptions options)
    {
        using SslStream tls = new(stream);
        await tls.AuthenticateAsServerAsync(options);
        _ = await tls.ReadAsync(new byte[1]);
        await tls.ShutdownAsync();
    }

    /// <summary>Whether a hello offers TLS 1.3.</summary>
    internal static bool IsNewest(byte[] hello)
        => hello.AsSpan().IndexOf((byte[])[0, 43, 0, 3, 2, 3, 4]) > 0 || hello.AsSpan().IndexOf((byte[])[0, 43, 0, 5, 4, 3, 4, 3, 3]) > 0;

    /// <summary>The version in a hello, which is at most TLS 1.2.</summary>
    internal static ushort Version(byte[] hello) => (ushort)((hello[9] << 8) | hello[10]);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.Soon();
        await Task.WhenAll(_clients).Soon();
        _stop.Dispose();
    }

    private async Task AcceptAsync(bool readsHello)
    {
        try
        {
            while (true)
            {
                Socket client = await _listener.AcceptAsync(_stop.Token);
                Connections++;
                _clients.Add(ServeAsync(client, readsHello));
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket client, bool readsHello)
    {
        await using NetworkStream stream = new(client, ownsSocket: true);
        using CancellationTokenRegistration end = _stop.Token.Register(client.Dispose);
        try
        {
            byte[] hello = [];
            if (readsHello)
            {
                byte[] header = new byte[5];
                await stream.ReadExactlyAsync(header);
                byte[] body = new byte[(header[3] << 8) | header[4]];
                await stream.ReadExactlyAsync(body);
                hello = [.. header, .. body];
            }

            await _serve(stream, hello);
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            // Clients come and go as they like.
        }
    }

    /// <summary>A stream from which some bytes have been read already.</summary>
    private sealed class Replay(byte[] first, Stream inner) : Stream
    {
        private int _used;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_used == first.Length)
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }

            int count = Math.Min(buffer.Length, first.Length - _used);
            first.AsMemory(_used, count).CopyTo(buffer);
            _used += count;
            return count;
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
            => inner.WriteAsync(buffer, cancellationToken);

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
