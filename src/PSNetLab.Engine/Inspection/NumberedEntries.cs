using System.Runtime.InteropServices;
using System.Text;
using PSNetLab.Engine.Native.Linux;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Inspection;

/// <summary>
/// The entries of a Linux directory that are numbers: the processes in /proc, or the descriptors of one of them. The
/// runtime would read the attributes of each (proc(5), readdir(3)).
/// </summary>
internal unsafe ref struct NumberedEntries
{
    private const int MostPathBytes = 64;

    private nint _directory;
    private byte* _name;

    internal NumberedEntries(string path)
    {
        byte* bytes = stackalloc byte[MostPathBytes];
        bytes[Encoding.ASCII.GetBytes(path, new Span<byte>(bytes, MostPathBytes - 1))] = 0;
        _directory = DirectoryCalls.Open(bytes);
        IsDenied = _directory == 0 && Marshal.GetLastPInvokeError() is Errno.EPERM or Errno.EACCES;
    }

    /// <summary>Whether the directory cannot be read for lack of rights.</summary>
    internal bool IsDenied { get; }

    internal int Current { get; private set; }

    /// <summary>Reads where the current entry, a link, points to.</summary>
    internal readonly ReadOnlySpan<byte> ReadLink(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint length = DirectoryCalls.ReadLink(DirectoryCalls.Descriptor(_directory), _name, start, (nuint)buffer.Length);
            return length > 0 ? buffer[..(int)length] : default;
        }
    }

    internal bool MoveNext()
    {
        while (_directory != 0 && DirectoryCalls.Read(_directory) is not 0 and nint entry)
        {
            _name = (byte*)entry + DirectoryCalls.NameOffset;
            int number = 0;
            byte* digit = _name;
            for (; *digit is >= (byte)'0' and <= (byte)'9'; digit++)
            {
                number = (number * 10) + (*digit - '0');
            }

            if (*digit == 0)
            {
                Current = number;
                return true;
            }
        }

        return false;
    }

    internal void Dispose()
    {
        if (_directory != 0)
        {
            _ = DirectoryCalls.Close(_directory);
            _directory = 0;
        }
    }
}
