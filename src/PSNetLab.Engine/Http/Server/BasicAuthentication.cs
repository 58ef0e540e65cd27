using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Admits one user, by HTTP Basic authentication (RFC 7617).</summary>
internal sealed class BasicAuthentication(BasicCredential credential, string realm)
{
    /// <summary>The field to send with 401 (Unauthorized).</summary>
    internal KeyValuePair<string, string> Challenge { get; }
        = FieldLines.Field("WWW-Authenticate", $"Basic realm=\"{realm}\", charset=\"UTF-8\"");

    /// <summary>The field to send with 407 (Proxy Authentication Required).</summary>
    internal KeyValuePair<string, string> ProxyChallenge => FieldLines.Field("Proxy-Authenticate", Challenge.Value);

    /// <summary>Whether the request has the right credentials. Sets <see cref="HttpExchange.User"/>.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="header">The field that has them.</param>
    internal bool Admits(HttpExchange exchange, HttpHeader header = HttpHeader.Authorization)
    {
        bool isUser = credential.IsValid(exchange.Get(header));
        exchange.User = isUser ? credential.User : null;
        return isUser;
    }
}
