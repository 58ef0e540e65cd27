using System.Collections;
using System.Globalization;
using System.Management.Automation;
using PSNetLab.Conversion;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Binding;

/// <summary>Reads -Framing: a name, a name with an argument, or a hashtable.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FramingTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        try
        {
            return input switch
            {
                MessageFraming framing => framing,
                IDictionary table => FromTable(table),
                ScriptBlock => throw FramingParser.Invalid("A script block alone is not a framing: write @{ Parse = { … } }."),
                null => throw FramingParser.Invalid("No framing was given."),
                _ => FramingParser.Parse(LanguagePrimitives.ConvertTo<string>(input)),
            };
        }
        catch (NetLabException error)
        {
            throw new ArgumentTransformationMetadataException(error.Message, error);
        }
    }

    private static MessageFraming FromTable(IDictionary table)
    {
        Dictionary<string, object?> entries = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry entry in table)
        {
            entries[entry.Key.ToString()!] = entry.Value.Unwrapped();
        }

        MessageFraming? framing = null;
        if (entries.Remove("Delimiter", out object? delimiter))
        {
            framing = Delimiter(delimiter);
        }
        else if (entries.Remove("FixedLength", out object? fixedLength))
        {
            framing = FramingParser.FromFixedLength(Number("FixedLength", fixedLength));
        }
        else if (entries.Remove("LengthPrefix", out object? prefix))
        {
            framing = FramingParser.FromLengthPrefix(
                Number("LengthPrefix", prefix),
                entries.Remove("LittleEndian", out object? little) && LanguagePrimitives.IsTrue(little),
                entries.Remove("Offset", out object? offset) ? Number("Offset", offset) : 0,
                entries.Remove("Includes", out object? includes) ? Includes(includes) : LengthIncludes.Nothing,
                entries.Remove("Adjust", out object? adjust) ? Number("Adjust", adjust) : 0);
        }

        else if (entries.Remove("Parse", out object? parse))
        {
            entries.Remove("Format", out object? format);
            framing = new ScriptFraming(new FramingBlocks(Script("Parse", parse)!, Script("Format", format, isOptional: true)));
        }

        return framing is not null && entries.Count == 0 ? framing : throw FramingParser.Invalid(
            $"A hashtable with {string.Join(", ", table.Keys.Cast<object>().DefaultIfEmpty("nothing"))} is not a framing.");
    }

    private static ScriptBlock? Script(string key, object? value, bool isOptional = false)
        => value as ScriptBlock ?? (value is null && isOptional
            ? null
            : throw FramingParser.Invalid($"{key} must be a script block, not {(value is null ? "nothing" : $"'{value}'")}."));

    private static LengthIncludes Includes(object? value)
        => FramingParser.TryParseIncludes($"{value}", out LengthIncludes includes)
            ? includes
            : throw FramingParser.Invalid($"Includes must be {string.Join(", ", Enum.GetNames<LengthIncludes>())}, not '{value}'.");

    private static MessageFraming Delimiter(object? value) => value switch
    {
        string text => FramingParser.FromDelimiter(text),
        char one => FramingParser.FromDelimiter(one.ToString()),
        byte one => FramingParser.FromDelimiter([one]),
        ICollection list => FramingParser.FromDelimiter([.. list.Cast<object?>().Select(Byte)]),
        _ => throw NotBytes(value),
    };

    private static byte Byte(object? element) => element.Unwrapped() switch
    {
        byte one => one,
        int and >= byte.MinValue and <= byte.MaxValue and int one => (byte)one,
        var other => throw NotBytes(other),
    };

    private static NetLabException NotBytes(object? value)
        => FramingParser.Invalid($"A delimiter is text in quotes, or bytes such as 13, 10 or [byte] 0; {value ?? "null"} is neither.");

    private static int Number(string key, object? value)
        => LanguagePrimitives.TryConvertTo(value, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw FramingParser.Invalid($"{key} = '{value}' is not a number of bytes.");
}
