using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <content>What is said, by either side, and how it is shown.</content>
internal sealed partial class PromptSession
{
    private void Show(TcpMessage message)
    {
        _log.Add(isPeer: true, message.Bytes);
        Print(message.Bytes, ref _received, _peer, !_connection.Frames.IsStream, _screen.Received);
    }

    private void Say(byte[] message)
    {
        if (_sender.HasEnded || _connection.State is TcpConnectionState.FinWait)
        {
            Note("This was not sent: sending has ended. Ctrl+C leaves.");
            return;
        }

        _sender.Send(message);
        EndPeersLine();
        Print(message, ref _sent, new PeerLines(_connection.TextEncoding), isWhole: true, _screen.Sent);
    }

    private void HalfClose()
    {
        if (_sender.HasEnded)
        {
            Note("Sending has already ended. Ctrl+C leaves.");
            return;
        }

        _sender.HalfClose();
        Note("Sending has ended (FIN). What the peer still sends is shown; Ctrl+C leaves.");
    }

    private void Note(string sentence)
    {
        EndPeersLine();
        _screen.Note(sentence);
    }

    // What is printed below it would otherwise stand before it.
    private void EndPeersLine()
    {
        List<string> lines = [];
        _peer.EndLine(lines);
        lines.ForEach(_screen.Received);
    }

    /// <summary>Prints bytes as what the user wants to see.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="place">Their place in the stream, which moves on.</param>
    /// <param name="side">Makes lines of them.</param>
    /// <param name="isWhole">Whether the last line ends with them.</param>
    /// <param name="print">Prints a line.</param>
    private void Print(byte[] bytes, ref long place, PeerLines side, bool isWhole, Action<string> print)
    {
        List<string> lines = [];
        if (_isHex)
        {
            lines.AddRange(HexLines.Of(bytes, place, _screen.Columns));
        }
        else
        {
            side.Take(bytes, lines);
            if (isWhole)
            {
                side.End(lines);
            }
        }

        if (isWhole && bytes.Length == 0)
        {
            lines.Add(string.Empty);
        }

        lines.ForEach(print);
        place += bytes.Length;
    }
}
