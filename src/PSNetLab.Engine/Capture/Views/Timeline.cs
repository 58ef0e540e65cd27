using System.Globalization;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>How the bytes of events are shown.</summary>
internal enum ByteView
{
    /// <summary>As text if they are text; the beginning if they are many.</summary>
    Auto,

    /// <summary>As text, all of it.</summary>
    Text,

    /// <summary>As a dump, all of it.</summary>
    Hex,
}

/// <summary>Shows a transcript as lines for a terminal: time, direction, bytes, and what they are.</summary>
/// <param name="columns">How many columns a line may have.</param>
/// <param name="view">How bytes are shown.</param>
/// <param name="ink">The colors.</param>
/// <param name="framing">How bytes are divided into messages; null for not at all.</param>
internal sealed class Timeline(int columns, ByteView view, Ink ink, MessageFraming? framing = null)
{
    internal const int LeastColumns = 40;

    // Time, arrow and bytes.
    private const int TextColumn = 25;
    private const int LeastWithStates = 80;
    private const int MostCharacters = 2000;
    private const int MostDumped = 512;

    // Those over UDP have no end that could be seen.
    private const int MostOverUdp = 4096;

    private readonly Dictionary<int, Shown> _conversations = [];
    private readonly Queue<int> _overUdp = new();
    private int? _last;

    /// <summary>How many conversations are not over.</summary>
    internal int Open => _conversations.Count;

    /// <summary>The lines of the next event.</summary>
    internal IEnumerable<string> Lines(NetTranscriptEvent item)
    {
        Shown shown = Find(item, out bool isNew);
        if (_last != item.ConnectionId)
        {
            _last = item.ConnectionId;
            yield return Title(item, isNew);
        }

        foreach (string line in item.Kind == NetTranscriptKind.Data ? Data(item, shown) : [Event(item, shown)])
        {
            yield return line;
        }

        if (item is { Kind: NetTranscriptKind.Opened, Detail: { } tls })
        {
            string text = $"TLS was taken off: {PeerText.Visible(tls)}";
            yield return new string(' ', TextColumn) + ink.Dim(Columns.Beginning(text, columns - TextColumn));
        }
    }

    private Shown Find(NetTranscriptEvent item, out bool isNew)
    {
        isNew = !_conversations.TryGetValue(item.ConnectionId, out Shown? shown);
        if (item.Kind == NetTranscriptKind.Closed)
        {
            _conversations.Remove(item.ConnectionId);
        }
        else if (isNew)
        {
            _conversations.Add(item.ConnectionId, shown = new Shown(framing));
            if (item.Protocol == NetTranscriptProtocol.Udp)
            {
                _overUdp.Enqueue(item.ConnectionId);
                if (_overUdp.Count > MostOverUdp)
                {
                    _conversations.Remove(_overUdp.Dequeue());
                }
            }
        }

        return shown ?? new Shown(framing);
    }

    private string Title(NetTranscriptEvent item, bool isNew)
    {
        string title = $"#{item.ConnectionId} {item.Protocol.ToString().ToUpperInvariant()} {item.Client} --> {item.Server}";
        return ink.Dim(Columns.Beginning(
            isNew ? string.Create(CultureInfo.InvariantCulture, $"{title}, {item.Moment:yyyy-MM-dd HH:mm:ss.fff}") : title, columns));
    }

    private string Event(NetTranscriptEvent item, Shown shown)
    {
        shown.States.Apply(item);
        if (item is { Kind: NetTranscriptKind.Dropped, Direction: not null })
        {
            shown.Take(item);
            shown.Text.Forget(item.Direction.Value);
        }

        string text = EventText.Of(item);
        bool tellsStates = columns >= LeastWithStates && item is { Protocol: NetTranscriptProtocol.Tcp }
            && item.Kind is NetTranscriptKind.Opened or NetTranscriptKind.HalfClosed or NetTranscriptKind.Reset;
        string states = tellsStates ? $"({shown.States.Client} | {shown.States.Server})" : string.Empty;
        bool isSent = item.Kind is NetTranscriptKind.HalfClosed or NetTranscriptKind.Reset;
        string start = Start(item, isSent ? item.Direction : null, string.Empty);
        int room = columns - TextColumn - (states.Length == 0 ? 0 : states.Length + 1);
        text = Columns.Beginning(text, Math.Max(room, 3));
        string colored = item.Kind switch
        {
            NetTranscriptKind.Reset => ink.Bad(text),
            NetTranscriptKind.Fault or NetTranscriptKind.Dropped => ink.Warn(text),
            NetTranscriptKind.HalfClosed => ink.Of(item.Direction, text),
            _ => ink.Dim(text),
        };
        return states.Length == 0 ? start + colored : $"{start}{colored} {ink.Dim(states)}";
    }

