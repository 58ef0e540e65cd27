using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Primitives;

/// <summary>A socket error as the system reported it, with its own number and text: several numbers may be the same <see cref="SocketError"/>, and some are none.</summary>
internal sealed class ErrnoException(int errno, SocketError meaning) : SocketException((int)meaning, Marshal.GetPInvokeErrorMessage(errno))
{
    /// <summary>The error number of the system (errno(3)).</summary>
    internal int Number => errno;
}
