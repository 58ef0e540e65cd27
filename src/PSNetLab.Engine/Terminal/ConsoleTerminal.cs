namespace PSNetLab.Engine.Terminal;

/// <summary>The console of this process, for one at a time; gives it back as it was.</summary>
/// <remarks>
/// Ctrl+C is a key meanwhile. Keys are looked for and never waited for: a read that is under way when the session ends would take the
/// next key away from the prompt.
/// </remarks>
internal sealed class ConsoleTerminal : ITerminal, IDisposable
{
    private const string TakenProblem = "another session has the console";

    private static int s_isTaken;

    private readonly bool _controlCBefore;
    private bool _isReturned;

    private ConsoleTerminal()
    {
        _controlCBefore = Console.TreatControlCAsInput;
        Console.TreatControlCAsInput = true;
    }

    /// <inheritdoc/>
    public int Columns => Console.WindowWidth;

    /// <inheritdoc/>
    public int Lines => Console.WindowHeight;

    /// <inheritdoc/>
    public bool HasKey => Console.KeyAvailable;

    /// <summary>Looks whether there is a console to take.</summary>
    /// <exception cref="NetLabException">It is redirected, or has no cursor, or somebody else has it.</exception>
    internal static void Check()
    {
        if (Problem() is { } problem)
        {
            throw NotInteractive(problem);
        }
    }

    /// <summary>Takes the console.</summary>
    /// <exception cref="NetLabException">There is none, or somebody else has it.</exception>
    internal static ConsoleTerminal Take()
    {
        Check();
        if (Interlocked.Exchange(ref s_isTaken, 1) == 1)
        {
            throw NotInteractive(TakenProblem);
        }

        try
        {
            return new ConsoleTerminal();
        }
        catch (IOException error)
        {
            Volatile.Write(ref s_isTaken, 0);
            throw NotInteractive($"the console does not take part: {error.Message}");
        }
    }

    /// <summary>The fault that there is no console to have a session at.</summary>
    internal static NetLabException NotInteractive(string why)
        => new(
            FaultKind.NotInteractive,
            $"A session needs a console with a keyboard and a screen, and {why}. In scripts and jobs, use Send-TcpMessage -Receive, or "
                + "Open-TcpConnection with Send-TcpMessage and Receive-TcpMessage.");

    /// <inheritdoc/>
    public ConsoleKeyInfo ReadKey() => Console.ReadKey(intercept: true);

    /// <inheritdoc/>
    public void Write(string text)
    {
        Console.Out.Write(text);
        Console.Out.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isReturned)
        {
            return;
        }

        _isReturned = true;
        try
        {
            Console.TreatControlCAsInput = _controlCBefore;
        }
        finally
        {
            Volatile.Write(ref s_isTaken, 0);
        }
    }

    private static string? Problem()
        => Console.IsInputRedirected ? "the input is redirected"
            : Console.IsOutputRedirected ? "the output is redirected"
            : Environment.GetEnvironmentVariable("TERM") == "dumb" ? "this terminal cannot move its cursor (TERM is dumb)"
            : Volatile.Read(ref s_isTaken) == 1 ? TakenProblem
            : null;
}
