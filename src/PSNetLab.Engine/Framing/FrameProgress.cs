using System.Buffers;

namespace PSNetLab.Engine.Framing;

/// <summary>How far the search for the end of a frame has come. It starts at zero for a new frame; its connection keeps it.</summary>
internal struct FrameProgress
{
    // A peer that takes no answers gets no more of them.
    private const int MostAnswerBytes = 64 * 1024;

    private ArrayBufferWriter<byte>? _answers;

    /// <summary>How many bytes need no second look.</summary>
    internal int Examined { get; set; }

    /// <summary>How many of the examined bytes are not part of the message; those that are were moved to the start of the buffer.</summary>
    internal int Dropped { get; set; }

    /// <summary>The part of the message that was found so far.</summary>
    internal readonly int Kept => Examined - Dropped;

    /// <summary>Where a framing is inside of what is no part of a message. Outlives the frame.</summary>
    internal int State { get; set; }

    /// <summary>How many bytes that took so far.</summary>
    internal int Skipped { get; set; }

    /// <summary>What a script has said about this frame; null before it was asked.</summary>
    internal FrameVerdict? Verdict { get; set; }

    /// <summary>What the framing itself has to say to the peer.</summary>
    internal readonly ReadOnlySpan<byte> Answers => _answers is null ? default : _answers.WrittenSpan;

    /// <summary>Has something sent to the peer that is no message.</summary>
    internal void Answer(ReadOnlySpan<byte> bytes)
    {
        _answers ??= new ArrayBufferWriter<byte>();
        if (_answers.WrittenCount < MostAnswerBytes)
        {
            _answers.Write(bytes);
        }
    }

    /// <summary>Forgets the answers, because they are sent.</summary>
    internal readonly void EndAnswers() => _answers?.ResetWrittenCount();

    /// <summary>Begins a new frame.</summary>
    internal void Restart()
    {
        Examined = Dropped = 0;
        Verdict = null;
    }

    /// <summary>Forgets the dropped bytes, which are no longer in the buffer.</summary>
    internal void CloseUp() => (Examined, Dropped) = (Kept, 0);

    /// <summary>Adds the next bytes of the buffer to the message.</summary>
    internal void Keep(Span<byte> buffer, int count)
    {
        if (Dropped > 0)
        {
            buffer.Slice(Examined, count).CopyTo(buffer[Kept..]);
        }

        Examined += count;
    }

    /// <summary>Adds a byte to the message in place of the next one of the buffer.</summary>
    internal void Replace(Span<byte> buffer, byte value)
    {
        buffer[Kept] = value;
        Examined++;
    }

    /// <summary>Leaves out the next bytes of the buffer.</summary>
    internal void Drop(int count)
    {
        Examined += count;
        Dropped += count;
    }
}
