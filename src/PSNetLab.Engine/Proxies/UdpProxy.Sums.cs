namespace PSNetLab.Engine.Proxies;

/// <content>What is counted over all sessions.</content>
internal sealed partial class UdpProxy
{
    /// <summary>Sums over sessions.</summary>
    internal readonly record struct Sums
    {
        internal long FromClients { get; init; }

        internal long BytesFromClients { get; init; }

        internal long ToServer { get; init; }

        internal long ToClients { get; init; }

        internal long BytesToServer { get; init; }

        internal long BytesToClients { get; init; }

        internal long Overflowed { get; init; }

        internal long Unsent { get; init; }

        internal long Discarded { get; init; }

        internal long Unreachable { get; init; }

        internal long KernelDrops { get; init; }

        internal Sums Add(UdpProxySession session) => new()
        {
            FromClients = FromClients + session.ToServer.Received,
            BytesFromClients = BytesFromClients + session.ToServer.ReceivedBytes,
            ToServer = ToServer + session.ToServer.Sent,
            ToClients = ToClients + session.ToClient.Sent,
            BytesToServer = BytesToServer + session.ToServer.BytesSent,
            BytesToClients = BytesToClients + session.ToClient.BytesSent,
            Overflowed = Overflowed + session.ToServer.Overflowed + session.ToClient.Overflowed,
            Unsent = Unsent + session.ToServer.Unsent + session.ToClient.Unsent,
            Discarded = Discarded + session.ToServer.Discarded + session.ToClient.Discarded,
            Unreachable = Unreachable + session.Unreachable,
            KernelDrops = KernelDrops + (session.KernelDrops ?? 0),
        };
    }
}
