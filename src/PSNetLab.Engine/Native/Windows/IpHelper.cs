using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PSNetLab.Engine.Native.Windows;

/// <summary>The tables of sockets in Windows (iphlpapi.h).</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class IpHelper
{
    private const string Library = "iphlpapi";
    private const uint Family4 = 2;
    private const uint Family6 = 23;
    private const int TcpTableOwnerPidAll = 5;
    private const int UdpTableOwnerPid = 1;

    /// <summary>Reads a table into memory, and returns its size in bytes.</summary>
    /// <returns>0, or a system error code.</returns>
    internal static uint ReadTable(bool tcp, bool six, Span<byte> table, ref uint bytes)
    {
        fixed (byte* start = table)
        {
            return tcp
                ? GetExtendedTcpTable(start, ref bytes, 0, six ? Family6 : Family4, TcpTableOwnerPidAll, 0)
                : GetExtendedUdpTable(start, ref bytes, 0, six ? Family6 : Family4, UdpTableOwnerPid, 0);
        }
    }

    [LibraryImport(Library)]
    private static partial uint GetExtendedTcpTable(byte* table, ref uint bytes, int order, uint family, int tableClass, uint reserved);

    [LibraryImport(Library)]
    private static partial uint GetExtendedUdpTable(byte* table, ref uint bytes, int order, uint family, int tableClass, uint reserved);
}
