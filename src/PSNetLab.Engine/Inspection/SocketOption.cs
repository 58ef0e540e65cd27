using System.Globalization;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>An option of a socket and its value.</summary>
public sealed class SocketOption
{
    internal SocketOption(string level, string name, object? value, string? unit, string meaning)
    {
        Level = level;
        Name = name;
        Setting = value;
        Unit = unit;
        Meaning = meaning;
    }

    /// <summary>The protocol level of the option: Socket, Tcp, IP, IPv6, or a number.</summary>
    public string Level { get; }

    /// <summary>The name of the option, or its level and number, such as 6/23, if it has no name here.</summary>
    public string Name { get; }

    /// <summary>The current value: a Boolean, a number, or bytes.</summary>
    public object? Value => Setting is bool ? Setting : FileValue.Of(Setting);

    /// <summary>The unit of the value, such as bytes or s; null for a Boolean.</summary>
    public string? Unit { get; }

    /// <summary>What the option does.</summary>
    public string Meaning { get; }

    internal object? Setting { get; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string value = Setting is byte[] bytes ? Convert.ToHexString(bytes) : Convert.ToString(Setting, CultureInfo.InvariantCulture)!;
        return $"{Name} = {value}{(Unit is null ? string.Empty : " " + Unit)}";
    }
}
