using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PSNetLab.Engine;

/// <summary>Finds the process that holds a port, where the system tells: on Linux, from /proc/net and the file descriptors this user may see (proc(5)).</summary>
internal static class PortOwner
{
    /// <summary>" (by process 4711, node)", or nothing where it cannot be known.</summary>
    internal static string Describe(IPEndPoint endPoint, ProtocolType protocol)
    {
        if (!OperatingSystem.IsLinux())
        {
            return string.Empty;
        }

        try
        {
            string table = protocol == ProtocolType.Udp ? "udp" : "tcp";
            HashSet<string> sockets = [.. Inodes("/proc/net/" + table, endPoint.Port, protocol), .. Inodes($"/proc/net/{table}6", endPoint.Port, protocol)];
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
            {
                if (Holds(process, sockets))
                {
                    return $" (by process {process[6..]}, {File.ReadAllText(process + "/comm").Trim()})";
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The name of the owner is a courtesy; the error it would be part of must not be lost for it.
        }

        return string.Empty;
    }

    private static IEnumerable<string> Inodes(string table, int port, ProtocolType protocol)
    {
        const string Listening = "0A";
        string portHex = port.ToString("X4", CultureInfo.InvariantCulture);
        return File.Exists(table)
            ? from line in File.ReadLines(table).Skip(1)
              let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
              where fields[1].EndsWith(':' + portHex, StringComparison.Ordinal) && (protocol == ProtocolType.Udp || fields[3] == Listening)
              select $"socket:[{fields[9]}]"
            : [];
    }

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFiles(process + "/fd").Any(fd => new FileInfo(fd).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or somebody else's
        }
    }
}
