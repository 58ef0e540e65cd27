using PSNetLab.Engine.Http.Recordings;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>Keeps the bytes of a body up to a limit, and as long as all bodies together leave room for them; beyond that, none.</summary>
internal sealed class BodyTape(Recorder recorder) : IDisposable
{
    private const int FirstBytes = 256;

    private byte[]? _kept = [];
    private int _length;

    /// <summary>The bytes; null if there were too many.</summary>
    internal byte[]? Bytes => _kept?[.._length];

    /// <summary>Whether it had to make room for others.</summary>
    internal bool IsCrowdedOut { get; private set; }

    internal void Write(ReadOnlySpan<byte> piece)
    {
        if (_kept is null)
        {
            return;
        }

        long length = (long)_length + piece.Length;
        if (length > recorder.MostBodyBytes || !TryHold((int)length))
        {
            Dispose();
            return;
        }

        piece.CopyTo(_kept.AsSpan(_length));
        _length = (int)length;
    }

    /// <summary>Forgets the bytes. Not while another thread writes.</summary>
    public void Dispose()
    {
        recorder.Bodies.Give(_kept?.Length ?? 0);
        _kept = null;
    }

    private bool TryHold(int length)
    {
        if (length <= _kept!.Length)
        {
            return true;
        }

        int size = (int)Math.Min(Math.Max(Math.Max(2L * _kept.Length, FirstBytes), length), Math.Max(recorder.MostBodyBytes, length));
        IsCrowdedOut = !recorder.Bodies.TryTake(size - _kept.Length);
        if (!IsCrowdedOut)
        {
            Array.Resize(ref _kept, size);
        }

        return !IsCrowdedOut;
    }
}
