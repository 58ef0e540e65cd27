namespace PSNetLab;

/// <summary>A field of a header or trailer, as it was sent or received.</summary>
public sealed class HttpField
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

    /// <summary>The line, such as "Content-Type: text/plain".</summary>
    public override string ToString() => $"{Name}: {Value}";
}
