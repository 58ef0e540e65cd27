using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <summary>What both sides of a session have said, up to a limit, to be saved as a dialogue.</summary>
/// <remarks>
/// Of a file of a dialogue (<see cref="DialogueText"/>), only S: and C: are used, and comments for what is no line of text.
/// </remarks>
internal sealed class SaidLog(Encoding encoding, bool isStream)
{
    /// <summary>How many bytes are kept; the oldest go first.</summary>
    internal const int MostBytes = 16 * 1024 * 1024;

    private readonly Queue<(bool IsPeer, byte[] Bytes)> _pieces = new();
    private int _bytes;
    private bool _hasLost;

    /// <summary>What a piece takes, with its object.</summary>
    private static int Cost(byte[] bytes) => bytes.Length + 64;

    /// <summary>Adds what one side said. Any thread.</summary>
    internal void Add(bool isPeer, byte[] bytes)
    {
        lock (_pieces)
        {
            _pieces.Enqueue((isPeer, bytes));
            _bytes += Cost(bytes);
            while (_bytes > MostBytes && _pieces.Count > 1)
            {
                _bytes -= Cost(_pieces.Dequeue().Bytes);
                _hasLost = true;
            }
        }
    }

    /// <summary>The lines of the file, and how many of them are said by somebody.</summary>
    /// <param name="about">A sentence about the session.</param>
    internal (IReadOnlyList<string> Lines, int Said) Lines(string about)
    {
        List<string> lines = [$"# {PeerText.Visible(about)}"];
        if (isStream)
        {
            lines.Add("# Start-TcpServer -Path <this file> says the lines of S: and expects those of C:.");
        }

        lock (_pieces)
        {
            if (_hasLost)
            {
                lines.Add($"# It begins in the middle: only the last {MostBytes / 1024 / 1024} MiB were kept.");
            }

            int before = lines.Count;
            AddSaid(lines);
            return (lines, lines.Count - before);
        }
    }

    private void AddSaid(List<string> lines)
    {
        PeerLines[] sides = [new(encoding), new(encoding)];
        List<string> said = [];
        bool wasPeer = false;
        foreach ((bool isPeer, byte[] bytes) in _pieces)
        {
            if (isPeer != wasPeer)
            {
                sides[wasPeer ? 1 : 0].EndLine(said);
                Write(lines, said, wasPeer);
            }

            PeerLines side = sides[isPeer ? 1 : 0];
            side.Take(bytes, said);
            if (!isStream)
            {
                side.End(said);
                if (bytes.Length == 0)
                {
                    said.Add(string.Empty);
                }
            }

            Write(lines, said, isPeer);
            wasPeer = isPeer;
        }

        sides[wasPeer ? 1 : 0].End(said);
        Write(lines, said, wasPeer);
    }

    private static void Write(List<string> lines, List<string> said, bool isPeer)
    {
        foreach (string line in said)
        {
            lines.Add(IsText(line) ? DialogueText.Line(isPeer, line)
                : $"# not text, with symbols for its control characters: {DialogueText.Line(isPeer, PeerText.Visible(line))}");
        }

        said.Clear();
    }

    private static bool IsText(string line)
        => line.Replace("\t", string.Empty, StringComparison.Ordinal) is var plain && PeerText.Visible(plain) == plain
            && !line.Contains('\ufffd', StringComparison.Ordinal);
}
