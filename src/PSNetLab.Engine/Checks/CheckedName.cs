using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>What became of a name.</summary>
/// <param name="Addresses">Its addresses; none if it cannot be resolved.</param>
/// <param name="Duration">How long it took; null for an address, which needs no resolution.</param>
/// <param name="Fault">Why there is no address.</param>
internal sealed record Resolution(IPAddress[] Addresses, TimeSpan? Duration, NetLabException? Fault);

/// <summary>A name or address of a call, which is resolved when the first check needs it.</summary>
internal sealed class CheckedName(string text, IPFamily family, TimeSpan timeout, CancellationToken cancellationToken)
{
    private readonly object _gate = new();
    private Task<Resolution>? _resolution;
    private long _resolved;

    /// <summary>As the user typed it.</summary>
    internal string Text => text;

    /// <summary>What becomes of the name, once in a call.</summary>
    internal Task<Resolution> ResolveAsync() => ResolveAsync(Timeout.InfiniteTimeSpan);

    /// <summary>Whether the name was resolved no longer ago than this, so that nobody has to wait for it.</summary>
    internal bool IsKnown(TimeSpan mostAge)
    {
        lock (_gate)
        {
            return _resolution is { IsCompleted: true }
                && (mostAge == Timeout.InfiniteTimeSpan || Stopwatch.GetElapsedTime(_resolved) <= mostAge);
        }
    }

    /// <summary>What becomes of the name; it is resolved anew if the last time is longer ago than this.</summary>
    internal Task<Resolution> ResolveAsync(TimeSpan mostAge)
    {
        lock (_gate)
        {
            if (_resolution is null || (_resolution.IsCompleted && !IsKnown(mostAge)))
            {
                _resolved = Stopwatch.GetTimestamp();
                _resolution = ResolveAsync(text, family, timeout, cancellationToken);
            }

            return _resolution;
        }
    }

    /// <summary>Resolves a name; a failure is a result, too.</summary>
    private static async Task<Resolution> ResolveAsync(string name, IPFamily family, TimeSpan timeout, CancellationToken cancellationToken)
    {
        AddressFamily wanted = family switch
        {
            IPFamily.IPv4 => AddressFamily.InterNetwork,
            IPFamily.IPv6 => AddressFamily.InterNetworkV6,
            _ => AddressFamily.Unspecified,
        };
        if (Addresses.TryParse(name, out IPAddress address))
        {
            return family == IPFamily.Any || address.AddressFamily == wanted
                ? new Resolution([address], null, null)
                : new Resolution([], null, new NetLabException(
                    FaultKind.HostNotFound, $"{name} is not an {family} address. Leave -AddressFamily out, or give a name."));
        }

        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        void OnStart()
        {
            started = Stopwatch.GetTimestamp();
            limit.CancelAfter(timeout);
        }

        try
        {
            IPAddress[] addresses = await NameResolver.ResolveAsync(name, wanted, limit.Token, OnStart).ConfigureAwait(false);
            return new Resolution([.. addresses.Distinct()], Stopwatch.GetElapsedTime(started), null);
        }
        catch (NetLabException fault)
        {
            return new Resolution([], Stopwatch.GetElapsedTime(started), fault);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Resolution([], Stopwatch.GetElapsedTime(started), new NetLabException(
                FaultKind.ConnectTimeout, $"The name '{name}' was not resolved within {TimeText.Seconds(timeout)}. Check the name server, "
                    + "or give an IP address."));
        }
    }
}

/// <summary>The names of one call.</summary>
internal sealed class CheckedNames(IPFamily family, TimeSpan timeout, CancellationToken cancellationToken)
{
    private readonly ConcurrentDictionary<string, CheckedName> _names = new(StringComparer.OrdinalIgnoreCase);

    internal CheckedName Get(string name) => _names.GetOrAdd(name, text => new CheckedName(text, family, timeout, cancellationToken));
}
