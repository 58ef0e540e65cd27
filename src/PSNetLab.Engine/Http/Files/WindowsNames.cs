using System.Buffers;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Names that mean something other than a file of that name on Windows.</summary>
internal static class WindowsNames
{
    // Separators, drive letters and alternate streams (':'), Win32 wildcards, and characters that no name can have.
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create("\\/:*?\"<>|\0\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\v\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");
    private static readonly string[] s_devices = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

    /// <summary>
    /// Whether the name stands for itself: no device, stream or drive, no dot or space at its end, which Windows drops, and no
    /// short name with '~' and a digit, which could lead to a hidden file ("Naming Files, Paths, and Namespaces", Microsoft).
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
        // The last one, because the long name may contain others.
        int tilde = name.LastIndexOf('~');
        return tilde >= 0 && tilde + 1 < name.Length && char.IsAsciiDigit(name[tilde + 1]);
    }
}
