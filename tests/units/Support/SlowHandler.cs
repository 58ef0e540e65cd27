using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Leaves every request to a method of the test, and sees that it never runs on the thread of an event loop.</summary>
internal sealed class SlowHandler(Func<HttpExchange, ValueTask> handle) : IHttpHandler
{
    public bool TryHandle(HttpExchange exchange) => false;

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        Assert.False(LoopThread.IsCurrent);
        await handle(exchange);
    }
}
