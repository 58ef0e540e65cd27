using System.Text;

namespace PSNetLab.Engine.Terminal;

/// <summary>Makes lines of bytes that arrive in pieces: a character or a line may be cut anywhere.</summary>
/// <remarks>A line ends with CR LF, LF, or CR alone.</remarks>
internal sealed class PeerLines(Encoding encoding)
{
    /// <summary>A line that grows beyond this is broken there.</summary>
    internal const int MostCharacters = 4096;

    private const char ByteOrderMark = '\ufeff';

    private readonly Decoder _decoder = encoding.GetDecoder();
    private readonly StringBuilder _line = new();
    private bool _isStart = true;
    private bool _afterReturn;

    /// <summary>The beginning of a line whose end has not arrived.</summary>
    internal string Unfinished => _line.ToString();

    /// <summary>Takes bytes and adds the lines that are complete.</summary>
    internal void Take(ReadOnlySpan<byte> bytes, List<string> lines) => Take(bytes, lines, flush: false);

    /// <summary>Ends the line, as at the end of a message or of the stream.</summary>
    internal void End(List<string> lines)
    {
        Take([], lines, flush: true);
        EndLine(lines);
        _afterReturn = false;
    }

    /// <summary>Ends the line if there is one; the rest of a character that was cut may still follow.</summary>
    internal void EndLine(List<string> lines)
    {
        if (_line.Length > 0)
        {
            Break(lines);
        }
    }

    private void Take(ReadOnlySpan<byte> bytes, List<string> lines, bool flush)
    {
        char[] characters = new char[_decoder.GetCharCount(bytes, flush)];
        int count = _decoder.GetChars(bytes, characters, flush);
        foreach (char character in characters.AsSpan(0, count))
        {
            Take(character, lines);
        }
    }

    private void Take(char character, List<string> lines)
    {
        bool isPair = character == '\n' && _afterReturn;
        bool isMark = character == ByteOrderMark && _isStart;
        _afterReturn = character == '\r';
        _isStart = false;
        if (isPair || isMark)
        {
            return;
        }

        if (character is '\r' or '\n')
        {
            Break(lines);
            return;
        }

        _line.Append(character);
        if (_line.Length >= MostCharacters && !char.IsHighSurrogate(character))
        {
            Break(lines);
        }
    }

    private void Break(List<string> lines)
    {
        lines.Add(_line.ToString());
        _line.Clear();
    }
}
