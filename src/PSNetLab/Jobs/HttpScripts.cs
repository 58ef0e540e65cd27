using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>Runs the script blocks of the routes of a web server.</summary>
/// <param name="caller">The cmdlet that starts the server.</param>
/// <param name="throttleLimit">How many may run at once.</param>
/// <param name="limit">How long one may run.</param>
internal sealed partial class HttpScripts(PSCmdlet caller, int throttleLimit, TimeSpan limit) : IStubScripts, IDisposable
{
    /// <summary>The most bytes that one answer may have.</summary>
    internal const int MostBytes = 256 * 1024 * 1024;

    internal ScriptRunner Runner { get; } = new(caller, throttleLimit);

    /// <summary>The job whose streams get errors and the rest. Set before the first request.</summary>
    internal HttpServerJob? Job { get; set; }

    /// <inheritdoc/>
    public async Task<StubAnswer?> AnswerAsync(StubAnswer answer, HttpRequestRecord request)
    {
        AnswerOutput output = new(answer, MostBytes);
        return await RunAsync((JobScript)answer.Script!, request, output, "The client got 500; the server goes on.").ConfigureAwait(false)
            ? output.Answer
            : null;
    }

    /// <inheritdoc/>
    public async Task<bool> TestAsync(object script, HttpRequestRecord request)
    {
        ConditionOutput output = new();
        return await RunAsync((JobScript)script, request, output, "The route was passed over; the server goes on.").ConfigureAwait(false)
            && output.IsTrue;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Runner.Dispose();
        _streams.Dispose();
    }

    private async Task<bool> RunAsync<T>(JobScript script, HttpRequestRecord request, T output, string consequence)
        where T : IScriptOutput, ICheckedOutput
    {
        try
        {
            bool hasEnded = await Runner.RunAsync(script, request, Job!, output, limit).ConfigureAwait(false);
            output.ThrowIfFailed();
            return hasEnded;
        }
        catch (Exception error)
        {
            Report(Runner, error, request, consequence);
            return false;
        }
    }

    private void Report(ScriptRunner runner, Exception error, HttpRequestRecord request, string consequence)
    {
        if (!runner.IsStopped)
        {
            string what = $"{request.Method} {PeerText.Visible(request.Target)} of {request.Remote}";
            Job!.Write(Errors.Record(ScriptRunner.Fault(error, what, consequence), request.Remote));
        }
    }
}
