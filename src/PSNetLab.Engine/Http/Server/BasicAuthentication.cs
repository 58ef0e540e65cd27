using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Lets one user in (RFC 7617).</summary>
internal sealed class BasicAuthentication(BasicCredential credential, string realm)
{
    /// <summary>The field that belongs to 401 (Unauthorized).</summary>
    internal KeyValuePair<string, string> Challenge { get; }
        = FieldLines.Field("WWW-Authenticate", $"Basic realm=\"{realm}\", charset=\"UTF-8\"");

    /// <summary>Whether the request comes from that user.</summary>
    internal bool Admits(HttpExchange exchange)
    {
        bool isUser = credential.IsValid(exchange.Get(HttpHeader.Authorization));
        exchange.User = isUser ? credential.User : null;
        return isUser;
    }
}
