namespace PSNetLab.Engine.Http.Server;

/// <summary>How many bytes may be held together, by any number of holders.</summary>
internal sealed class ByteLimit(long limit)
{
    private long _held;

    /// <summary>The bytes held now.</summary>
    internal long Held => Interlocked.Read(ref _held);

    /// <summary>Takes so many bytes; false, and nothing is taken, if that would be too many.</summary>
    internal bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _held, bytes) <= limit)
        {
            return true;
        }

        Interlocked.Add(ref _held, -bytes);
        return false;
    }

    internal void Give(long bytes)
    {
        if (bytes != 0)
        {
            Interlocked.Add(ref _held, -bytes);
        }
    }
}
