using System.Management.Automation;
using System.Net;

namespace PSNetLab.Display;

/// <summary>Formats values for the table views, especially values that a peer chose.</summary>
public static class View
{
    private const int MostCharacters = 256;

    /// <summary>
    /// The text of a message, shortened if it is long, with control characters as symbols (U+2400 and up), so that no
    /// peer can clear or color the screen.
    /// </summary>
    /// <param name="message">An object with a Text property.</param>
    public static string Text(PSObject message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return Visible(message.Properties["Text"]?.Value as string ?? string.Empty);
    }

    /// <summary>Method and target of a request.</summary>
    /// <param name="request">The record of the request.</param>
    public static string Request(HttpRequestRecord request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Visible($"{request.Method} {request.Target}");
    }

    private static string Visible(string text)
    {
        bool cut = text.Length > MostCharacters;
        return string.Create(cut ? MostCharacters : text.Length, (text, cut), static (shown, source) =>
        {
            source.text.AsSpan(0, shown.Length).CopyTo(shown);
            for (int i = 0; i < shown.Length; i++)
            {
                shown[i] = shown[i] switch
                {
                    < ' ' => (char)(0x2400 + shown[i]),
                    '\x7f' => '\u2421',
                    >= '\x80' and < '\xa0' => '\ufffd',
                    _ => shown[i],
                };
            }

            if (source.cut)
            {
                shown[^1] = '\u2026';
            }
        });
    }

    /// <summary>The local endpoint of a socket, or its path.</summary>
    /// <param name="socket">The socket.</param>
    public static string LocalEndPoint(SocketInfo socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return socket.Path ?? EndPoint(socket.LocalAddress, socket.LocalPort);
    }

    /// <summary>The endpoint of a socket's peer.</summary>
    /// <param name="socket">The socket.</param>
    public static string RemoteEndPoint(SocketInfo socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return EndPoint(socket.RemoteAddress, socket.RemotePort);
    }

    /// <summary>Id and name of the process that has a socket open, or the owner.</summary>
    /// <param name="socket">The socket.</param>
    public static string Process(SocketInfo socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        return socket.ProcessId is { } id ? $"{id} {socket.ProcessName}".TrimEnd() : socket.UserName ?? string.Empty;
    }

    private static string EndPoint(IPAddress? address, int? port) => address is null ? string.Empty : new IPEndPoint(address, port ?? 0).ToString();
}
