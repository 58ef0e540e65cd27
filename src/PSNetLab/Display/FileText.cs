using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Display;

/// <summary>
/// What a value of an object is in a file: ConvertTo-Csv writes the ToString of each, which for numbers and times is that of the language
/// of the system, so that a dashboard in Berlin and one in Boston would get different files; and of bytes and tables it is the name of
/// their type.
/// </summary>
/// <remarks>
/// It takes the place of ToString() on the value, which otherwise is the number, time or array that it was. With a format or a culture
/// ToString does what it always does.
/// </remarks>
internal sealed class FileText : PSMethodInfo
{
    private readonly object _value;
    private readonly Func<string>? _text;

    private FileText(object value, Func<string>? text)
    {
        _value = value;
        _text = text;
        SetMemberName(nameof(ToString));
    }

    /// <inheritdoc/>
    public override Collection<string> OverloadDefinitions => // more than one: PowerShell takes formats for possible
    [
        "string ToString()",
        "string ToString(string format)",
        "string ToString(System.IFormatProvider provider)",
        "string ToString(string format, System.IFormatProvider provider)",
    ];

    /// <inheritdoc/>
    public override PSMemberTypes MemberType => PSMemberTypes.CodeMethod;

    /// <inheritdoc/>
    public override string TypeNameOfValue => typeof(string).FullName!;

    /// <summary>Whether the text of a value is another in another language, or is the name of a type.</summary>
    internal static bool IsNeeded(object value) => value switch
    {
        DateTime or double or byte[] or IDictionary => true,
        int number => number < 0, // the sign
        long number => number < 0,
        _ => false,
    };

    /// <summary>The value with its text, or with one of its own.</summary>
    internal static object With(object value, Func<string>? text = null)
    {
        PSObject shown = new(value);
        shown.Members.Add(new FileText(value, text));
        return shown;
    }

    /// <inheritdoc/>
    public override PSMemberInfo Copy() => new FileText(_value, _text);

    /// <inheritdoc/>
    public override object Invoke(params object[] arguments)
        => arguments.Length > 0 && _value is IFormattable formattable
            ? formattable.ToString(arguments.OfType<string>().FirstOrDefault(), arguments.OfType<IFormatProvider>().FirstOrDefault())
            : _text?.Invoke() ?? Text;

    private string Text => _value switch
    {
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFK", CultureInfo.InvariantCulture), // ISO 8601
        byte[] bytes => Convert.ToHexString(bytes),
        IDictionary table => string.Join("; ", table.Cast<DictionaryEntry>().Select(static pair => $"{pair.Key}={Words(pair.Value)}")),
        _ => Convert.ToString(_value, CultureInfo.InvariantCulture)!,
    };

    private static string? Words(object? value) => value.Unwrapped() is IEnumerable list and not string
        ? string.Join(", ", list.Cast<object>())
        : Convert.ToString(value.Unwrapped(), CultureInfo.InvariantCulture);
}
