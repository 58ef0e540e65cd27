using System.Diagnostics;

namespace PSNetLab.Engine.Http.Server;

/// <summary>The answers being sent, in order. The number of bytes that the system has accepted tells which of them are complete.</summary>
internal sealed class OutgoingAnswers
{
    private Answer[] _answers = [];
    private HttpRequestRecord[] _told = [];

    /// <summary>The length of all answers in bytes.</summary>
    internal long Bytes { get; private set; }

    /// <summary>How many of these bytes the system has accepted.</summary>
    internal long Sent { get; set; }

    internal int Count { get; private set; }

    internal bool IsSent => Sent == Bytes;

    /// <summary>Adds an answer.</summary>
    /// <param name="record">The record of the request; null if nobody observes the server.</param>
    /// <param name="started">When the head of the request was complete, as a timestamp of <see cref="Stopwatch"/>.</param>
    /// <param name="headBytes">The length of the head.</param>
    /// <param name="bodyBytes">The length of the body.</param>
    /// <param name="endBytes">The length of the last chunk, which ends a chunked body.</param>
    /// <param name="isWhole">Whether that is all the client should have.</param>
    internal void Add(
        HttpRequestRecord? record, long started, long headBytes, long bodyBytes, int endBytes = 0, bool isWhole = true)
    {
        if (Count == _answers.Length)
        {
            Array.Resize(ref _answers, Math.Max(4, 2 * Count));
        }

        _answers[Count++] = new Answer(record, started, headBytes, bodyBytes, endBytes, isWhole);
        Bytes += headBytes + bodyBytes + endBytes;
    }

    /// <summary>Moves the answers of another list to the end of this one.</summary>
    internal void TakeFrom(OutgoingAnswers other)
    {
        foreach (Answer answer in other._answers.AsSpan(0, other.Count))
        {
            Add(answer.Record, answer.Started, answer.HeadBytes, answer.BodyBytes, answer.EndBytes, answer.IsWhole);
        }

        Sent += other.Sent;
        other.Clear();
    }

    internal void Clear()
    {
        if (Count > 0)
        {
            _answers.AsSpan(0, Count).Clear();
            Bytes = Sent = 0;
            Count = 0;
        }
    }

    /// <summary>Completes the records of all answers, reports them and removes the answers.</summary>
    /// <param name="observer">Gets the records; null if there are none.</param>
    /// <param name="since">
    /// When the last of them began to be sent, or when it ended unsent, as a timestamp of <see cref="Stopwatch"/>.
    /// </param>
    /// <returns>How many bytes of bodies were sent.</returns>
    internal long Tell(IHttpObserver? observer, long since)
    {
        long bodies = 0;
        long end = 0;
        int told = 0;
        foreach (ref readonly Answer answer in _answers.AsSpan(0, Count))
        {
            long start = end + answer.HeadBytes;
            end = start + answer.BodyBytes + answer.EndBytes;
            long sent = Math.Clamp(Sent - start, 0, answer.BodyBytes);
            bodies += sent;
            if (answer.Record is { } record)
            {
                record.BytesSent = sent;
                record.Completed = answer.IsWhole && Sent >= end;
                record.Sent = since;
                record.Duration = Stopwatch.GetElapsedTime(answer.Started);
                if (told == _told.Length)
                {
                    Array.Resize(ref _told, Math.Max(4, 2 * told));
                }

                _told[told++] = record;
            }
        }

        Clear();
        if (told > 0)
        {
            observer!.Answered(_told.AsSpan(0, told));
            _told.AsSpan(0, told).Clear();
        }

        return bodies;
    }

    private readonly record struct Answer(
        HttpRequestRecord? Record, long Started, long HeadBytes, long BodyBytes, int EndBytes, bool IsWhole);
}
