using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A field of a header or trailer, as it was sent or received.</summary>
public sealed class HttpField : IPartedText
{
    internal HttpField(string name, string value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>The name, in the case of its sender.</summary>
    public string Name { get; }

    /// <summary>The value, without the blanks around it.</summary>
    public string Value { get; }

    IEnumerable<(string Name, object? Value)> IPartedText.Parts => [(nameof(Name), Name), (nameof(Value), Value)];

    /// <summary>The line, such as "Content-Type: text/plain".</summary>
    public override string ToString() => $"{Name}: {Value}";
}
