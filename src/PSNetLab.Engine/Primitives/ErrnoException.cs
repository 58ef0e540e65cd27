using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Primitives;

/// <summary>
/// A socket error with the system's own number and text. Several numbers map to the same <see cref="SocketError"/>, and
/// some have none.
/// </summary>
internal sealed class ErrnoException(int errno, SocketError meaning) : SocketException((int)meaning, Marshal.GetPInvokeErrorMessage(errno))
{
    /// <summary>The error number of the system (errno(3)).</summary>
    internal int Number => errno;
}
