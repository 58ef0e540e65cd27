namespace PSNetLab.Engine.Http.WebSockets;

/// <summary>The codes with which a WebSocket is closed (RFC 6455, section 7.4, and the registry of IANA).</summary>
internal static class WebSocketCode
{
    internal const int Normal = 1000;
    internal const int GoingAway = 1001;
    internal const int ProtocolError = 1002;

    /// <summary>The peer gave none; never sent.</summary>
    internal const int NoStatus = 1005;

    /// <summary>The connection ended without a Close frame; never sent.</summary>
    internal const int Abnormal = 1006;
    internal const int InvalidData = 1007;
    internal const int TooBig = 1009;
    internal const int TryAgainLater = 1013;

    /// <summary>Whether a Close frame may have the code.</summary>
    internal static bool MayBeSent(int code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
}
