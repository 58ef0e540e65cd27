using System.Buffers.Text;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace PSNetLab.Engine.Inspection;

/// <summary>
/// Finds the process that has a socket open. Windows and macOS report it with the socket; on Linux the descriptors of all
/// processes are searched (proc(5)).
/// </summary>
internal sealed class SocketProcesses
{
    private const int WindowsSystem = 4;

    private readonly Dictionary<int, (string? Name, string? Path)> _known = [];

    /// <summary>Whether a process could not be searched for lack of rights.</summary>
    internal bool IsPartial { get; private set; }

    /// <summary>Fills in the processes of sockets, as far as they are known.</summary>
    /// <param name="sockets">The sockets.</param>
    /// <param name="isWanted">Which processes to search; null for all.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    internal void Complete(
        IReadOnlyList<SocketInfo> sockets, Func<int, bool>? isWanted = null, CancellationToken cancellationToken = default)
    {
        if (OperatingSystem.IsLinux())
        {
            FindOwners(sockets, isWanted, cancellationToken);
        }
        else if (OperatingSystem.IsMacOS())
        {
            IsPartial = !Environment.IsPrivilegedProcess && sockets.Any(socket => socket.ProcessId is null
                && socket.State != SocketState.TimeWait);
        }

        foreach (SocketInfo socket in sockets)
        {
            if (socket.ProcessId is { } process && (isWanted is null || isWanted(process)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                (socket.ProcessName, socket.ProcessPath) = Describe(process);
            }
        }
    }

    /// <summary>The name of a process; null if it has ended or is not known.</summary>
    internal string? NameOf(int process) => Describe(process).Name;

    private void FindOwners(IReadOnlyList<SocketInfo> sockets, Func<int, bool>? isWanted, CancellationToken cancellationToken)
    {
        Dictionary<long, SocketInfo> ownerless = new(sockets.Count);
        foreach (SocketInfo socket in sockets)
        {
            // A socket that no process has open has the number 0.
            if (socket.Inode is { } inode and > 0)
            {
                ownerless.TryAdd(inode, socket);
            }
        }

        bool isDenied = false;
        using NumberedEntries processes = new("/proc");
        while (ownerless.Count > 0 && processes.MoveNext())
        {
            if (isWanted is null || isWanted(processes.Current))
            {
                isDenied |= !TryFindSockets(processes.Current, ownerless, cancellationToken);
            }
        }

        IsPartial = isDenied && ownerless.Count > 0;
    }

    /// <returns>False without the rights to search the process.</returns>
    private static bool TryFindSockets(int process, Dictionary<long, SocketInfo> ownerless, CancellationToken cancellationToken)
    {
        const int MostLinkBytes = 64;
        Span<byte> buffer = stackalloc byte[MostLinkBytes];
        using NumberedEntries descriptors = new($"/proc/{process}/fd");
        while (ownerless.Count > 0 && descriptors.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> target = descriptors.ReadLink(buffer);
            if (target.StartsWith("socket:["u8)
                && Utf8Parser.TryParse(target["socket:[".Length..], out long inode, out _)
                && ownerless.Remove(inode, out SocketInfo? socket))
            {
                socket.ProcessId = process;
            }
        }

        return !descriptors.IsDenied;
    }

    private static string LinuxName(int process)
    {
        const int MostBytes = 15;
        ReadOnlySpan<byte> name = File.ReadAllBytes($"/proc/{process}/comm").AsSpan().TrimEnd((byte)'\n');
        if (name.Length != MostBytes)
        {
            return Encoding.UTF8.GetString(name);
        }

        // The kernel has cut it off, perhaps. The runtime finds the rest, as Get-Process shows it, in the command line.
        using Process found = Process.GetProcessById(process);
        return found.ProcessName;
    }

    private (string? Name, string? Path) Describe(int process)
    {
        if (!_known.TryGetValue(process, out (string? Name, string? Path) known))
        {
            try
            {
                if (OperatingSystem.IsLinux())
                {
                    known.Name = LinuxName(process);
                    known.Path = new FileInfo($"/proc/{process}/exe").LinkTarget;
                }
                else
                {
                    using Process found = Process.GetProcessById(process);
                    known.Name = found.ProcessName;
                    known.Path = found.MainModule?.FileName;
                }
            }
            catch (Win32Exception)
            {
                // There is no program behind the system itself.
                IsPartial |= process != WindowsSystem;
            }
            catch (Exception error) when (
                error is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
            {
                // The process has ended meanwhile.
            }

            _known.Add(process, known);
        }

        return known;
    }
}
