using System.Buffers.Binary;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>What to ask for.</summary>
/// <param name="Name">The name, as <see cref="DnsNames.Encode"/> makes it.</param>
/// <param name="Type">The number of the type.</param>
internal sealed record DnsQuestion(byte[] Name, ushort Type);

/// <summary>Whether a message is the answer to a query.</summary>
internal enum DnsMatch
{
    Answer,

    /// <summary>It answers something else, or is no answer.</summary>
    Stray,

    /// <summary>It has the number of the query, and ends too early.</summary>
    Malformed,
}

/// <summary>A query as it is sent, and what answers it.</summary>
internal sealed class DnsQuery
{
    internal const int HeaderBytes = 12;

    private const int AnswerFlag = 0x8000;
    private const int OperationMask = 0x7800;
    private const int RecursionDesired = 0x0100;
    private const int AuthenticData = 0x0020;
    private const int CodeMask = 0x000F;
    private const int CountOfQuestions = 4;
    private const int CountOfAdditionals = 10;
    private const int DnssecOk = 0x8000;
    private const int OptionsBytes = 11;

    private readonly int _questionBytes;

    /// <param name="id">A number that nobody can guess.</param>
    /// <param name="question">What to ask for.</param>
    /// <param name="recursion">Whether the server is to ask others.</param>
    /// <param name="ednsBytes">How large an answer over UDP may be (RFC 6891, section 6.2.3); 0 leaves EDNS out.</param>
    /// <param name="dnssec">Whether to ask for signatures (RFC 3225, section 3).</param>
    internal DnsQuery(ushort id, DnsQuestion question, bool recursion, int ednsBytes, bool dnssec)
    {
        _questionBytes = question.Name.Length + 4;
        Bytes = new byte[HeaderBytes + _questionBytes + (ednsBytes > 0 ? OptionsBytes : 0)];
        Write(0, id);

        // Asks a server that checks signatures to say so (RFC 6840, section 5.7).
        Write(2, AuthenticData | (recursion ? RecursionDesired : 0));
        Write(CountOfQuestions, 1);
        question.Name.CopyTo(Bytes, HeaderBytes);
        int at = HeaderBytes + question.Name.Length;
        Write(at, question.Type);
        Write(at + 2, DnsWords.Internet);
        if (ednsBytes > 0)
        {
            // The root as its name, the type, the size, the extended code and the version, the flags, no options.
            Write(CountOfAdditionals, 1);
            Write(at + 5, DnsWords.Options);
            Write(at + 7, ednsBytes);
            Write(at + 11, dnssec ? DnssecOk : 0);
        }
    }

    /// <summary>The message.</summary>
    internal byte[] Bytes { get; }

    /// <summary>Whether a message answers this query: number and question are the same (RFC 5452, section 9.1).</summary>
    internal DnsMatch Match(ReadOnlySpan<byte> message)
    {
        if (message.Length < 2 || !message[..2].SequenceEqual(Bytes.AsSpan(0, 2)))
        {
            return DnsMatch.Stray;
        }

        if (message.Length < HeaderBytes)
        {
            return DnsMatch.Malformed;
        }

        int flags = BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
        if ((flags & (AnswerFlag | OperationMask)) != AnswerFlag)
        {
            return DnsMatch.Stray;
        }

        // A server that could not read the query, or does not want to, may leave the question out.
        int questions = BinaryPrimitives.ReadUInt16BigEndian(message[CountOfQuestions..]);
        if (questions == 0
            && (flags & CodeMask) is DnsWords.FormatError or DnsWords.ServerFailure or DnsWords.NotImplemented or DnsWords.Refused)
        {
            return DnsMatch.Answer;
        }

        if (message.Length < HeaderBytes + _questionBytes)
        {
            return DnsMatch.Malformed;
        }

        return questions == 1 && IsSame(message.Slice(HeaderBytes, _questionBytes), Bytes.AsSpan(HeaderBytes, _questionBytes))
            ? DnsMatch.Answer
            : DnsMatch.Stray;
    }

    // Letters may come back in another case (RFC 4343, section 3). The lengths of labels, up to 63, are below the letters.
    private static bool IsSame(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        for (int i = 0; i < one.Length - 4; i++)
        {
            if (Lower(one[i]) != Lower(other[i]))
            {
                return false;
            }
        }

        return one[^4..].SequenceEqual(other[^4..]);
    }

    private static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;

    private void Write(int at, int value) => BinaryPrimitives.WriteUInt16BigEndian(Bytes.AsSpan(at), (ushort)value);
}
