namespace PSNetLab.Engine.Proxies;

/// <summary>Runs the scripts that say which chunks a fault is about.</summary>
internal interface IFaultScripts
{
    /// <summary>Whether a fault acts on a chunk. Never called on the thread of an event loop, and never throws.</summary>
    /// <param name="script">The script.</param>
    /// <param name="fault">The fault it belongs to.</param>
    /// <param name="chunk">The chunk.</param>
    /// <param name="left">Says that nobody needs to know any more.</param>
    Task<bool> TestAsync(object script, NetFault fault, ProxyChunk chunk, CancellationToken left);
}
