using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Completes -Upstream with the running servers of a kind.</summary>
/// <typeparam name="TJob">The kind.</typeparam>
public sealed class UpstreamCompleter<TJob> : WordCompleter
    where TJob : ServerJob
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.OfType<TJob>().OrderBy(job => job.Id)
            .Select(job => (job.ToString(), $"{job.PSJobTypeName} {job.Name}"));
}

/// <summary>Completes -Job with the running proxies.</summary>
public sealed class ProxyJobCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.OfType<ServerJob>().Where(job => job is IProxyJob).OrderBy(job => job.Id)
            .Select(job => ($"(Get-Job {job.Id})", $"{job.PSJobTypeName} {job.Name} on {job.Local}"));

    private protected override bool AreExpressions => true;
}

/// <summary>Completes -Profile with the networks that are known.</summary>
public sealed class NetProfileCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => FaultProfiles.Known;
}

/// <summary>Completes the names of faults of the proxy that -Job chooses; without it, of all.</summary>
public sealed class NetFaultCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        IEnumerable<ServerJob> jobs = JobReference.Find<ServerJob>(fakeBoundParameters, commandAst) ?? LiveJobs.Jobs.OfType<ServerJob>();
        IEnumerable<CompletionResult> found = from proxy in jobs.OfType<IProxyJob>()
                                              from fault in proxy.Faults.Faults
                                              where fault.Name.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                                              select Offer.Word(fault.Name, fault.ToString());
        return found.OrTyped(wordToComplete);
    }
}
