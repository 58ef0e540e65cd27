using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Proxies;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>The faults of a proxy: those it begins with, and those that a name finds.</summary>
internal static class ProxyFaults
{
    /// <summary>The table of a new proxy.</summary>
    /// <exception cref="NetLabException">Something is not a fault, or not possible on this kind of proxy.</exception>
    internal static FaultTable New(object? faults, string? profile, long? seed, bool isStream, PSCmdlet caller)
    {
        // Short enough to be typed again.
        FaultTable table = new(seed ?? Random.Shared.Next(), isStream);
        table.Add([.. FaultInput.FromProfile(profile), .. FaultInput.FromArgument(faults, caller)]);
        return table;
    }

    /// <summary>The table of a proxy.</summary>
    /// <exception cref="NetLabException">The job is not a proxy.</exception>
    internal static FaultTable Of(ServerJob job) => (job as IProxyJob)?.Faults
        ?? throw new NetLabException(FaultKind.InvalidParameters, $"{job.Name} is not a proxy, and has no faults. Start one with "
            + "Start-TcpProxy or Start-UdpProxy.") { Subject = job.Name };

    /// <summary>The table of a proxy that still runs.</summary>
    /// <exception cref="NetLabException">The job is not a proxy, or has ended.</exception>
    internal static FaultTable OfRunning(ServerJob job)
    {
        FaultTable table = Of(job);
        return job.JobStateInfo.State is JobState.NotStarted or JobState.Running
            ? table
            : throw new NetLabException(FaultKind.InvalidParameters, $"{job.Name} has ended, and its faults act no more. Start another "
                + "proxy.") { Subject = job.Name };
    }

    /// <summary>The faults of this name, as it is or as a pattern with wildcards.</summary>
    /// <exception cref="NetLabException">There is none, and it is not a pattern.</exception>
    internal static NetFault[] Find(FaultTable table, string name)
    {
        Func<string, bool> fits = NamePattern.Filter(name);
        NetFault[] found = [.. table.Faults.Where(fault => fits(fault.Name))];
        if (found.Length == 0 && !WildcardPattern.ContainsWildcardCharacters(name))
        {
            string names = string.Join(", ", table.Faults.Select(fault => $"'{fault.Name}'").Take(10).DefaultIfEmpty("none"));
            throw new NetLabException(FaultKind.NetFaultNotFound, $"The proxy has no fault '{name}'. Its faults: {names}.")
            {
                Subject = name,
            };
        }

        return found;
    }
}
