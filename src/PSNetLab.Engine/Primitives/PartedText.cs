namespace PSNetLab.Engine.Primitives;

/// <summary>Something that is a text in JSON, CSV and comparisons, and has parts for those who want them.</summary>
internal interface IPartedText
{
    /// <summary>The parts by name, in their order; the text is ToString().</summary>
    IEnumerable<(string Name, object? Value)> Parts { get; }
}

/// <summary>What a property of the objects that users get shows of an <see cref="IPartedText"/>.</summary>
internal static class PartedText
{
    /// <summary>Makes it. The module makes a text with properties; the engine knows nothing of PowerShell.</summary>
    internal static Func<IPartedText, object> Of { get; set; } = static source => source;
}
