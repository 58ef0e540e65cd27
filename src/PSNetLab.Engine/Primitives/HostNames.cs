using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>Names of hosts as they are on the wire and in certificates (IDNA, RFC 5890).</summary>
internal static class HostNames
{
    private const int MostCharacters = 253; // RFC 1035, section 2.3.4, as text without the final dot

    // Underscores are in names of services, and in those of some hosts.
    private static readonly SearchValues<char> s_characters
        = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

    private static readonly IdnMapping s_mapping = new() { AllowUnassigned = true };

    /// <summary>The name in ASCII, as in xn--bcher-kva.example for bücher.example.</summary>
    /// <exception cref="ArgumentException">It is no name.</exception>
    internal static string ToAscii(string name) => s_mapping.GetAscii(name);

    /// <summary>Whether a text is a name that a host can have, or an address.</summary>
    internal static bool IsValid(string text)
    {
        if (Addresses.TryParse(text, out IPAddress _))
        {
            return true;
        }

        try
        {
            string name = ToAscii(text.EndsWith('.') ? text[..^1] : text);
            return name.Length <= MostCharacters && !name.AsSpan().ContainsAnyExcept(s_characters);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether two names are the same: in any case, in letters or in A-labels, with a final dot or without.</summary>
    internal static bool AreSame(string one, string other) => Plain(one).Equals(Plain(other), StringComparison.OrdinalIgnoreCase);

    private static string Plain(string name)
    {
        string text = name.TrimEnd('.');
        try
        {
            return Ascii.IsValid(text) ? text : ToAscii(text);
        }
        catch (ArgumentException)
        {
            return text;
        }
    }
}
