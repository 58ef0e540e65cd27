using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>Writes what was said line by line as the steps of a dialogue, which a server of this module can play again.</summary>
internal sealed class DialogueWriter
{
    private readonly StringBuilder[] _unfinished = [new(), new()];
    private readonly Decoder?[] _decoders = new Decoder?[2];
    private int? _connection;

    /// <summary>The steps that are complete with the next event.</summary>
    /// <exception cref="NetLabException">It cannot be a step of this dialogue.</exception>
    internal IReadOnlyList<string> Take(NetTranscriptEvent item)
    {
        _connection ??= item.ConnectionId;
        if (_connection != item.ConnectionId)
        {
            throw new NetLabException(
                FaultKind.InvalidParameters,
                $"A dialogue is of one connection, and these are of {_connection} and {item.ConnectionId}. Choose one with "
                    + "Get-NetTranscript -ConnectionId.");
        }

        List<string> steps = [];
        switch (item.Kind)
        {
            case NetTranscriptKind.Data:
                // Whoever begins to speak has heard the other to the end.
                EndLine(1 - item.Direction!.Value, steps);
                Add(item, steps);
                break;
            case NetTranscriptKind.HalfClosed:
                End(item.Direction!.Value, steps);
                break;
            case NetTranscriptKind.Reset when item.Direction == NetTranscriptDirection.ToClient:
                steps.AddRange(End());
                steps.Add("!reset");
                break;
            case NetTranscriptKind.Dropped:
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"A dialogue has all that was said, and here {EventText.Bytes(item.Length)} are missing. Record it again with a larger "
                        + "-TranscriptBytes.");
        }

        return steps;
    }

    /// <summary>The steps of what has no end of a line.</summary>
    /// <exception cref="NetLabException">It ends in the middle of a character.</exception>
    internal IReadOnlyList<string> End()
    {
        List<string> steps = [];
        End(NetTranscriptDirection.ToServer, steps);
        End(NetTranscriptDirection.ToClient, steps);
        return steps;
    }

    private void Add(NetTranscriptEvent item, List<string> steps)
    {
        // A read may divide a character, but a datagram is whole.
        Decoder decoder = _decoders[(int)item.Direction!.Value] ??= item.TextEncoding.GetDecoder();
        bool isWhole = item.Protocol == NetTranscriptProtocol.Udp;
        char[] text = new char[decoder.GetCharCount(item.Bytes!, isWhole)];
        decoder.GetChars(item.Bytes!, text, isWhole);
        Add(item.Direction.Value, text, steps);
    }

    private void Add(NetTranscriptDirection direction, char[] text, List<string> steps)
    {
        StringBuilder line = _unfinished[(int)direction];
        foreach (char character in text)
        {
            if (character == '\n')
            {
                steps.Add(Step(direction, line));
            }
            else if (line is [.., '\r'])
            {
                // To whoever reads the steps from a file, it would end a line.
                throw NoText("a CR without an LF");
            }
            else if (character == '\ufffd')
            {
                throw NoText("bytes that are none");
            }
            else if (character is not ('\r' or '\t') && PeerText.IsUnseen(character))
            {
                throw NoText($"the control character U+{(int)character:X4}");
            }
            else
            {
                line.Append(character);
            }
        }
    }

    private void End(NetTranscriptDirection direction, List<string> steps)
    {
        if (_decoders[(int)direction] is { } decoder && decoder.GetCharCount([], flush: true) > 0)
        {
            throw NoText("half a character");
        }

        EndLine(direction, steps);
    }

    private void EndLine(NetTranscriptDirection direction, List<string> steps)
    {
        if (_unfinished[(int)direction] is { Length: > 0 } line)
        {
            steps.Add(Step(direction, line));
        }
    }

    private static string Step(NetTranscriptDirection direction, StringBuilder line)
    {
        string said = line.ToString().TrimEnd('\r');
        line.Clear();
        return DialogueText.Line(direction == NetTranscriptDirection.ToClient, said);
    }

    private static NetLabException NoText(string what)
        => new(FaultKind.InvalidParameters, $"A dialogue has lines of text, and what went here has {what}. Use -Hex.");
}
