namespace PSNetLab;

/// <summary>How a random delay is distributed around the latency.</summary>
public enum JitterDistribution : long
{
    /// <summary>Anything up to the jitter less or more, equally often.</summary>
    Uniform,

    /// <summary>The bell curve, with the jitter as its standard deviation.</summary>
    Normal,

    /// <summary>Never less than the latency, mostly a little more, and now and then several times the jitter more.</summary>
    Pareto,
}
