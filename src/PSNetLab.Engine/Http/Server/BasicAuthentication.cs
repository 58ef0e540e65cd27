using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Admits one user, by HTTP Basic authentication (RFC 7617).</summary>
internal sealed class BasicAuthentication(BasicCredential credential, string realm)
{
    /// <summary>The field to send with 401 (Unauthorized).</summary>
    internal KeyValuePair<string, string> Challenge { get; }
        = FieldLines.Field("WWW-Authenticate", $"Basic realm=\"{realm}\", charset=\"UTF-8\"");

    /// <summary>Whether the request has the right credentials. Sets <see cref="HttpExchange.User"/>.</summary>
    internal bool Admits(HttpExchange exchange)
    {
        bool isUser = credential.IsValid(exchange.Get(HttpHeader.Authorization));
        exchange.User = isUser ? credential.User : null;
        return isUser;
    }
}
