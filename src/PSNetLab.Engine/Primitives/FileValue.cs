namespace PSNetLab.Engine.Primitives;

/// <summary>
/// What a property of a result shows of a number, a time or bytes: a value whose text is the same in every language, for CSV.
/// </summary>
internal static class FileValue
{
    /// <summary>Gives a value that text. The module does; the engine knows nothing of PowerShell.</summary>
    internal static Func<object, object> With { get; set; } = static value => value;

    /// <summary>A value with that text; null of null.</summary>
    internal static object? Of(object? value) => value is null ? null : With(value);
}