    private IEnumerable<string> Data(NetTranscriptEvent item, Shown shown)
    {
        string start = Start(item, item.Direction, item.Length.ToString(CultureInfo.InvariantCulture));
        long offset = shown.Take(item);

        // A datagram is a message already.
        bool isFramed = framing is not null && item.Protocol == NetTranscriptProtocol.Tcp;
        string text = isFramed || view == ByteView.Hex ? string.Empty : shown.Text.Of(item);
        if (view == ByteView.Hex || (view == ByteView.Auto && EventText.IsBinary(text)))
        {
            yield return start.TrimEnd();
            byte[] bytes = view == ByteView.Auto ? item.Bytes![..Math.Min(item.Bytes!.Length, MostDumped)] : item.Bytes!;
            foreach (string line in HexLines.Of(bytes, offset, columns - 2))
            {
                yield return "  " + ink.Of(item.Direction, line);
            }

            if (bytes.Length < item.Bytes!.Length)
            {
                yield return "  " + ink.Dim($"({EventText.Bytes(item.Bytes.Length - bytes.Length)} more; -Hex shows all)");
            }

            yield break;
        }

        foreach (string line in isFramed ? shown.Messages(item).SelectMany(message => Message(message, item)) : Text(text, item))
        {
            yield return start + line;
            start = new string(' ', TextColumn);
        }
    }

    private IEnumerable<string> Text(string text, NetTranscriptEvent item)
    {
        int most = view == ByteView.Auto ? Math.Min(text.Length, MostCharacters) : text.Length;
        foreach (string line in EventText.Lines(text[..most]).SelectMany(line => Columns.Wrap(line, columns - TextColumn)))
        {
            yield return Framed(line, item.Direction);
        }

        if (most < text.Length)
        {
            yield return ink.Dim($"({text.Length - most} more characters; -Text shows all)");
        }
    }

    /// <summary>A message, with what frames it apart in brackets.</summary>
    private IEnumerable<string> Message(FramedPiece message, NetTranscriptEvent item)
    {
        string frame = message.Header.Length > 0 ? $"[{Convert.ToHexString(message.Header)}] " : string.Empty;
        string end = message.Trailer.Length > 0 ? $" [{Convert.ToHexString(message.Trailer)}]" : string.Empty;
        string text = PeerText.Visible(item.TextEncoding.GetString(message.Payload));
        if (!message.IsWhole)
        {
            end = $" (part of a message, {EventText.Bytes(message.Length)} so far)";
            text = Columns.Beginning(text, Math.Max(columns - TextColumn - end.Length, 1));
        }

        foreach (string line in Columns.Wrap($"{frame}{text}{end}", columns - TextColumn))
        {
            yield return ink.Of(item.Direction, line);
        }
    }

    /// <summary>The line, with the symbols of control characters apart from the rest.</summary>
    private string Framed(string line, NetTranscriptDirection? direction)
    {
        string plain = line.TrimEnd('\u2400', '\u2409', '\u240a', '\u240d');
        return ink.Of(direction, plain) + ink.Dim(line[plain.Length..]);
    }

    private string Start(NetTranscriptEvent item, NetTranscriptDirection? direction, string bytes)
        => $"{ink.Dim(Columns.Right(EventText.Seconds(item), 10))} {ink.Of(direction, EventText.Arrow(direction))} "
            + $"{Columns.Right(bytes, 8)}  ";

    /// <summary>What is known of a conversation that is shown.</summary>
    private sealed class Shown(MessageFraming? framing)
    {
        private readonly long[] _offsets = new long[2];
        private readonly FramedStream[] _streams = framing is null ? [] : [new FramedStream(framing), new FramedStream(framing)];

        internal TcpStates States { get; } = new();

        internal ConversationText Text { get; } = new();

        /// <summary>Counts the bytes of an event, also those that are missing, and returns how many came before them.</summary>
        internal long Take(NetTranscriptEvent item)
        {
            ref long offset = ref _offsets[(int)item.Direction!];
            long before = offset;
            offset += item.Length;
            return before;
        }

        internal IEnumerable<FramedPiece> Messages(NetTranscriptEvent item) => _streams[(int)item.Direction!].Take(item.Bytes!);
    }
}
