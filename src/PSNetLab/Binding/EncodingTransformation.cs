using System.Globalization;
using System.Management.Automation;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Binding;

/// <summary>Reads -Encoding: a name such as utf8 or GB18030, a code page number, or an Encoding.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EncodingTransformationAttribute : ArgumentTransformationAttribute
{
    internal static readonly string[] Names =
        ["utf8", "ascii", "latin1", "utf-16", "utf-16BE", "utf-32", "GB18030", "gb2312", "big5", "shift_jis", "euc-jp", "euc-kr",
            "windows-1252"];

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData.Unwrapped();
        if (input is Encoding encoding)
        {
            return encoding;
        }

        string name = Convert.ToString(input, CultureInfo.InvariantCulture) ?? string.Empty;
        try
        {
            return name.ToUpperInvariant() switch
            {
                "UTF8" or "UTF-8" or "UTF8NOBOM" => TextEncoding.Default,
                "LATIN1" => Encoding.Latin1,
                "UNICODE" => Encoding.Unicode,
                "BIGENDIANUNICODE" => Encoding.BigEndianUnicode,
                "UTF32" => Encoding.UTF32,
                _ => int.TryParse(name, CultureInfo.InvariantCulture, out int codePage)
                    ? TextEncoding.Find(codePage)
                    : TextEncoding.Find(name),
            };
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw new ArgumentTransformationMetadataException($"'{name}' is not an encoding this system knows. Use a name such as "
                + $"{string.Join(", ", Names)}, or a code page number such as 936.", error);
        }
    }
}
