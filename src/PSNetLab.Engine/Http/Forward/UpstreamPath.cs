using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Forward;

/// <summary>Keeps paths within the part of an upstream that is served.</summary>
internal static class UpstreamPath
{
    /// <summary>
    /// Whether some upstream may read a path as one above its root. Servers differ in what separates names (a slash, an encoded one, a
    /// backslash), in whether empty names count, and in what a name may have behind a semicolon: what any of them may do is enough.
    /// </summary>
    /// <param name="target">A path, with or without a query.</param>
    internal static bool MayLeaveRoot(ReadOnlySpan<byte> target)
    {
        ReadOnlySpan<byte> path = target.IndexOf((byte)'?') is >= 0 and int query ? target[..query] : target;
        int depth = 0;
        while (!path.IsEmpty)
        {
            int length = path.IndexOf((byte)'/');
            depth += Descent(length < 0 ? path : path[..length]);
            if (depth < 0)
            {
                return true;
            }

            path = length < 0 ? default : path[(length + 1)..];
        }

        return false;
    }

    /// <summary>By how many folders a segment leads down, at least; less than 0 for up.</summary>
    private static int Descent(ReadOnlySpan<byte> segment)
    {
        int parents = 0;
        bool hasName = false;
        while (!segment.IsEmpty)
        {
            TakeName(ref segment, out int dots, out bool hasOther);
            parents += dots == 2 && !hasOther ? 1 : 0;
            hasName |= dots > 2 || hasOther;
        }

        return parents > 0 ? -parents : hasName ? 1 : 0;
    }

    /// <summary>Takes the next name of a segment, and all that an upstream may read as separators, or as parameters of the name.</summary>
    private static void TakeName(ref ReadOnlySpan<byte> segment, out int dots, out bool hasOther)
    {
        dots = 0;
        hasOther = false;
        bool hasEnded = false;
        while (!segment.IsEmpty)
        {
            byte octet = segment[0];
            segment = segment[1..];
            if (octet == '%' && HttpSyntax.TryReadHex(segment, out byte value))
            {
                octet = value;
                segment = segment[2..];
            }

            if (octet is (byte)'/' or (byte)'\\')
            {
                return;
            }

            hasEnded |= octet == ';';
            dots += !hasEnded && octet == '.' ? 1 : 0;
            hasOther |= !hasEnded && octet != '.';
        }
    }
}
