using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Answers the requests of a server, for example from files.</summary>
internal interface IHttpHandler
{
    /// <summary>
    /// Answers a request if that needs nothing but memory. Every request comes here first, possibly on the thread of an
    /// event loop that serves other connections, so it must not block.
    /// </summary>
    /// <returns>False to leave the answer to <see cref="HandleAsync"/>.</returns>
    bool TryHandle(HttpExchange exchange);

    /// <summary>
    /// Answers a request that <see cref="TryHandle"/> did not answer, however long that takes. Never called on the thread
    /// of an event loop.
    /// </summary>
    ValueTask HandleAsync(HttpExchange exchange);

    /// <summary>
    /// Makes the response for an error that the connection itself found: a request that is malformed, too slow or too
    /// large, too many connections, or an exception of the handler.
    /// </summary>
    /// <param name="exchange">The exchange. Its request may be incomplete.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="explanation">What happened and what to do, in a sentence.</param>
    /// <param name="fields">Fields that the response needs, such as Retry-After.</param>
    Response Refuse(HttpExchange exchange, int status, string explanation, params KeyValuePair<string, string>[] fields)
        => new()
        {
            Status = status,
            Fields = FieldLines.Format([FieldLines.Field("Content-Type", "text/plain; charset=utf-8"), .. fields]),
            Content = Content.Of(Encoding.UTF8.GetBytes($"{status} {HttpStatus.Reason(status)}: {explanation}\n")),
        };
}
