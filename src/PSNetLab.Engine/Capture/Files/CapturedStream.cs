namespace PSNetLab.Engine.Capture.Files;

/// <summary>How many bytes all streams of a capture hold back.</summary>
internal sealed class HeldBytes
{
    /// <summary>More than the windows of a few fast connections.</summary>
    internal const long Most = 64 * 1024 * 1024;

    internal long Count { get; set; }
}

/// <summary>
/// One direction of a captured TCP connection: puts segments in order, once each, and finds what the capture did not see.
/// </summary>
/// <param name="held">Counts what is held back.</param>
/// <param name="onData">Told of the next bytes of the stream.</param>
/// <param name="onMissing">Told that so many bytes of it are missing.</param>
/// <param name="onEnd">Told of its end.</param>
internal sealed class CapturedStream(HeldBytes held, Action<byte[]> onData, Action<long> onMissing, Action onEnd)
{
    // More than the largest window of most systems.
    private const int MostHeld = 8 * 1024 * 1024;

    // A segment held back costs more than its bytes.
    private const int Overhead = 128;

    // What came too early, by its place. Segments may overlap.
    private readonly SortedDictionary<long, (byte[] Data, int Missing)> _early = [];
    private long _earlyBytes;

    // Places count from the first byte and go on after 2^32, where sequence numbers begin again.
    private long _next;
    private long _acknowledged;
    private long _end = long.MaxValue;
    private uint _first;
    private bool _hasBegun;

    /// <summary>Whether the number of its first byte is known.</summary>
    internal bool HasBegun => _hasBegun;

    internal bool HasEnded { get; private set; }

    /// <summary>Says which sequence number the first byte has.</summary>
    internal void Begin(uint sequence)
    {
        _hasBegun = true;
        _next = _acknowledged = sequence;
        _first = sequence;
    }

    /// <summary>Whether this number is that of the first byte.</summary>
    internal bool BeganWith(uint sequence) => _hasBegun && _first == sequence;

    /// <summary>Takes a segment.</summary>
    internal void Take(uint sequence, ReadOnlySpan<byte> data, int missing, bool isLast)
    {
        if (!_hasBegun)
        {
            Begin(sequence);
        }

        long place = Place(sequence);
        long after = place + data.Length + missing;
        if (isLast && after >= _next)
        {
            _end = Math.Min(_end, after);
        }

        if (place <= _next)
        {
            Deliver(place, data, missing);
        }
        else if (!data.IsEmpty || missing > 0)
        {
            Hold(place, data, missing);
        }

        Advance();
    }

    /// <summary>The receiver has got everything before this number: what is not here, the capture has missed.</summary>
    internal void Acknowledge(uint sequence)
    {
        if (_hasBegun)
        {
            _acknowledged = Math.Max(_acknowledged, Place(sequence));
            Advance();
        }
    }

    /// <summary>Gives up waiting for what is missing.</summary>
    internal void GiveUp()
    {
        while (!HasEnded && FirstEarly() is var first && first < long.MaxValue)
        {
            Miss(first);
        }
    }

    /// <summary>Nothing more follows.</summary>
    internal void Finish()
    {
        GiveUp();

        // A single byte beyond may be a FIN that was not captured.
        if (!HasEnded && _acknowledged > _next + 1)
        {
            Miss(_acknowledged);
        }
    }

    private long Place(uint sequence) => _next + (int)(sequence - (uint)_next);

    private void Advance()
    {
        Drain();
        while (!HasEnded && FirstEarly() is var first && first < long.MaxValue && _acknowledged > _next)
        {
            Miss(Math.Min(first, _acknowledged));
        }
    }

    /// <summary>Where the next thing is that is known to follow.</summary>
    private long FirstEarly() => _early.Count > 0 ? Math.Min(_end, _early.First().Key) : _end;

    private void Miss(long until)
    {
        onMissing(until - _next);
        _next = until;
        Drain();
    }

    private void Drain()
    {
        while (_early.Count > 0 && _early.First() is var first && first.Key <= _next)
        {
            _early.Remove(first.Key);
            Forget(first.Value.Data.Length);
            Deliver(first.Key, first.Value.Data, first.Value.Missing);
        }

        if (_next >= _end && !HasEnded)
        {
            // The FIN has a number of its own.
            _next = _end + 1;
            HasEnded = true;
            held.Count -= _earlyBytes;
            _earlyBytes = 0;
            _early.Clear();
            onEnd();
        }
    }

    private void Deliver(long place, ReadOnlySpan<byte> data, int missing)
    {
        long old = _next - place;
        if (HasEnded || old >= data.Length + (long)missing)
        {
            return;
        }

        if (old < data.Length)
        {
            onData(data[(int)old..].ToArray());
            _next = place + data.Length;
        }

        if (missing > 0)
        {
            long until = place + data.Length + missing;
            onMissing(until - _next);
            _next = until;
        }
    }

    private void Hold(long place, ReadOnlySpan<byte> data, int missing)
    {
        if (HasEnded)
        {
            return;
        }

        if (_early.TryGetValue(place, out (byte[] Data, int Missing) same))
        {
            if (same.Data.Length >= data.Length)
            {
                return;
            }

            Forget(same.Data.Length);
        }

        _early[place] = (data.ToArray(), missing);
        _earlyBytes += data.Length + Overhead;
        held.Count += data.Length + Overhead;
        if (_earlyBytes > MostHeld || held.Count > HeldBytes.Most)
        {
            GiveUp();
        }
    }

    private void Forget(int bytes)
    {
        _earlyBytes -= bytes + Overhead;
        held.Count -= bytes + Overhead;
    }
}
