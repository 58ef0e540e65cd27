using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PSNetLab.Engine.Native.MacOS;

/// <summary>
/// What macOS reports about processes and their descriptors. Each call returns the number of bytes, or the negated error
/// number.
/// </summary>
internal interface IProcessDescriptors
{
    /// <summary>Reads the numbers of all processes, 4 bytes each, as far as there is room.</summary>
    int ListProcesses(Span<byte> numbers);

    /// <summary>Reads the descriptors of a process (struct proc_fdinfo), as far as there is room.</summary>
    int ListDescriptors(int process, Span<byte> descriptors);

    /// <summary>Reads the details of a socket (struct socket_fdinfo).</summary>
    int ReadSocket(int process, int descriptor, Span<byte> socket);
}

/// <summary>libproc (libproc.h, sys/proc_info.h).</summary>
[SupportedOSPlatform("macos")]
internal sealed unsafe partial class LibProc : IProcessDescriptors
{
    private const string Library = "libproc";
    private const uint AllProcesses = 1;
    private const int ListDescriptorsFlavor = 1;
    private const int SocketFlavor = 3;

    /// <inheritdoc/>
    public int ListProcesses(Span<byte> numbers)
    {
        fixed (byte* start = numbers)
        {
            return OrError(ListPids(AllProcesses, 0, start, numbers.Length));
        }
    }

    /// <inheritdoc/>
    public int ListDescriptors(int process, Span<byte> descriptors)
    {
        fixed (byte* start = descriptors)
        {
            return OrError(PidInfo(process, ListDescriptorsFlavor, 0, start, descriptors.Length));
        }
    }

    /// <inheritdoc/>
    public int ReadSocket(int process, int descriptor, Span<byte> socket)
    {
        fixed (byte* start = socket)
        {
            return OrError(PidFdInfo(process, descriptor, SocketFlavor, start, socket.Length));
        }
    }

    // The library returns 0 for an error.
    private static int OrError(int bytes) => bytes > 0 ? bytes : -Marshal.GetLastPInvokeError();

    [LibraryImport(Library, EntryPoint = "proc_listpids", SetLastError = true)]
    private static partial int ListPids(uint type, uint typeInfo, byte* buffer, int bytes);

    [LibraryImport(Library, EntryPoint = "proc_pidinfo", SetLastError = true)]
    private static partial int PidInfo(int process, int flavor, ulong argument, byte* buffer, int bytes);

    [LibraryImport(Library, EntryPoint = "proc_pidfdinfo", SetLastError = true)]
    private static partial int PidFdInfo(int process, int descriptor, int flavor, byte* buffer, int bytes);
}
