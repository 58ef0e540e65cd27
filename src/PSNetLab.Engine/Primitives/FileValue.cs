namespace PSNetLab.Engine.Primitives;

/// <summary>
/// What a property of a result shows of a number, a time, bytes or a table: a value whose text is the same in every language, for CSV.
/// </summary>
internal static class FileValue
{
    /// <summary>Gives a value that text, or one of its own. The module does; the engine knows nothing of PowerShell.</summary>
    internal static Func<object, Func<string>?, object> Give { get; set; } = static (value, _) => value;

    /// <summary>A value with that text.</summary>
    internal static object With(object value, Func<string>? text = null) => Give(value, text);

    /// <summary>A value with that text; null of null.</summary>
    internal static object? Of(object? value) => value is null ? null : Give(value, null);
}
