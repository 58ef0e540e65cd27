using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>
/// Floods one server after the other, and sees how long bystanders wait. In a process of its own, so that no other test takes
/// part.
/// </summary>
internal static class FloodRun
{
    private const int Clients = 64;
    private const int TlsClients = 4;
    private const int ContentBytes = 4_000_000;

    // Where floods kept others from their turn, each answer took half a second and more. The median, because on a busy machine
    // the system itself keeps a process waiting now and then. Of a long time on the clock, only what this process worked meanwhile counts:
    // a server that serves others instead is never idle.
    private const double MostMilliseconds = 200;

    // By the clock, a busy machine makes of that what it likes; but not as much as a wake-up that is lost, which is no work at all.
    private const double MostClockMilliseconds = 5000;
    private const int LeastAnswers = 9;

    // After as much, the buffers of all flooded connections are full.
    private const int FirstBytes = 10_000_000;

    private static readonly TimeSpan s_duration = TimeSpan.FromMilliseconds(150);

    /// <returns>0 if nobody waited long.</returns>
    internal static async Task<int> RunAsync()
    {
        TcpServerOptions frames = new() { Framing = FramingParser.Parse("Length8"), Echo = true };
        await using TestServer bystander = new(frames, limit: 1000, WhenFull.Drop);
        await using TestUdpServer datagrams = new(new() { Echo = true }, limit: 1000, WhenFull.Drop);
        await using TestServer flooded = new(frames, limit: 1000, WhenFull.Drop);
        TcpServerOptions silent = frames with { Tls = Certificates.Tls, Echo = false };
        await using TestServer secure = new(silent, limit: 1000, WhenFull.Drop);
        await using TestUdpServer drowned = new(new() { Echo = true }, limit: 1000, WhenFull.Drop);
        using WebFolder folder = new();
        folder.Write("a.txt", "hello");
        await using TestHttpServer web = new(folder);

        HttpServerOptions options = new();
        StreamServer memory = StreamServer.Bind(options, new HttpStreamHandler(options, new MemoryHandler(new byte[ContentBytes])))
            .Started(new TestObserver());

        byte[] zeros = new byte[64 * 1024];
        byte[] requests =
            [.. Enumerable.Repeat("GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), 2000).SelectMany(request => request)];
        (string Name, Func<IDisposable> Start)[] floods =
        [
            ("empty messages", () => new Flood(Connect(flooded.EndPoint, Clients), zeros)),
            ("pipelined requests", () => new Flood(Connect(web.EndPoint, Clients), requests)),
            ("datagrams", () => new Flood(Connect(drowned.EndPoint, 4, ProtocolType.Udp), new byte[100])),
            ("content in memory", () => new Downloads(
                memory.LocalEndPoint, Clients, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), ContentBytes)),
            ("TLS", () => new TlsFlood(secure.EndPoint, zeros)),
        ];
        (string Name, Socket Socket)[] peers =
        [
            ("another server", Flood.Connect(bystander.EndPoint)),
            ("a UDP server", Flood.Connect(datagrams.EndPoint, ProtocolType.Udp)),
            ("the same server", Flood.Connect(flooded.EndPoint)),
        ];

        bool isGood = true;
        foreach ((string name, Func<IDisposable> start) in floods)
        {
            using IDisposable flood = start();
            await Waiting.Until(() => flood is not (Flood { Sent: < FirstBytes } or Downloads { Received: < FirstBytes }));
            foreach ((string whom, Socket peer) in peers)
            {
                (List<double> clock, List<double> work) = MeasureWaits(peer);
                (double byWork, double byClock) = (Median(work), Median(clock));
                Console.WriteLine($"{name}, {whom}: {work.Count} answers, median {byWork:f1} ms, "
                    + $"by the clock {byClock:f1} ms, at most {clock.Max():f1} ms");
                isGood &= byWork < MostMilliseconds && byClock < MostClockMilliseconds;
            }
        }

        memory.Stop();
        Array.ForEach(peers, peer => peer.Socket.Dispose());
        return isGood ? 0 : 1;
    }

    private static Socket[] Connect(EndPoint server, int count, ProtocolType protocol = ProtocolType.Tcp)
        => [.. Enumerable.Range(0, count).Select(_ => Flood.Connect(server, protocol))];

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>
    /// How many milliseconds each answer took; and the same, but no more than this process had a processor meanwhile.
    /// </summary>
    private static (List<double> Clock, List<double> Work) MeasureWaits(Socket peer)
    {
        List<double> waits = [];
        List<double> work = [];
        byte[] answer = new byte[2];
        using Process self = Process.GetCurrentProcess();
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < s_duration || waits.Count < LeastAnswers; Thread.Sleep(1))
        {
            TimeSpan worked = self.TotalProcessorTime;
            long start = Stopwatch.GetTimestamp();
            peer.Send([1, 42]);
            for (int read = 0; read < answer.Length;)
            {
                read += peer.Receive(answer.AsSpan(read));
            }

            double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            waits.Add(milliseconds);
            work.Add(Math.Min(milliseconds, (self.TotalProcessorTime - worked).TotalMilliseconds));
        }

        return (waits, work);
    }

    /// <summary>A flood that is encrypted, and so needs a thread for each client.</summary>
    private sealed class TlsFlood : IDisposable
    {
        private readonly SslStream[] _streams;

        internal TlsFlood(EndPoint server, byte[] bytes)
        {
            _streams = [.. Connect(server, TlsClients).Select(Secure)];
            foreach (SslStream stream in _streams)
            {
                new Thread(() => WriteAll(stream, bytes)) { IsBackground = true }.Start();
            }
        }

        public void Dispose() => Array.ForEach(_streams, stream => stream.Dispose());

        private static SslStream Secure(Socket socket)
        {
            SslStream stream = new(new NetworkStream(socket, ownsSocket: true));
            stream.AuthenticateAsClient(Certificates.ClientOptions);
            return stream;
        }

        private static void WriteAll(SslStream stream, byte[] bytes)
        {
            try
            {
                while (true)
                {
                    stream.Write(bytes);
                }
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
            {
                // This is the end of the flood.
            }
        }
    }
}
