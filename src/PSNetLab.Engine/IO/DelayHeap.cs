namespace PSNetLab.Engine.IO;

/// <summary>Delays by the time at which they end. Each is in it once at most, and can be taken out.</summary>
internal sealed class DelayHeap
{
    // Each place has two below it, 2n + 1 and 2n + 2, and neither ends earlier.
    private readonly List<PreciseDelay> _delays = [];

    internal int Count => _delays.Count;

    /// <summary>The delay that ends first; null if there is none.</summary>
    internal PreciseDelay? First => _delays.Count > 0 ? _delays[0] : null;

    /// <summary>Adds a delay, or gives it another time.</summary>
    internal void Put(PreciseDelay delay, long ends)
    {
        delay.Ends = ends;
        if (delay.Place == PreciseDelay.NoPlace)
        {
            delay.Place = _delays.Count;
            _delays.Add(delay);
        }

        Settle(delay);
    }

    /// <summary>Takes a delay out, if it is there.</summary>
    internal void Remove(PreciseDelay delay)
    {
        if (delay.Place == PreciseDelay.NoPlace)
        {
            return;
        }

        PreciseDelay last = _delays[^1];
        _delays.RemoveAt(_delays.Count - 1);
        if (last != delay)
        {
            Move(last, delay.Place);
            Settle(last);
        }

        delay.Place = PreciseDelay.NoPlace;
    }

    private void Settle(PreciseDelay delay)
    {
        while (delay.Place > 0 && _delays[(delay.Place - 1) / 2] is var above && above.Ends > delay.Ends)
        {
            Swap(above, delay);
        }

        while (EarlierBelow(delay) is { } below)
        {
            Swap(delay, below);
        }
    }

    /// <summary>The first of the two below, if it ends earlier.</summary>
    private PreciseDelay? EarlierBelow(PreciseDelay delay)
    {
        int place = (delay.Place * 2) + 1;
        if (place >= _delays.Count)
        {
            return null;
        }

        bool isSecond = place + 1 < _delays.Count && _delays[place + 1].Ends < _delays[place].Ends;
        PreciseDelay first = _delays[isSecond ? place + 1 : place];
        return first.Ends < delay.Ends ? first : null;
    }

    private void Swap(PreciseDelay one, PreciseDelay other)
    {
        int place = one.Place;
        Move(one, other.Place);
        Move(other, place);
    }

    private void Move(PreciseDelay delay, int place)
    {
        delay.Place = place;
        _delays[place] = delay;
    }
}
