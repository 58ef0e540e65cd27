using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Jobs;

/// <summary>Runs the script blocks that say which chunks a fault is about.</summary>
/// <param name="caller">The cmdlet that starts the proxy.</param>
internal sealed class FaultScripts(PSCmdlet caller) : IFaultScripts, IDisposable
{
    private const int AtOnce = 4;

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly ScriptRunner _runner = new(caller, AtOnce);

    /// <summary>The job whose streams get errors and the rest. Set before the first connection.</summary>
    internal NetJob? Job { get; set; }

    /// <inheritdoc/>
    public async Task<bool> TestAsync(object script, NetFault fault, ProxyChunk chunk, CancellationToken left)
    {
        ConditionOutput output = new();
        try
        {
            bool hasEnded = await _runner.RunAsync(
                (JobScript)script, chunk, Job!, output, s_limit, cancellationToken: left, left: left).ConfigureAwait(false);
            return hasEnded && output.IsTrue;
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error)
        {
            if (!_runner.IsStopped)
            {
                string what = $"{chunk.Length} bytes of {chunk.Client} for the fault '{fault.Name}'";
                Job!.Write(Errors.Record(
                    ScriptRunner.Fault(error, what, "The fault did not act on them; the proxy goes on."), chunk.Client));
            }

            return false;
        }
    }

    /// <inheritdoc cref="ScriptRunner.Stop"/>
    internal void Stop() => _runner.Stop();

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();
}
