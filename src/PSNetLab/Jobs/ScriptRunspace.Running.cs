using System.Management.Automation;

namespace PSNetLab.Jobs;

/// <content>What happens to one script, and where its streams go.</content>
internal sealed partial class ScriptRunspace
{
    // The values that variables had before a script got its own; null for those that did not exist.
    private readonly Dictionary<string, PSVariable?> _before = [];

    private volatile bool _isBroken;

    // Of the script that ran last.
    private volatile NetJob? _job;

    /// <returns>What the script has thrown.</returns>
    private Exception? Run(ScriptRun run, PSCmdlet cmdlet)
    {
        PSVariableIntrinsics variables = cmdlet.SessionState.PSVariable;
        try
        {
            _job = run.Job;
            variables.Set("_", run.Input);
            foreach (ScriptVariable variable in run.Variables)
            {
                if (!_before.ContainsKey(variable.Name))
                {
                    _before.Add(variable.Name, variables.Get(variable.Name) is { } old ? new PSVariable(old.Name, old.Value) : null);
                }

                variables.Set(variable.Name, variable.Value);
            }

            ScriptBlock call = _calls.GetValue(run.Script, ScriptCall.Create);
            using SteppablePipeline steps = call.GetSteppablePipeline(CommandOrigin.Runspace);
            steps.Begin(cmdlet);
            steps.Process();
            steps.End();
            return null;
        }
        catch (FlowControlException)
        {
            return null; // exit, or break without a loop
        }
        catch (Exception error) when (!cmdlet.Stopping)
        {
            return error;
        }
        catch (Exception)
        {
            // It was stopped, which ends the pipeline. The runspace goes on to other clients.
            TryClear(run, variables);
            throw;
        }
    }

    /// <summary>What one client's script had is not for the next.</summary>
    private bool TryClear(ScriptRun run, PSVariableIntrinsics variables)
    {
        try
        {
            variables.Set("_", null);
            foreach (ScriptVariable variable in run.Variables)
            {
                if (_before.GetValueOrDefault(variable.Name) is { } old)
                {
                    variables.Set(old.Name, old.Value);
                }
                else
                {
                    variables.Remove(variable.Name);
                }
            }

            return true;
        }
        catch (RuntimeException)
        {
            _isBroken = true; // A script has made one read-only, or says which values it may have.
            return false;
        }
    }

    /// <summary>A script that was given up sends nothing more.</summary>
    private static void EndOutput(ScriptRun run)
    {
        if (!run.IsOver)
        {
            run.Output.End();
        }
    }

    private PowerShell CreatePipeline()
    {
        PowerShell pipeline = PowerShell.Create();
        pipeline.Runspace = Runspace;
        pipeline.AddCommand(ScriptLoopCommand.Info).AddParameter(nameof(ScriptLoopCommand.Runspace), this);
        PassOn(pipeline.Streams.Error);
        PassOn(pipeline.Streams.Warning);
        PassOn(pipeline.Streams.Information);
        PassOn(pipeline.Streams.Verbose);
        PassOn(pipeline.Streams.Debug);
        pipeline.Streams.Progress.DataAdded += (_, _) => pipeline.Streams.Progress.Clear();
        return pipeline;
    }

    /// <summary>As the script writes them: one that runs for a long time must not collect them.</summary>
    private void PassOn<T>(PSDataCollection<T> stream)
        where T : class
        => stream.DataAdded += (_, _) =>
        {
            foreach (T record in stream.ReadAll())
            {
                _job?.Write(record);
            }
        };

    private void BeginPipeline()
    {
        PowerShell pipeline = _pipeline!;
        PSDataCollection<PSObject> output = [];
        output.DataAdded += (_, _) =>
        {
            // A script that was given up sends nothing more.
            if (Volatile.Read(ref _run) is { IsOver: false } run)
            {
                run.Output.Take(output.ReadAll());
            }
            else
            {
                output.Clear();
            }
        };
        Task ending;
        try
        {
            ending = Task.Factory.FromAsync(pipeline.BeginInvoke<PSObject, PSObject>(null, output), pipeline.EndInvoke);
        }
        catch (Exception error)
        {
            ending = Task.FromException(error); // The runspace was closed.
        }

        ending.ContinueWith(
            ended =>
            {
                pipeline.Dispose();
                output.Dispose();
                OnPipelineEnded(ended.Exception?.InnerException);
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);
    }

    private void OnPipelineEnded(Exception? fault)
    {
        ScriptRun? unfinished = null;
        bool begins;
        bool isTaken;
        lock (_gate)
        {
            if (_isLost)
            {
                // Its script did end. Nobody else frees a runspace that was closed from inside.
                DisposeAside();
                return;
            }

            if (_run is { } run && (run.HasBegun || fault is not null))
            {
                unfinished = run;
                _run = null;
            }

            // Has another script come while it ended?
            begins = _takesMore = _run is not null;
            _pipeline = begins ? CreatePipeline() : null;
            isTaken = _isTaken && !begins;
            _isTaken &= begins;
        }

        if (unfinished is not null)
        {
            using (unfinished.Turn.Enter())
            {
                EndOutput(unfinished);
            }
        }

        if (begins)
        {
            BeginPipeline();
        }
        else if (isTaken)
        {
            _runner.PutBack(this);
        }

        unfinished?.Turn.Dispose();
        unfinished?.End(true, fault);
    }
}
