using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>The opening handshake, as the server sees it (RFC 6455, section 4.2).</summary>
internal static class WebSocketHandshake
{
    private const int KeyBytes = 16;

    /// <summary>Whether a request asks for a WebSocket, rightly or not.</summary>
    internal static bool IsAskedFor(HttpRequestRecord request) => HasToken(request.Field("Upgrade"u8), "websocket"u8);

    /// <summary>What is wrong with the request; null if nothing is.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The protocol says SHA-1, and no secret depends on it.")]
    internal static (int Status, string Explanation)? Check(HttpRequestRecord request, out string accept)
    {
        accept = string.Empty;
        if (!request.RawMethod.SequenceEqual("GET"u8) || request.Version != "HTTP/1.1")
        {
            return (400, "A WebSocket begins with a GET request of HTTP/1.1.");
        }

        if (!HasToken(request.Field("Connection"u8), "upgrade"u8))
        {
            return (400, "A WebSocket needs the field 'Connection: Upgrade'.");
        }

        if (!request.Field("Sec-WebSocket-Version"u8).SequenceEqual("13"u8))
        {
            return (426, "This server speaks version 13 of the WebSocket protocol: send 'Sec-WebSocket-Version: 13'.");
        }

        ReadOnlySpan<byte> key = request.Field("Sec-WebSocket-Key"u8);
        Span<byte> nonce = stackalloc byte[2 * KeyBytes];
        if (key.Length != Base64.GetMaxEncodedToUtf8Length(KeyBytes)
            || Base64.DecodeFromUtf8(key, nonce, out _, out int length) != System.Buffers.OperationStatus.Done || length != KeyBytes)
        {
            return (400, "The field Sec-WebSocket-Key must be the Base64 form of 16 bytes.");
        }

        accept = Convert.ToBase64String(SHA1.HashData([.. key, .. "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8]));
        return null;
    }

    /// <summary>The first of the client's subprotocols that the server speaks; null if there is none.</summary>
    internal static string? Choose(HttpRequestRecord request, IReadOnlyList<string> spoken)
    {
        ReadOnlySpan<byte> offered = request.Field("Sec-WebSocket-Protocol"u8);
        while (FieldList.TryTake(ref offered, out ReadOnlySpan<byte> element))
        {
            string name = Encoding.Latin1.GetString(element);
            if (spoken.Contains(name, StringComparer.Ordinal))
            {
                return name;
            }
        }

        return null;
    }

    private static bool HasToken(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        while (FieldList.TryTake(ref list, out ReadOnlySpan<byte> element))
        {
            if (Ascii.EqualsIgnoreCase(element, token))
            {
                return true;
            }
        }

        return false;
    }
}
