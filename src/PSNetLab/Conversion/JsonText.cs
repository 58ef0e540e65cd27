using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PSNetLab.Conversion;

/// <summary>Writes objects of PowerShell as JSON. Unlike ConvertTo-Json, it names enums and needs no runspace for plain objects.</summary>
internal static class JsonText
{
    /// <summary>How deep objects may be nested: what is deeper is most often an object that contains itself.</summary>
    private const int MostLevels = 64;

    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MostLevels + 1,
    };

    /// <exception cref="NetLabException">The object is nested too deep.</exception>
    internal static byte[] From(object? value)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes, s_options))
        {
            Write(writer, value, 0);
        }

        return bytes.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, object? value, int level)
    {
        if (level > MostLevels)
        {
            throw new NetLabException(FaultKind.InvalidRoute, $"An object is nested more than {MostLevels} levels deep, so it cannot "
                + $"become JSON. "
                + "Give the properties that are needed, for example with Select-Object.");
        }

        switch (value.Unwrapped())
        {
            case null or DBNull:
                writer.WriteNullValue();
                break;
            case string text:
                writer.WriteStringValue(text);
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case SwitchParameter given:
                writer.WriteBooleanValue(given);
                break;
            case Enum named:
                writer.WriteStringValue(named.ToString());
                break;
            case double or float when !double.IsFinite(Convert.ToDouble(value.Unwrapped(), CultureInfo.InvariantCulture)):
                writer.WriteStringValue(Convert.ToString(value.Unwrapped(), CultureInfo.InvariantCulture));
                break;
            case sbyte or byte or short or ushort or int or uint or long or ulong
                or float or double or decimal or System.Numerics.BigInteger:
                writer.WriteRawValue(Convert.ToString(value.Unwrapped(), CultureInfo.InvariantCulture)!);
                break;
            case DateTime time:
                writer.WriteStringValue(time);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            case char or Guid or Uri or Version or TimeSpan or System.Net.IPAddress or System.Net.IPEndPoint or Type or ScriptBlock:
                writer.WriteStringValue(value.Unwrapped()!.ToString());
                break;
            case JsonFragment fragment:
                writer.WriteRawValue(fragment.Json);
                break;
            case IDictionary table:
                WriteTable(writer, table, level);
                break;
            case IEnumerable list:
                writer.WriteStartArray();
                foreach (object? element in list)
                {
                    Write(writer, element, level + 1);
                }

                writer.WriteEndArray();
                break;
            default:
                WriteProperties(writer, PSObject.AsPSObject(value), level);
                break;
        }
    }

    private static void WriteTable(Utf8JsonWriter writer, IDictionary table, int level)
    {
        writer.WriteStartObject();
        foreach (DictionaryEntry entry in table)
        {
            writer.WritePropertyName(LanguagePrimitives.ConvertTo<string>(entry.Key));
            Write(writer, entry.Value, level + 1);
        }

        writer.WriteEndObject();
    }

    private static void WriteProperties(Utf8JsonWriter writer, PSObject item, int level)
    {
        writer.WriteStartObject();
        foreach (PSPropertyInfo property in item.Properties)
        {
            if (property.IsGettable)
            {
                writer.WritePropertyName(property.Name);
                Write(writer, ValueOf(property), level + 1);
            }
        }

        writer.WriteEndObject();
    }

    private static object? ValueOf(PSPropertyInfo property)
    {
        try
        {
            return property.Value;
        }
        catch (GetValueException)
        {
            return null; // as ConvertTo-Json does
        }
    }
}

/// <summary>A value that was written as JSON before.</summary>
/// <param name="Json">The JSON.</param>
internal sealed record JsonFragment(byte[] Json);
