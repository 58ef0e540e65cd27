using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;
using PSNetLab.Engine.Primitives;

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

        try
        {
            return ReadCopy(input);
        }
        catch (Exception error) when (error is FormatException or OverflowException or InvalidCastException or ArgumentException)
        {
            // A number, bytes or an encoding that are none.
            return null;
        }
    }

    /// <summary>What is wrong with something that is no event.</summary>
    /// <param name="input">What was given.</param>
    /// <param name="cmdlet">Which cmdlet it was given to.</param>
    internal static NetLabException NoEvent(object input, string cmdlet) => new(
        FaultKind.InvalidParameters,
        $"'{input}' is no event of a transcript. Get them with Get-NetTranscript or Import-NetTranscript, as in Get-NetTranscript $job | "
            + $"{cmdlet}.");

    private static NetTranscriptEvent? ReadCopy(PSObject input)
    {
        NetTranscriptDirection? way = Name<NetTranscriptDirection>(input, nameof(NetTranscriptEvent.Direction));
        if (Name<NetTranscriptKind>(input, nameof(NetTranscriptEvent.Kind)) is not { } kind
            || !IPEndPoint.TryParse(Word(input, nameof(NetTranscriptEvent.ClientEndPoint)), out IPEndPoint? client)
            || !IPEndPoint.TryParse(Word(input, nameof(NetTranscriptEvent.ServerEndPoint)), out IPEndPoint? server)
            || (way is null && kind is NetTranscriptKind.Data or NetTranscriptKind.HalfClosed or NetTranscriptKind.Dropped))
        {
            return null;
        }

        byte[]? bytes = null;
        if (kind == NetTranscriptKind.Data && (bytes = Bytes(Value(input, nameof(NetTranscriptEvent.Data)))) is null)
        {
            return null;
        }

        string encoding = Word(input, nameof(NetTranscriptEvent.Encoding));
        return new NetTranscriptEvent
        {
            Sequence = Number(input, nameof(NetTranscriptEvent.Sequence)),
            Moment = Time(Value(input, nameof(NetTranscriptEvent.Time))),
            Elapsed = TimeSpan.FromTicks(checked((long)Math.Round(Milliseconds(input) * TimeSpan.TicksPerMillisecond))),
            ConnectionId = checked((int)Number(input, nameof(NetTranscriptEvent.ConnectionId))),
            Protocol = Name<NetTranscriptProtocol>(input, nameof(NetTranscriptEvent.Protocol)) ?? NetTranscriptProtocol.Tcp,
            Kind = kind,
            Direction = way,
            Length = bytes?.Length ?? Number(input, nameof(NetTranscriptEvent.Length)),
            Bytes = bytes,
            Detail = Value(input, nameof(NetTranscriptEvent.Detail)) is string { Length: > 0 } detail ? detail : null,
            Client = client,
            Server = server,
            IsTls = bool.TryParse(Word(input, nameof(NetTranscriptEvent.IsTls)), out bool isTls) && isTls,
            TextEncoding = encoding.Length == 0 ? TextEncoding.Default : TextEncoding.Find(encoding),
        };
    }

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
        null => null,
        string hex => Convert.FromHexString(hex),
        IEnumerable list => [.. list.Cast<object>().Select(item => Convert.ToByte(item.Unwrapped(), CultureInfo.InvariantCulture))],
        _ => null,
    };

    private static object? Value(PSObject input, string property) => input.Properties[property]?.Value.Unwrapped();

    private static T? Name<T>(PSObject input, string property)
        where T : struct, Enum
        => Enum.TryParse(Word(input, property), out T name) && Enum.IsDefined(name) ? name : null;

    private static string Word(PSObject input, string property) => Value(input, property)?.ToString() ?? string.Empty;

    private static long Number(PSObject input, string property)
        => Convert.ToInt64(Value(input, property), CultureInfo.InvariantCulture);
}
