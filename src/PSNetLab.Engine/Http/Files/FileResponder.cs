using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Answers with a file or a part of it, as preconditions and ranges ask for (RFC 9110, sections 13 and 14).</summary>
internal sealed class FileResponder
{
    private readonly SitePages _pages;
    private readonly Refusal _refuse;

    internal FileResponder(SitePages pages)
    {
        _pages = pages;
        _refuse = Page;
    }

    internal void Answer(HttpExchange exchange, in Found found)
    {
        exchange.File = found.Path;
        Response response = found.Response;
        Content content = found.Handle is null ? response.Content : response.Content.From(found.Handle);
        if (response is not FileForm form || !exchange.Request.IsSelective
            || !Selection.TryAnswer(exchange, form, content, _refuse))
        {
            exchange.Answer(response.Status, response.Fields, content);
        }
        else if (exchange.Content.File is null)
        {
            found.Handle?.Dispose();
        }

        if (found.VariesByAccept)
        {
            exchange.AddField("Vary"u8, "Accept"u8);
        }
    }

    private Response Page(HttpExchange exchange, int status, string explanation, params KeyValuePair<string, string>[] fields)
        => _pages.Status(Accept.NamesHtml(exchange.Get(HttpHeader.Accept)), status, explanation, fields);
}
