using System.Text;
using PSNetLab.Engine.Terminal;

namespace PSNetLab.Engine.Tests;

/// <summary>A session at a screen, and the connection at its other end.</summary>
internal sealed class SessionAtScreen : IDisposable
{
    private readonly ConnectionPair _pair;
    private readonly CancellationTokenSource _stop = new();

    private SessionAtScreen(ConnectionPair pair, TerminalScreen screen, PromptSessionOptions options)
    {
        _pair = pair;
        Screen = screen;
        Over = Task.Factory.StartNew(
            () => PromptSession.Run(pair.Client, screen, options, _stop.Token),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    internal TerminalScreen Screen { get; }

    /// <summary>Completes with the fault when the session is over.</summary>
    internal Task<NetLabException?> Over { get; }

    internal TcpConnection Own => _pair.Client;

    internal TcpConnection Peer => _pair.Server;

    internal static async Task<SessionAtScreen> StartAsync(
        Func<PromptSessionOptions, PromptSessionOptions>? change = null,
        string framing = "Raw",
        TransportKind? kind = null,
        int columns = 80,
        int lines = 24)
    {
        ConnectionPair pair = await ConnectionPair.CreateAsync(kind ?? TransportPair.Kinds[0], framing);
        PromptSessionOptions options = new() { Peer = "peer:1" };
        SessionAtScreen session = new(pair, new TerminalScreen(columns, lines), change?.Invoke(options) ?? options);
        await session.ShowsAsync("> |");
        return session;
    }

    /// <summary>Waits until the screen has a text.</summary>
    internal async Task ShowsAsync(string text)
    {
        try
        {
            await Waiting.Until(() => Screen.Text.Contains(text, StringComparison.Ordinal) || Over.IsFaulted);
        }
        catch (OperationCanceledException)
        {
            // The screen says more.
        }

        if (Over.IsFaulted)
        {
            await Over;
        }

        Assert.Contains(text, Screen.Text, StringComparison.Ordinal);
    }

    /// <summary>Sends bytes to the session as they are.</summary>
    internal Task SayAsync(byte[] bytes) => Peer.SendAsync(bytes, 0, CancellationToken.None).Soon();

    internal Task SayAsync(string text) => SayAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>What the session sends until there is so much of it.</summary>
    internal async Task<string> HearAsync(int bytes)
    {
        StringBuilder heard = new();
        while (heard.Length < bytes && await Peer.NextTextAsync() is { } text)
        {
            heard.Append(text);
        }

        return heard.ToString();
    }

    internal void Stop() => _stop.Cancel();

    public void Dispose()
    {
        _stop.Cancel();
        _pair.Dispose();
    }
}
