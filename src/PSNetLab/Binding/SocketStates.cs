using System.Collections;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>
/// States of sockets by their names here, as in RFC 9293, and as ss and netstat write them: TimeWait, TIME-WAIT, TIME_WAIT.
/// </summary>
internal static class SocketStates
{
    // Where ss or netstat has another word, not just another spelling.
    private static readonly (string Word, SocketState State)[] s_words =
    [
        .. Enum.GetValues<SocketState>().Select(state => (state.ToString(), state)),
        ("Estab", SocketState.Established),
        ("SynRecv", SocketState.SynReceived),
        ("NewSynRecv", SocketState.NewSynReceived),
        ("Close", SocketState.Closed),
        ("Unconn", SocketState.Closed),
        ("Listening", SocketState.Listen),
    ];

    internal static SocketState? Find(string text)
        => Array.FindIndex(s_words, entry => entry.Word.Equals(Plain(text), StringComparison.OrdinalIgnoreCase)) is >= 0 and int index
            ? s_words[index].State
            : null;

    internal static IEnumerable<SocketState> StartingWith(string text)
        => s_words.Where(entry => entry.Word.StartsWith(Plain(text), StringComparison.OrdinalIgnoreCase)).Select(entry => entry.State)
            .Distinct();

    private static string Plain(string text)
        => text.Trim().Replace("-", null, StringComparison.Ordinal).Replace("_", null, StringComparison.Ordinal);
}

/// <summary>Reads states, one or a list, in the words of ss and netstat, too, as their names here.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SocketStateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        return input is IList list ? list.Cast<object?>().Select(Read).ToArray() : Read(input);
    }

    private static string Read(object? item)
        => SocketStates.Find(item?.ToString() ?? string.Empty)?.ToString()
            ?? throw new ArgumentTransformationMetadataException($"'{item}' is not a state of a socket. Use "
                + $"{string.Join(", ", Enum.GetNames<SocketState>())}, or a word of ss such as TIME-WAIT.");
}
