using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public class ErrnoTests
{
    /// <summary>Numbers whose word .NET has for another one, too.</summary>
    private static readonly int[] s_aliases =
        [Errno.EPERM, Errno.EBADF, Errno.EMFILE, Errno.ESHUTDOWN, Errno.ENONET, Errno.EPROTO, Errno.ENOMEM];

    /// <summary>Numbers of files, which no socket gives.</summary>
    private static readonly int[] s_ofFiles = [Errno.ENOENT, Errno.ENOTDIR, Errno.ENAMETOOLONG, Errno.ELOOP, Errno.ENOSYS];

    public static TheoryData<string, int> All
    {
        get
        {
            TheoryData<string, int> all = [];
            foreach (FieldInfo constant in typeof(Errno).GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            {
                all.Add(constant.Name, (int)constant.GetRawConstantValue()!);
            }

            return all;
        }
    }

    [NamedErrorsTheory]
    [MemberData(nameof(All))]
    public void A_number_has_its_name(string name, int number) => Assert.Equal(name, NamedErrorsTheoryAttribute.NameOf(number));

    [Theory]
    [MemberData(nameof(All))]
    public void A_number_means_what_the_runtime_takes_it_for(string name, int number)
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // elsewhere, the runtime has other numbers
        }

        SocketException error = Errno.ToException(number);

        bool isKnown = error.SocketErrorCode != SocketError.SocketError;
        Assert.True(isKnown == !s_ofFiles.Contains(number), name);
        Assert.True(!isKnown || error.NativeErrorCode == number || s_aliases.Contains(number), name);
    }

    [Theory]
    [InlineData(Errno.EPERM, SocketError.AccessDenied)]
    [InlineData(Errno.EBADF, SocketError.NotSocket)]
    [InlineData(Errno.EMFILE, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.ESHUTDOWN, SocketError.Shutdown)]
    [InlineData(Errno.ENONET, SocketError.NetworkUnreachable)]
    [InlineData(Errno.EPROTO, SocketError.ConnectionAborted)]
    [InlineData(Errno.ENOMEM, SocketError.NoBufferSpaceAvailable)]
    public void Several_numbers_may_mean_the_same(int number, SocketError meaning)
        => Assert.Equal(meaning, Errno.ToException(number).SocketErrorCode);

    [LinuxTheory]
    [InlineData(Errno.ENOMEM, "Cannot allocate memory|Out of memory")]
    [InlineData(Errno.EINVAL, "Invalid argument")]
    [InlineData(28, "No space left on device")]
    [InlineData(Errno.EPROTO, "Protocol error")]
    [InlineData(Errno.EOPNOTSUPP, "Operation not supported|Not supported")]
    public void Where_no_word_of_ours_fits_the_number_and_the_text_of_the_system_are_shown(int number, string texts)
    {
        SocketException error = Errno.ToException(number);

        NetLabException[] faults =
            [SocketFaults.Other(error, "Cannot send"), SocketFaults.SendDatagram(error, new IPEndPoint(IPAddress.Loopback, 1), 1)];

        Assert.All(faults, fault => Assert.Matches($@": ({texts}) \(errno {number}\)\.$", fault.Message));
        Assert.All(faults, fault => Assert.Equal(FaultKind.SocketError, fault.Kind));
        Assert.Matches($@"^({texts}) \(errno {number}\)$", SocketFaults.Connect(error).Words);
    }

    [LinuxFact]
    public void A_datagram_that_a_firewall_stops_is_no_broadcast()
    {
        IPEndPoint remote = new(IPAddress.Parse("192.0.2.7"), 9);
        NetLabException stopped = SocketFaults.SendDatagram(Errno.ToException(Errno.EPERM), remote, 1);
        Assert.Equal(FaultKind.SocketError, stopped.Kind);
        Assert.Equal(
            "The system refused to send to 192.0.2.7:9: Operation not permitted (errno 1). A firewall or a security policy of this "
                + "machine does not let it out. Check its rules.",
            stopped.Message);
        Assert.Equal(FaultKind.BroadcastNotPermitted, SocketFaults.SendDatagram(Errno.ToException(Errno.EACCES), remote, 1).Kind);
    }

    [LinuxFact]
    public void An_error_of_the_runtime_has_the_number_of_the_system_too()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        SocketException error = Assert.Throws<SocketException>(() => socket.SetRawSocketOption(1, 9999, new byte[4]));

        Assert.EndsWith("(errno 92).", SocketFaults.Other(error, "Cannot set").Message, StringComparison.Ordinal);
    }
}

/// <summary>A theory about the names of error numbers, which glibc tells since 2.32.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed unsafe class NamedErrorsTheoryAttribute : TheoryAttribute
{
    private static readonly delegate* unmanaged<int, byte*> s_name = Find();

    public NamedErrorsTheoryAttribute()
    {
        if (s_name == null)
        {
            Skip = "The C library does not tell the names of errors";
        }
    }

    internal static string? NameOf(int number) => Marshal.PtrToStringUTF8((nint)s_name(number));

    private static delegate* unmanaged<int, byte*> Find()
        => OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library)
            && NativeLibrary.TryGetExport(library, "strerrorname_np", out nint name)
            ? (delegate* unmanaged<int, byte*>)name
            : null;
}
