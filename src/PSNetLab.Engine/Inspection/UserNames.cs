using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Native.Unix;

namespace PSNetLab.Engine.Inspection;

/// <summary>The names of users by their numbers (getpwuid_r(3)).</summary>
internal static unsafe class UserNames
{
    private static readonly ConcurrentDictionary<uint, string?> s_names = new();

    internal static string? Get(uint id) => s_names.GetOrAdd(id, Find);

    private static string? Find(uint id)
    {
        const int EntryBytes = 128;
        const int BufferBytes = 16 * 1024;
        byte* entry = stackalloc byte[EntryBytes];
        byte[] buffer = new byte[BufferBytes];
        nint result = 0;
        fixed (byte* start = buffer)
        {
            // The name is the first member of struct passwd.
            return UserCalls.Find(id, entry, start, BufferBytes, &result) == 0 && result != 0
                ? Marshal.PtrToStringUTF8(*(nint*)entry)
                : null;
        }
    }
}
