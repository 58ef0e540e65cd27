using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>What answers the requests of a server: files, routes, another server.</summary>
internal interface IHttpHandler
{
    /// <summary>
    /// Answers a request if that takes nothing but memory. It is the first to see each request, on the thread of an event loop that
    /// serves others, too; so it waits for nothing.
    /// </summary>
    /// <returns>False when the answer takes longer and is up to <see cref="HandleAsync"/>.</returns>
    bool TryHandle(HttpExchange exchange);

    /// <summary>
    /// Answers a request that <see cref="TryHandle"/> has left, however long that takes. Never runs on the thread of an
    /// event loop.
    /// </summary>
    ValueTask HandleAsync(HttpExchange exchange);

    /// <summary>
    /// Words a status that the connection itself answers with: the request could not be read, came too slowly, or there
    /// was no room for it.
    /// </summary>
    /// <param name="exchange">The exchange; its request may be only half there.</param>
    /// <param name="status">The status.</param>
    /// <param name="explanation">What happened and what to do, in a sentence.</param>
    /// <param name="fields">Fields that belong to it.</param>
    Response Refuse(HttpExchange exchange, int status, string explanation, params KeyValuePair<string, string>[] fields)
        => new()
        {
            Status = status,
            Fields = FieldLines.Format([FieldLines.Field("Content-Type", "text/plain; charset=utf-8"), .. fields]),
            Content = Content.Of(Encoding.UTF8.GetBytes($"{status} {HttpStatus.Reason(status)}: {explanation}\n")),
        };
}
