using System.Collections;
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

        bool hasWay = Enum.TryParse(Word(input, nameof(NetTranscriptEvent.Direction)), out NetTranscriptDirection way);
        return new NetTranscriptEvent
        {
            Sequence = Number(input, nameof(NetTranscriptEvent.Sequence)),
            Moment = Time(Value(input, nameof(NetTranscriptEvent.Time))),
            Elapsed = TimeSpan.FromTicks((long)Math.Round(Milliseconds(input) * TimeSpan.TicksPerMillisecond)),
            ConnectionId = (int)Number(input, nameof(NetTranscriptEvent.ConnectionId)),
            Protocol = Word(input, nameof(NetTranscriptEvent.Protocol)) == nameof(NetTranscriptProtocol.Udp)
                ? NetTranscriptProtocol.Udp
                : NetTranscriptProtocol.Tcp,
            Kind = kind,
            Direction = hasWay ? way : null,
            Length = Number(input, nameof(NetTranscriptEvent.Length)),
            Bytes = Bytes(Value(input, nameof(NetTranscriptEvent.Data))),
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

    // Of a CSV file, everything is text; of JSON, numbers may be.
    private static DateTime Time(object? value) => value switch
    {
        DateTime time => time,
        string text when DateTime.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime time) => time,
        _ => default,
    };

    private static double Milliseconds(PSObject input)
        => Convert.ToDouble(Value(input, nameof(NetTranscriptEvent.ElapsedMilliseconds)), CultureInfo.InvariantCulture);

    private static byte[]? Bytes(object? value) => value switch
    {
        null or "" => null,
        string hex => Convert.FromHexString(hex),
        IEnumerable list => [.. list.Cast<object>().Select(item => Convert.ToByte(item.Unwrapped(), CultureInfo.InvariantCulture))],
        _ => null,
    };

    private static object? Value(PSObject input, string property) => input.Properties[property]?.Value.Unwrapped();

    private static string Word(PSObject input, string property) => Value(input, property)?.ToString() ?? string.Empty;

    private static long Number(PSObject input, string property)
        => Convert.ToInt64(Value(input, property), CultureInfo.InvariantCulture);
}
