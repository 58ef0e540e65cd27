using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;

namespace PSNetLab.Display;

/// <summary>
/// What a value of a result is in a file: ConvertTo-Csv writes the ToString of each, which for numbers and times is that of the language
/// of the system, so that a dashboard in Berlin and one in Boston would get different files; and of bytes it is the name of their type.
/// </summary>
/// <remarks>
/// It takes the place of ToString() on the value, which otherwise is the number, time or array that it was. With a format or a culture
/// ToString does what it always does.
/// </remarks>
internal sealed class FileText : PSMethodInfo
{
    private readonly object _value;

    private FileText(object value)
    {
        _value = value;
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

    /// <summary>The value with its text.</summary>
    internal static object With(object value)
    {
        PSObject shown = new(value);
        shown.Members.Add(new FileText(value));
        return shown;
    }

    /// <inheritdoc/>
    public override PSMemberInfo Copy() => new FileText(_value);

    /// <inheritdoc/>
    public override object Invoke(params object[] arguments)
        => arguments.Length > 0 && _value is IFormattable formattable
            ? formattable.ToString(arguments.OfType<string>().FirstOrDefault(), arguments.OfType<IFormatProvider>().FirstOrDefault())
            : Text;

    private string Text => _value switch
    {
        DateTime time => time.ToString("yyyy-MM-ddTHH:mm:ss.FFFK", CultureInfo.InvariantCulture), // ISO 8601
        byte[] bytes => Convert.ToHexString(bytes),
        _ => Convert.ToString(_value, CultureInfo.InvariantCulture)!,
    };
}
