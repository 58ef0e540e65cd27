namespace PSNetLab.Engine.Proxies;

/// <content>Datagrams about which scripts are asked first, one after the other, so that they keep their order.</content>
internal sealed partial class DatagramPipe
{
    // Under the lock. The one that is asked about stays until that is known.
    private readonly Queue<Unasked> _unasked = new();
    private bool _isAsking;

    /// <summary>Has scripts asked about a datagram, if there are any, or if one before it waits for them. Under the lock.</summary>
    private bool TryAsk(ReadOnlySpan<byte> data, long number, long offset)
    {
        if (!_isAsking && !session.Faults.HasScripts(direction))
        {
            return false;
        }

        if (_held + data.Length + Chunk.Overhead > limit)
        {
            Interlocked.Increment(ref _overflowed);
            return true;
        }

        _held += data.Length + Chunk.Overhead;
        _unasked.Enqueue(new Unasked(data.ToArray(), number, offset));
        if (!_isAsking)
        {
            _isAsking = true;
            _ = AskAsync();
        }

        return true;
    }

    private async Task AskAsync()
    {
        try
        {
            while (TryPeekUnasked(out Unasked one))
            {
                ProxyChunk chunk = new(session.Faults.Number, session.Client.EndPoint, direction, one.Offset, one.Data);
                ActiveFault[] chosen = await session.Faults.AskAsync(chunk, CancellationToken.None).ConfigureAwait(false);
                lock (_queue)
                {
                    if (_unasked.TryDequeue(out _))
                    {
                        _held -= one.Data.Length + Chunk.Overhead;
                        Pass(one.Data, session.Faults.Of(direction), one.Number, one.Offset, chosen);
                    }
                }
            }
        }
        catch (Exception error)
        {
            session.OnError(error);
            lock (_queue)
            {
                _isAsking = false;
            }
        }
    }

    private bool TryPeekUnasked(out Unasked one)
    {
        lock (_queue)
        {
            return _isAsking = _unasked.TryPeek(out one);
        }
    }

    private readonly record struct Unasked(byte[] Data, long Number, long Offset);
}
