using System.Buffers;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Recognizes names that do not simply mean a file of that name on Windows.</summary>
internal static class WindowsNames
{
    // Separators, the colon of drives and alternate streams, wildcards, and characters that are not allowed in names.
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create(
        [.. "\\/:*?\"<>|", .. Enumerable.Range(0, ' ').Select(control => (char)control)]);
    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>
    /// Whether the name is not a device, stream or drive, does not end with a dot or space, which Windows drops, and is not a
    /// short name with '~' and a digit, which could mean a hidden file ("Naming Files, Paths, and Namespaces", Microsoft).
    /// </summary>
    internal static bool IsPlain(ReadOnlySpan<char> name)
        => !name.ContainsAny(s_forbidden)
        && name[^1] is not ('.' or ' ')
        && !IsDevice(name)
        && !IsShort(name);

    private static bool IsDevice(ReadOnlySpan<char> name)
    {
        // "nul.txt" and "nul .txt" are also the device.
        int dot = name.IndexOf('.');
        ReadOnlySpan<char> stem = (dot < 0 ? name : name[..dot]).TrimEnd(' ');
        foreach (string device in s_devices)
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return stem.Length == 4
            && (stem.StartsWith("COM", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("LPT", StringComparison.OrdinalIgnoreCase))
            && stem[3] is (>= '0' and <= '9') or '¹' or '²' or '³';
    }

    private static bool IsShort(ReadOnlySpan<char> name)
    {
        // The last one: the long name may contain others.
        int tilde = name.LastIndexOf('~');
        return tilde >= 0 && tilde + 1 < name.Length && char.IsAsciiDigit(name[tilde + 1]);
    }
}
