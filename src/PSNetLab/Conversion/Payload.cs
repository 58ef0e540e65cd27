using System.Globalization;
using System.Management.Automation;
using System.Text;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Conversion;

/// <summary>Turns any pipeline object into bytes to send.</summary>
internal static class Payload
{
    /// <summary>Bytes as they are, a received message as its bytes, text in the encoding, anything else as its string form.</summary>
    internal static byte[] From(object? item, Encoding encoding) => item.Unwrapped() switch
    {
        null => [],
        string text => encoding.GetBytes(text),
        byte[] bytes => bytes,
        byte one => [one],
        IReceivedMessage message => message.Bytes,

        int number => encoding.GetBytes(number.ToString(CultureInfo.InvariantCulture)),

        // As in "$item": independent of the culture.
        _ => encoding.GetBytes(LanguagePrimitives.ConvertTo<string>(item)),
    };

    /// <summary>The messages of -Reply; none without one.</summary>
    internal static byte[][] FromReply(object? reply, Encoding encoding) => reply is null ? [] : [.. FromArgument(reply, encoding)];

    /// <summary>
    /// The messages in an argument: a list is one message per element, as in a pipeline, but a list of bytes is one
    /// message.
    /// </summary>
    internal static IEnumerable<byte[]> FromArgument(object? argument, Encoding encoding)
    {
        object? item = argument.Unwrapped();
        if (item is string or byte[] or ValueType || LanguagePrimitives.GetEnumerable(item) is not { } items)
        {
            return [From(argument, encoding)];
        }

        object?[] elements = [.. items];
        return elements.Length > 0 && Array.TrueForAll(elements, element => element.Unwrapped() is byte)
            ? [Array.ConvertAll(elements, element => (byte)element.Unwrapped()!)]
            : elements.Select(element => From(element, encoding));
    }
}
