using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>Runs the script blocks of a framing, for one server or one connection.</summary>
/// <remarks>
/// Apart from other scripts: an answer that is being sent waits for the framing, so the framing must never wait for answers.
/// </remarks>
internal sealed class FramingScripts : IFramingScripts, IDisposable
{
    // A script that looks at a few bytes has no reason to take longer.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // A script that runs on after an error would return a wrong place in the stream, so every error ends it.
    private static readonly ScriptVariable[] s_variables = [new("ErrorActionPreference", ActionPreference.Stop)];

    private readonly ScriptRunner _runner;
    private readonly JobScript _parse;
    private readonly JobScript? _format;
    private readonly Encoding _encoding;

    private FramingScripts(FramingBlocks blocks, PSCmdlet caller, int throttleLimit, Encoding encoding)
    {
        _runner = new ScriptRunner(caller, throttleLimit);
        _parse = new JobScript(blocks.Parse, caller);
        _format = blocks.Format is null ? null : new JobScript(blocks.Format, caller);
        _encoding = encoding;
    }

    /// <summary>The job whose streams get what the scripts write; null for none.</summary>
    internal NetJob? Job { get; set; }

    /// <summary>The framing with something that runs its scripts, if it has any.</summary>
    /// <param name="framing">The framing as -Framing was read.</param>
    /// <param name="caller">The cmdlet with that parameter.</param>
    /// <param name="throttleLimit">How many scripts may run at once.</param>
    /// <param name="encoding">How text becomes bytes.</param>
    internal static MessageFraming Bind(MessageFraming framing, PSCmdlet caller, int throttleLimit, Encoding encoding)
        => framing is ScriptFraming { Script: FramingBlocks blocks }
            ? new ScriptFraming(blocks, new FramingScripts(blocks, caller, throttleLimit, encoding))
            : framing.In(encoding);

    /// <summary>The scripts of a framing; null if it has none.</summary>
    internal static FramingScripts? Of(MessageFraming framing) => (framing as ScriptFraming)?.Scripts as FramingScripts;

    /// <summary>Ends the scripts of a connection with it.</summary>
    internal static void EndWith(TcpConnection connection)
    {
        if (Of(connection.Frames) is { } scripts)
        {
            connection.Ended.ContinueWith(_ => scripts.Dispose(), TaskScheduler.Default);
        }
    }

    /// <inheritdoc cref="ScriptRunner.Prepare"/>
    internal void Prepare() => _runner.Prepare();

    /// <inheritdoc cref="ScriptRunner.Stop"/>
    internal void Stop() => _runner.Stop();

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();

    /// <inheritdoc/>
    public Task<FrameVerdict> ParseAsync(byte[] bytes, EndPoint peer, CancellationToken cancellationToken)
    {
        VerdictOutput output = new(bytes.Length);
        string what = $"the Parse of -Framing, with {ByteCount(bytes)} from {peer}";
        return RunAsync(_parse, bytes, output, output.Read, what, "The connection was closed.", cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<byte[]> FormatAsync(byte[] payload, EndPoint peer, CancellationToken cancellationToken)
    {
        if (_format is null)
        {
            return payload;
        }

        FrameOutput output = new(_encoding);
        string what = $"the Format of -Framing, with a message of {ByteCount(payload)} to {peer}";
        return await RunAsync(_format, payload, output, output.Read, what, "It was not sent.", cancellationToken).ConfigureAwait(false);
    }

    private static string ByteCount(byte[] bytes) => bytes.Length == 1 ? "1 byte" : $"{bytes.Length} bytes";

    private async Task<T> RunAsync<T>(
        JobScript script, byte[] input, IScriptOutput output, Func<T> read, string what, string consequence,
        CancellationToken cancellationToken)
    {
        await LoopThread.Leave();
        try
        {
            if (await _runner.RunAsync(script, input, Job, output, s_limit, s_variables, cancellationToken, cancellationToken)
                .ConfigureAwait(false))
            {
                return read();
            }
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw ScriptRunner.Fault(error, what, consequence, FaultKind.FramingScriptFailed);
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new ObjectDisposedException(nameof(FramingScripts)); // its server or connection has ended
    }
}
