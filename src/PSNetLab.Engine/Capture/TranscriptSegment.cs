using System.Buffers.Binary;

namespace PSNetLab.Engine.Capture;

/// <summary>A piece of a transcript: events one after the other in one array, which is only appended to.</summary>
/// <param name="bytes">The array.</param>
/// <param name="first">The number of its first event.</param>
internal sealed class TranscriptSegment(byte[] bytes, long first)
{
    /// <summary>Length (4), timestamp (8), conversation (2), kind (1), direction (1).</summary>
    internal const int HeaderBytes = 16;

    private const byte NoDirection = 0xFF;

    // What a conversation costs at least: its object, its endpoints, its place in a table.
    private const int BytesPerConversation = 512;

    private readonly byte[] _bytes = bytes;
    private bool _isRead;
    private Conversation[] _conversations = new Conversation[4];
    private int _conversationCount;

    internal int Capacity => _bytes.Length;

    /// <summary>The array, for another segment; null if a reader may still look into it.</summary>
    internal byte[]? Spare => _isRead ? null : _bytes;

    /// <summary>About how much memory its conversations take.</summary>
    internal int ConversationBytes => _conversationCount * BytesPerConversation;

    /// <summary>The bytes in use.</summary>
    internal int Used { get; private set; }

    /// <summary>The number of its first event.</summary>
    internal long First { get; } = first;

    /// <summary>The number of events in it.</summary>
    internal int Count { get; private set; }

    internal bool HasRoom(int dataBytes) => _bytes.Length - Used >= HeaderBytes + dataBytes && _conversationCount < ushort.MaxValue;

    internal void Append(
        Conversation conversation, NetTranscriptKind kind, NetTranscriptDirection? direction, ReadOnlySpan<byte> data, long timestamp)
    {
        if (conversation.Place.Segment != this)
        {
            conversation.Place = (this, _conversationCount);
            if (_conversationCount == _conversations.Length)
            {
                // A copy, because readers still use the old one.
                Array.Resize(ref _conversations, _conversationCount * 2);
            }

            _conversations[_conversationCount++] = conversation;
        }

        Span<byte> record = _bytes.AsSpan(Used);
        BinaryPrimitives.WriteInt32LittleEndian(record, data.Length);
        BinaryPrimitives.WriteInt64LittleEndian(record[4..], timestamp);
        BinaryPrimitives.WriteUInt16LittleEndian(record[12..], (ushort)conversation.Place.Index);
        record[14] = (byte)kind;
        record[15] = direction is { } way ? (byte)way : NoDirection;
        data.CopyTo(record[HeaderBytes..]);
        Used += HeaderBytes + data.Length;
        Count++;
    }

    /// <summary>Lets go of its conversations: a quiet one would keep it, and all that came after it, in memory.</summary>
    internal void Leave()
    {
        foreach (Conversation conversation in _conversations.AsSpan(0, _conversationCount))
        {
            if (conversation.Place.Segment == this)
            {
                conversation.Place = default;
            }
        }
    }

    /// <summary>What is in it now. It never changes, so it may be read without a lock.</summary>
    internal Part Freeze()
    {
        _isRead = true;
        return Peek();
    }

    /// <summary>The same, for whoever holds the lock all the time.</summary>
    internal Part Peek() => new(_bytes, _conversations, Used, First);

    /// <summary>A part of a segment that has been written.</summary>
    internal readonly record struct Part(byte[] Bytes, Conversation[] Conversations, int Used, long First)
    {
        /// <summary>Its events, oldest first.</summary>
        internal IEnumerable<Entry> Entries()
        {
            int offset = 0;
            for (long number = First; offset < Used; number++)
            {
                Entry entry = Read(offset, number);
                yield return entry;
                offset += HeaderBytes + entry.Data.Length;
            }
        }

        private Entry Read(int offset, long number)
        {
            ReadOnlySpan<byte> record = Bytes.AsSpan(offset);
            return new Entry(
                number,
                Conversations[BinaryPrimitives.ReadUInt16LittleEndian(record[12..])],
                (NetTranscriptKind)record[14],
                record[15] == NoDirection ? null : (NetTranscriptDirection)record[15],
                BinaryPrimitives.ReadInt64LittleEndian(record[4..]),
                Bytes.AsMemory(offset + HeaderBytes, BinaryPrimitives.ReadInt32LittleEndian(record)));
        }
    }

    /// <summary>An event as it was recorded.</summary>
    internal readonly record struct Entry(
        long Number,
        Conversation Conversation,
        NetTranscriptKind Kind,
        NetTranscriptDirection? Direction,
        long Timestamp,
        ReadOnlyMemory<byte> Data);
}
