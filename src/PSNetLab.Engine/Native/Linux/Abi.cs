using System.Runtime.InteropServices;

namespace PSNetLab.Engine.Native.Linux;

/// <summary>The differences between processors in the interfaces of the kernel and the C library.</summary>
internal sealed record Abi
{
    /// <summary>The values for this process.</summary>
    internal static readonly Abi Current = For(RuntimeInformation.ProcessArchitecture);

    /// <summary>The bytes of struct epoll_event, which is packed on x86 only (epoll_ctl(2)).</summary>
    internal required int EpollEventBytes { get; init; }

    /// <summary>Where in struct epoll_event the data is.</summary>
    internal required int EpollDataOffset { get; init; }

    /// <summary>SIOCOUTQ, which is TIOCOUTQ in the kernel: PowerPC numbers terminal requests differently.</summary>
    internal required uint OutputQueue { get; init; }

    /// <summary>
    /// O_LARGEFILE, without which a 32-bit process cannot open a file of 2 GiB or more. 64-bit processes do not need it.
    /// </summary>
    internal required int LargeFile { get; init; }

    /// <summary>
    /// Whether pointers and file offsets have 64 bits, as the structures and calls here are declared. In a 32-bit process
    /// offsets may have 32.
    /// </summary>
    internal required bool Is64Bit { get; init; }

    internal static Abi For(Architecture architecture)
    {
        bool packed = architecture is Architecture.X64 or Architecture.X86;
        bool is64Bit = architecture is not (Architecture.X86 or Architecture.Arm or Architecture.Armv6 or Architecture.Wasm);
        return new Abi
        {
            EpollEventBytes = packed ? 12 : 16,
            EpollDataOffset = packed ? 4 : 8,
            OutputQueue = architecture is Architecture.Ppc64le ? 0x4004_7473u : 0x5411,
            LargeFile = is64Bit ? 0 : architecture is Architecture.X86 ? 0x8000 : 0x2_0000,
            Is64Bit = is64Bit,
        };
    }
}
