using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>A whole web server of its own: answers every request with its own head.</summary>
internal sealed class HeadEcho : IHttpHandler
{
    private static readonly byte[] s_fields = FieldLines.Format([FieldLines.Field("Content-Type", "message/http")]);

    public bool TryHandle(HttpExchange exchange)
    {
        exchange.Answer(200, s_fields, Content.Of(exchange.Head.ToArray()));
        return true;
    }

    public ValueTask HandleAsync(HttpExchange exchange) => throw new InvalidOperationException("Everything is answered at once.");
}
