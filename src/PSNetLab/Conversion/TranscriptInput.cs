using System.Globalization;
using System.Management.Automation;
using System.Net;

namespace PSNetLab.Conversion;

/// <summary>Reads events of transcripts, also from copies that were serialized.</summary>
internal static class TranscriptInput
{
    /// <summary>The event; null if it is something else.</summary>
    internal static NetTranscriptEvent? Read(PSObject input)
    {
        if (input.BaseObject is NetTranscriptEvent live)
        {
            return live;
        }

        if (!Enum.TryParse(Word(input, nameof(NetTranscriptEvent.Kind)), out NetTranscriptKind kind)
            || !IPEndPoint.TryParse(Word(input, nameof(NetTranscriptEvent.ClientEndPoint)), out IPEndPoint? client)
            || !IPEndPoint.TryParse(Word(input, nameof(NetTranscriptEvent.ServerEndPoint)), out IPEndPoint? server))
        {
            return null;
        }

        byte[]? data = (Value(input, nameof(NetTranscriptEvent.Data)) as System.Collections.IEnumerable)?.Cast<object>()
            .Select(item => Convert.ToByte(item.Unwrapped(), CultureInfo.InvariantCulture)).ToArray();
        bool hasWay = Enum.TryParse(Word(input, nameof(NetTranscriptEvent.Direction)), out NetTranscriptDirection way);
        return new NetTranscriptEvent
        {
            Sequence = Number(input, nameof(NetTranscriptEvent.Sequence)),
            Time = Value(input, nameof(NetTranscriptEvent.Time)) as DateTime? ?? default,
            Elapsed = TimeSpan.FromTicks((long)(Convert.ToDouble(
                Value(input, nameof(NetTranscriptEvent.ElapsedMs)), CultureInfo.InvariantCulture) * TimeSpan.TicksPerMillisecond)),
            ConnectionId = (int)Number(input, nameof(NetTranscriptEvent.ConnectionId)),
            Protocol = Word(input, nameof(NetTranscriptEvent.Protocol)) == nameof(NetTranscriptProtocol.Udp)
                ? NetTranscriptProtocol.Udp
                : NetTranscriptProtocol.Tcp,
            Kind = kind,
            Direction = hasWay ? way : null,
            Length = Number(input, nameof(NetTranscriptEvent.Length)),
            Data = data,
            Detail = Value(input, nameof(NetTranscriptEvent.Detail)) as string,
            Client = client,
            Server = server,
        };
    }

    /// <summary>What is wrong with something that is no event.</summary>
    /// <param name="input">What was given.</param>
    /// <param name="cmdlet">Which cmdlet it was given to.</param>
    internal static NetLabException NoEvent(object input, string cmdlet) => new(
        FaultKind.InvalidParameters,
        $"'{input}' is no event of a transcript. Get them with Get-NetTranscript or Import-NetTranscript, as in Get-NetTranscript $job | "
            + $"{cmdlet}.");

    private static object? Value(PSObject input, string property) => input.Properties[property]?.Value.Unwrapped();

    private static string Word(PSObject input, string property) => Value(input, property)?.ToString() ?? string.Empty;

    private static long Number(PSObject input, string property)
        => Convert.ToInt64(Value(input, property), CultureInfo.InvariantCulture);
}
