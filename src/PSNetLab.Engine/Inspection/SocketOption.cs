namespace PSNetLab;

/// <summary>An option of a socket and its value.</summary>
public sealed class SocketOption
{
    internal SocketOption(string level, string name, object? value, string? unit, string meaning)
    {
        Level = level;
        Name = name;
        Value = value;
        Unit = unit;
        Meaning = meaning;
    }

    /// <summary>The part of the system it belongs to: Socket, Tcp, IP, IPv6, or a number.</summary>
    public string Level { get; }

    /// <summary>The name, or the level and number of an option without one.</summary>
    public string Name { get; }

    /// <summary>The current value: a switch, a number, or bytes.</summary>
    public object? Value { get; }

    /// <summary>What the number counts; null for a switch.</summary>
    public string? Unit { get; }

    /// <summary>What the option does.</summary>
    public string Meaning { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} = {Value}{(Unit is null ? string.Empty : " " + Unit)}";
}
