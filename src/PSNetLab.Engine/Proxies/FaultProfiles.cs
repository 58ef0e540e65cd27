namespace PSNetLab.Engine.Proxies;

/// <summary>Networks that people know, as faults.</summary>
/// <remarks>
/// 3G, DSL and cable are the connection profiles of WebPageTest, with half of the round trip in each direction. The delay of a
/// geostationary satellite is that of RFC 2488, section 2. The hotel is an estimate.
/// </remarks>
internal static class FaultProfiles
{
    private static readonly Profile[] s_profiles =
    [
        new("3G", 150, 200_000, 96_000, "300 ms round trip, 1.6 Mbit/s down, 768 kbit/s up"),
        new("DSL", 25, 187_500, 48_000, "50 ms round trip, 1.5 Mbit/s down, 384 kbit/s up"),
        new("Cable", 14, 625_000, 125_000, "28 ms round trip, 5 Mbit/s down, 1 Mbit/s up"),
        new("Satellite", 279, 3_125_000, 375_000, "558 ms round trip, 25 Mbit/s down, 3 Mbit/s up"),
        new("HotelWiFi", 40, 250_000, 125_000, "80 ms round trip and more, 2 Mbit/s down, 1 Mbit/s up, 2 % of datagrams lost")
        {
            JitterMs = 30,
            LossPercent = 2,
            Burst = 3,
        },
    ];

    /// <summary>The names of the profiles, and what they are.</summary>
    internal static IEnumerable<(string Name, string Meaning)> Known => s_profiles.Select(profile => (profile.Name, profile.Meaning));

    /// <summary>The faults of a profile.</summary>
    /// <exception cref="NetLabException">There is no such profile.</exception>
    internal static IReadOnlyList<NetFaultSpec> Of(string name)
    {
        Profile profile = Array.Find(s_profiles, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new NetLabException(FaultKind.InvalidParameters, $"There is no profile '{name}'. There are "
                + $"{string.Join(", ", s_profiles.Select(one => one.Name))}.") { Subject = name };
        NetFaultSpec part = new() { Profile = profile.Name };
        List<NetFaultSpec> faults =
        [
            part with
            {
                Name = $"{profile.Name}-Latency",
                LatencyMs = profile.LatencyMs,
                JitterMs = profile.JitterMs,
                Distribution = profile.JitterMs is null ? null : JitterDistribution.Pareto,
            },
            part with { Name = $"{profile.Name}-Down", BytesPerSecond = profile.Down, Direction = NetFaultDirection.ToClient },
            part with { Name = $"{profile.Name}-Up", BytesPerSecond = profile.Up, Direction = NetFaultDirection.ToServer },
        ];
        if (profile.LossPercent is not null)
        {
            faults.Add(part with { Name = $"{profile.Name}-Loss", LossPercent = profile.LossPercent, Burst = profile.Burst });
        }

        return faults;
    }

    private sealed record Profile(string Name, double LatencyMs, long Down, long Up, string Meaning)
    {
        internal double? JitterMs { get; init; }

        internal double? LossPercent { get; init; }

        internal double? Burst { get; init; }
    }
}
