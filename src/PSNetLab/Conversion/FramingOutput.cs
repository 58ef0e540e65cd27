using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Conversion;

/// <summary>Reads what a script block says about the first message in the bytes that it got.</summary>
/// <param name="seen">How many bytes it got.</param>
internal sealed class VerdictOutput(int seen) : IScriptOutput
{
    private object? _item;
    private int _items;

    /// <inheritdoc/>
    public void Take(IEnumerable<PSObject?> output)
    {
        foreach (PSObject? item in output.Where(item => item is not null))
        {
            _item ??= item;
            _items++;
        }
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <summary>What it said; call this when it has ended.</summary>
    /// <exception cref="NetLabException">That makes no sense.</exception>
    internal FrameVerdict Read()
    {
        if (_items > 1)
        {
            throw Wrong($"{_items} objects");
        }

        Dictionary<string, object?> entries = new(StringComparer.OrdinalIgnoreCase);
        switch (_item.Unwrapped())
        {
            case null:
                return FrameVerdict.Incomplete(seen);
            case int or long or short or byte or uint or ushort or sbyte or ulong or double or float or decimal:
                return FrameVerdict.Complete(seen, Number("Length", _item)!.Value, 0, null, null);
            case IDictionary table:
                foreach (DictionaryEntry entry in table)
                {
                    entries[entry.Key.ToString()!] = entry.Value;
                }

                break;
            case PSCustomObject:
                foreach (PSPropertyInfo property in ((PSObject)_item!).Properties)
                {
                    entries[property.Name] = property.Value;
                }

                break;
            case var other:
                throw Wrong($"'{other}'");
        }

        entries.Remove("Length", out object? length);
        entries.Remove("Offset", out object? offset);
        entries.Remove("Count", out object? count);
        entries.Remove("Content", out object? content);
        entries.Remove("Needs", out object? needs);
        bool isComplete = length is not null;
        return entries.Count > 0 || (isComplete && needs is not null) || (!isComplete && (count ?? content) is not null)
                || (content is not null && (offset ?? count) is not null)
            ? throw Wrong($"a table with {string.Join(", ", Keys(length, offset, count, content, needs).Concat(entries.Keys))}")
            : isComplete
                ? FrameVerdict.Complete(
                    seen, Number("Length", length)!.Value, Number("Offset", offset) ?? 0, Number("Count", count), Bytes(content))
                : FrameVerdict.Incomplete(seen, Number("Needs", needs), Number("Offset", offset));
    }

    private static IEnumerable<string> Keys(params object?[] values)
    {
        string[] names = ["Length", "Offset", "Count", "Content", "Needs"];
        return names.Where((_, index) => values[index] is not null);
    }

    private static long? Number(string key, object? value) => value is null ? null
        : !IsFraction(value) && LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out long number) ? number
        : throw new NetLabException(FaultKind.FramingScriptFailed, $"It returned nonsense: {key} = '{value}' is not a number of bytes");

    // PowerShell would round it.
    private static bool IsFraction(object value)
        => LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out double number) && number != Math.Floor(number);

    private static byte[]? Bytes(object? value) => value is null ? null
        : LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out byte[] bytes) ? bytes
        : throw new NetLabException(FaultKind.FramingScriptFailed, $"It returned nonsense: Content = '{value}' is not bytes");

    private static NetLabException Wrong(string what) => new(FaultKind.FramingScriptFailed, $"It returned nonsense: {what}. What it "
        + "returns is nothing, a number of bytes, or a table such as @{ Length = 10; Offset = 2; Count = 8 }, "
        + "@{ Length = 10; Content = $bytes } or @{ Needs = 10; Offset = 2 }");
}

/// <summary>Joins what a script block puts out to the bytes of one message.</summary>
/// <param name="encoding">How text becomes bytes.</param>
internal sealed class FrameOutput(Encoding encoding) : IScriptOutput
{
    private readonly ArrayBufferWriter<byte> _bytes = new();
    private Exception? _error;

    /// <inheritdoc/>
    public void Take(IEnumerable<PSObject?> output)
    {
        foreach (PSObject? item in output.Where(item => item is not null && _error is null))
        {
            try
            {
                // A number such as 2 is meant as a byte, and a byte array comes byte by byte.
                _bytes.Write(item.Unwrapped() is int number ? [checked((byte)number)] : Payload.From(item, encoding));
                if (_bytes.WrittenCount > MessageFraming.MostMessageBytes)
                {
                    throw new InvalidOperationException($"Its output is longer than {MessageFraming.MostMessageBytes} bytes");
                }
            }
            catch (OverflowException)
            {
                _error = new InvalidOperationException($"It returned {item}, which is not a byte");
            }
            catch (Exception error)
            {
                _error = error;
            }
        }
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <summary>The bytes; call this when it has ended.</summary>
    internal byte[] Read() => _error is not null ? throw _error
        : _bytes.WrittenCount == 0 ? throw new InvalidOperationException("It returned nothing, but has to return the bytes to send")
        : _bytes.WrittenSpan.ToArray();
}
