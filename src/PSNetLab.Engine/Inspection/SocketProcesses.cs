using System.Globalization;
using System.Text;

namespace PSNetLab.Engine;

/// <summary>Which process has which socket: on Linux, from the file descriptors in /proc (proc(5)).</summary>
internal sealed unsafe class SocketProcesses
{
    private readonly Dictionary<long, int> _owners = [];
    private readonly Dictionary<int, (string Name, string? Path)> _processes = [];

    private SocketProcesses()
    {
    }

    /// <summary>Whether the descriptors of some process could not be read for want of rights.</summary>
    internal bool IsPartial { get; private set; }

    /// <summary>Looks through all processes that this user may see.</summary>
    internal static SocketProcesses Scan(CancellationToken cancellationToken = default)
    {
        SocketProcesses found = new();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(directory.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            {
                found.ScanProcess(process, directory, cancellationToken);
            }
        }

        return found;
    }

    /// <summary>Fills in the process of a socket, where it is known.</summary>
    internal void Complete(SocketInfo socket)
    {
        if (socket.Inode is { } inode and > 0 && _owners.TryGetValue(inode, out int process))
        {
            (string name, string? path) = Describe(process);
            socket.ProcessId = process;
            socket.ProcessName = name;
            socket.ProcessPath = path;
        }
    }

    private void ScanProcess(int process, string directory, CancellationToken cancellationToken)
    {
        const int LinkBytes = 64;
        const int PathBytes = 128;
        byte* link = stackalloc byte[LinkBytes];
        byte* path = stackalloc byte[PathBytes];
        try
        {
            foreach (string descriptor in Directory.EnumerateFileSystemEntries(directory + "/fd"))
            {
                cancellationToken.ThrowIfCancellationRequested();
                path[Encoding.ASCII.GetBytes(descriptor, new Span<byte>(path, PathBytes - 1))] = 0;
                nint length = LibCDiagnostics.ReadLink(path, link, LinkBytes);
                ReadOnlySpan<byte> target = length > 0 ? new ReadOnlySpan<byte>(link, (int)length) : default;
                if (target.StartsWith("socket:["u8) && System.Buffers.Text.Utf8Parser.TryParse(target["socket:[".Length..], out long inode, out _))
                {
                    _owners.TryAdd(inode, process);
                }
            }
        }
        catch (UnauthorizedAccessException)
        {
            IsPartial = true;
        }
        catch (IOException)
        {
            // The process has ended meanwhile.
        }
    }

    private (string Name, string? Path) Describe(int process)
    {
        if (!_processes.TryGetValue(process, out (string Name, string? Path) known))
        {
            try
            {
                known = (File.ReadAllText($"/proc/{process}/comm").Trim(), new FileInfo($"/proc/{process}/exe").LinkTarget);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                known = (known.Name ?? string.Empty, null);
            }

            _processes.Add(process, known);
        }

        return known;
    }
}
