using System.Collections.Concurrent;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Jobs;

/// <summary>Runs the script block that answers messages, in runspaces of its own: never on a socket thread, and so many at once as its throttle limit.</summary>
internal sealed class ReplyScript : IDisposable
{
    private static readonly TimeSpan s_stopGrace = TimeSpan.FromSeconds(1);

    private readonly ConcurrentBag<Runspace> _idle = [];
    private readonly ConcurrentDictionary<PowerShell, byte> _running = new();
    private readonly SemaphoreSlim _throttle;
    private readonly string _script;
    private readonly Dictionary<string, object?> _usingValues;
    private readonly Encoding _encoding;
    private readonly MessageFraming _framing;
    private volatile bool _stopped;

    internal ReplyScript(ScriptBlock script, Dictionary<string, object?> usingValues, int throttleLimit, Encoding encoding, MessageFraming framing)
    {
        _script = script.ToString();
        _usingValues = usingValues;
        _throttle = new SemaphoreSlim(throttleLimit);
        _encoding = encoding;
        _framing = framing;
    }

    /// <summary>Runs the script on one message, as $_, and returns what it put out, a payload each.</summary>
    internal async ValueTask<IReadOnlyList<byte[]>> RunAsync(IReceivedMessage message, NetJob job)
    {
        await _throttle.WaitAsync().ConfigureAwait(false);
        Runspace? runspace = null;
        try
        {
            runspace = _stopped ? null : _idle.TryTake(out Runspace? idle) ? idle : Open();
            return runspace is null ? [] : await RunAsync(message, job, runspace).ConfigureAwait(false);
        }
        catch (Exception error) when (error is RuntimeException or InvalidOperationException or NetLabException)
        {
            if (!_stopped)
            {
                job.Write(Errors.Record(
                    new NetLabException(
                        FaultKind.ReplyScriptFailed,
                        $"The script block failed on message {message.Sequence} of {message.RemoteEndPoint}: "
                            + $"{error.Message.TrimEnd('.')}. No answer was sent; the server keeps running.",
                        error),
                    message.RemoteEndPoint));
            }

            return [];
        }
        finally
        {
            if (runspace is not null)
            {
                _idle.Add(runspace);
            }

            _throttle.Release();
        }
    }

    /// <summary>Breaks off what still runs after the time that connections get to end by themselves.</summary>
    internal void Stop() => Task.Delay(s_stopGrace).ContinueWith(
        _ =>
        {
            _stopped = true;
            foreach (PowerShell running in _running.Keys)
            {
                running.BeginStop(null, null);
            }
        },
        TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped = true;
        while (_idle.TryTake(out Runspace? runspace))
        {
            runspace.Dispose();
        }
    }

    private static Runspace Open()
    {
        Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
        return runspace;
    }

    private async Task<IReadOnlyList<byte[]>> RunAsync(IReceivedMessage message, NetJob job, Runspace runspace)
    {
        runspace.SessionStateProxy.SetVariable("_", message);
        using PowerShell shell = PowerShell.Create();
        shell.Runspace = runspace;
        shell.AddScript(_script, useLocalScope: true);
        if (_usingValues.Count > 0)
        {
            shell.AddParameter(UsingValues.Parameter, _usingValues);
        }

        _running.TryAdd(shell, 0);
        try
        {
            using PSDataCollection<PSObject> output = await Task.Factory.FromAsync(shell.BeginInvoke(), shell.EndInvoke).ConfigureAwait(false);
            IReadOnlyList<byte[]> replies = Payload.FromOutput(output, _encoding);

            // All or nothing: what the framing cannot carry is told before the first goes out.
            foreach (byte[] reply in replies)
            {
                _framing.EncodedLength(reply.Length);
            }

            return replies;
        }
        finally
        {
            _running.TryRemove(shell, out _);
            Forward(shell.Streams, job);
        }
    }

    private static void Forward(PSDataStreams streams, NetJob job)
    {
        IEnumerable<object> records = [.. streams.Error, .. streams.Warning, .. streams.Information, .. streams.Verbose, .. streams.Debug];
        foreach (object record in records)
        {
            job.Write(record);
        }
    }
}
