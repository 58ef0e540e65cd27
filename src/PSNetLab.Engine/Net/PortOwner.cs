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
            HashSet<string> sockets = [.. Inodes("/proc/net/" + table, endPoint, protocol), .. Inodes($"/proc/net/{table}6", endPoint, protocol)];
            foreach (string process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[6])))
            {
                if (Holds(process, sockets))
                {
                    string own = process[6..] == $"{Environment.ProcessId}" ? ": this one" : string.Empty;
                    return $" (by process {process[6..]}, {File.ReadAllText(process + "/comm").Trim()}{own})";
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The name of the owner is a courtesy; the error it would be part of must not be lost for it.
        }

        return string.Empty;
    }

    private static IEnumerable<string> Inodes(string table, IPEndPoint endPoint, ProtocolType protocol)
    {
        const string Listening = "0A";
        string portHex = endPoint.Port.ToString("X4", CultureInfo.InvariantCulture);
        string address = Hex(endPoint.Address);
        return File.Exists(table)
            ? from line in File.ReadLines(table).Skip(1)
              let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
              where fields[1].EndsWith(':' + portHex, StringComparison.Ordinal) && Overlaps(fields[1].Split(':')[0], address) && (protocol == ProtocolType.Udp || fields[3] == Listening)
              select $"socket:[{fields[9]}]"
            : [];
    }

    /// <summary>The table shows an address as 32-bit words in the byte order of the machine.</summary>
    private static string Hex(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return string.Concat(bytes.Chunk(4).Select(word => Convert.ToHexString(BitConverter.IsLittleEndian ? [.. Enumerable.Reverse(word)] : word)));
    }

    /// <summary>Whether two addresses of the table get in each other's way: the same, or one of them all addresses.</summary>
    private static bool Overlaps(string held, string wanted) => held == wanted || held.All(digit => digit == '0') || wanted.All(digit => digit == '0');

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
