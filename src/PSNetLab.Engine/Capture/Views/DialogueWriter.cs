using System.Text;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>Writes what was said line by line as the steps of a dialogue, which a server of this module can play again.</summary>
internal sealed class DialogueWriter
{
    private readonly StringBuilder[] _unfinished = [new(), new()];
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
                End(1 - item.Direction!.Value, steps);
                Add(item.Direction.Value, item.Text!, steps);
                break;
            case NetTranscriptKind.HalfClosed:
                End(item.Direction!.Value, steps);
                break;
            case NetTranscriptKind.Reset when item.Direction == NetTranscriptDirection.ToClient:
                steps.AddRange(End());
                steps.Add("!reset");
                break;
        }

        return steps;
    }

    /// <summary>The steps of what has no end of a line.</summary>
    internal IReadOnlyList<string> End()
    {
        List<string> steps = [];
        End(NetTranscriptDirection.ToServer, steps);
        End(NetTranscriptDirection.ToClient, steps);
        return steps;
    }

    private void Add(NetTranscriptDirection direction, string text, List<string> steps)
    {
        StringBuilder line = _unfinished[(int)direction];
        foreach (char character in text)
        {
            if (character == '\n')
            {
                steps.Add(Step(direction, line.ToString().TrimEnd('\r')));
                line.Clear();
            }
            else if (character is not ('\r' or '\t') && PeerText.IsUnseen(character))
            {
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"A dialogue has lines of text, and what went here has the control character U+{(int)character:X4}. Use -Hex.");
            }
            else
            {
                line.Append(character);
            }
        }
    }

    private void End(NetTranscriptDirection direction, List<string> steps)
    {
        StringBuilder line = _unfinished[(int)direction];
        if (line.Length > 0)
        {
            steps.Add(Step(direction, line.ToString().TrimEnd('\r')));
            line.Clear();
        }
    }

    private static string Step(NetTranscriptDirection direction, string line)
        => DialogueText.Line(direction == NetTranscriptDirection.ToClient, line);
}
