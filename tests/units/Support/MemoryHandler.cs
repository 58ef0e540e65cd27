using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Answers every request with the same content, from memory.</summary>
internal sealed class MemoryHandler(byte[] content) : IHttpHandler
{
    private readonly Response _response = new() { Status = 200, Fields = [], Content = Content.Of(content) };

    public bool TryHandle(HttpExchange exchange)
    {
        exchange.Answer(_response);
        return true;
    }

    public ValueTask HandleAsync(HttpExchange exchange) => throw new InvalidOperationException("Everything is answered at once.");
}
