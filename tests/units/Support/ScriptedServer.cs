using System.Net;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Tests;

/// <summary>A server with plain sockets that does with each of its connections what a script says.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Task _accepting;

    /// <param name="script">Gets the connection and its number, from 0.</param>
    internal ScriptedServer(Func<Peer, int, Task> script)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(64);
        _accepting = AcceptAsync(script);
    }

    /// <summary>A server that reads each request and answers it with the next of these texts, then closes.</summary>
    internal ScriptedServer(params string[] answers)
        : this(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(answers[Math.Min(number, answers.Length - 1)]);
        })
    {
    }

    internal IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    internal HttpUri Uri => HttpUri.Parse($"http://{EndPoint}/");

    /// <summary>How many connections there were.</summary>
    internal int Connections { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.Soon();
    }

    private async Task AcceptAsync(Func<Peer, int, Task> script)
    {
        List<Task> serving = [];
        try
        {
            while (true)
            {
                Socket accepted = await _listener.AcceptAsync();
                accepted.NoDelay = true;
                serving.Add(ServeAsync(new Peer(accepted), Connections++, script));
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(serving);
        }
    }

    private static async Task ServeAsync(Peer peer, int number, Func<Peer, int, Task> script)
    {
        using (peer)
        {
            try
            {
                await script(peer, number);
            }
            catch (Exception error) when (error is IOException or ObjectDisposedException or EndOfStreamException)
            {
                // The client has left.
            }
        }
    }
}

internal static class PeerRequests
{
    /// <summary>The head of the next request, byte by byte, so that what follows stays in the socket.</summary>
    internal static async Task<string> ReadHeadAsync(this Peer peer)
    {
        StringBuilder head = new();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            head.Append((char)(await peer.ReadAsync(1))[0]);
        }

        return head.ToString();
    }

    /// <summary>Answers one request after the other, and waits for the end.</summary>
    internal static async Task AnswerAllAsync(this Peer peer, params string[] answers)
    {
        foreach (string answer in answers)
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(answer);
        }

        await peer.ReadToEndAsync();
    }
}
