namespace PSNetLab.Engine.Servers;

/// <summary>What a server gives to its work when it is stopped.</summary>
internal static class StopGrace
{
    /// <summary>The time in which connections, answers and scripts may end by themselves, before they are aborted.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
}
