using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Answers with the files of a folder.</summary>
internal sealed class StaticSiteHandler : IHttpHandler, IDisposable
{
    private const string Methods = "GET, HEAD, OPTIONS";

    private static readonly KeyValuePair<string, string> s_allow = FieldLines.Field("Allow", Methods);

    private readonly bool _cors;
    private readonly BasicAuthentication? _authentication;
    private readonly SitePages _pages;
    private readonly FileResponder _responder;

    internal StaticSiteHandler(StaticSiteOptions options)
    {
        SiteFields fields = new(options);
        _cors = options.Cors;
        _authentication = options.Credential is { } credential ? new BasicAuthentication(credential, "files") : null;
        _pages = new SitePages(fields);
        _responder = new FileResponder(_pages);
        Site = new WebSite(options, fields, _pages);
    }

    internal WebSite Site { get; }

    public bool TryHandle(HttpExchange exchange)
    {
        if (TryRefuse(exchange))
        {
            return true;
        }

        ReadOnlySpan<byte> target = exchange.Target;
        int query = target.IndexOf((byte)'?');
        if (query >= 0 && target[query..].Contains((byte)'#'))
        {
            return false; // not a valid target: HandleAsync answers
        }

        ReadOnlySpan<byte> key = query < 0 ? target : target[..query];
        if (Site.TryFind(key, AcceptEncodingOf(exchange), onlyIfWarm: true) is not { } form)
        {
            return false;
        }

        _responder.Answer(exchange, new Found(form, null, form.File.Readable));
        return true;
    }

    public async ValueTask HandleAsync(HttpExchange exchange)
    {
        if (Read(exchange) is not { } page)
        {
            return;
        }

        Found found;
        try
        {
            found = await Site.FindAsync(page).ConfigureAwait(false);
            if (found.Listing is null)
            {
                _responder.Answer(exchange, found);
                return;
            }
        }
        catch (NetLabException error) when (error.Kind == FaultKind.TooManyOpenFiles)
        {
            exchange.Fault(error);
            const string Text = "The server has no more file descriptors. Try again in a moment.";
            exchange.Answer(Refuse(exchange, 503, Text, FieldLines.Field("Retry-After", "1")));
            return;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            exchange.Fault(new NetLabException(FaultKind.FileUnreadable, $"'{page.Path}' could not be served: {error.Message}", error));
            exchange.Answer(Refuse(exchange, 500, "The file could not be read."));
            return;
        }

        await SendAsync(exchange, found.Response, found.Listing).ConfigureAwait(false);
    }

    public Response Refuse(HttpExchange exchange, int status, string explanation, params KeyValuePair<string, string>[] fields)
        => _pages.Status(WantsHtml(exchange), status, explanation, fields);

    /// <summary>Call this after the last connection has ended.</summary>
    public void Dispose() => Site.Close();

    private static async ValueTask SendAsync(HttpExchange exchange, Response response, FolderPage page)
    {
        using FolderPage.Use use = page.BeginUse();
        await exchange.StartAsync(response.Status, response.Fields, page.Length).ConfigureAwait(false);
        foreach (byte[] piece in page.Pieces)
        {
            await exchange.WriteAsync(piece).ConfigureAwait(false);
        }
    }

    private static bool WantsHtml(HttpExchange exchange) => Accept.NamesHtml(exchange.Get(HttpHeader.Accept));

    /// <summary>The value of Accept-Encoding; empty for a range, which is a part of the uncompressed file.</summary>
    private static ReadOnlySpan<byte> AcceptEncodingOf(HttpExchange exchange)
        => exchange.Request.Has(HttpHeader.Range) ? default : exchange.Get(HttpHeader.AcceptEncoding);

    /// <summary>Answers requests that are not allowed or do not ask for a file.</summary>
    private bool TryRefuse(HttpExchange exchange)
    {
        HttpMethod method = exchange.Request.Method;
        if (_authentication?.Admits(exchange) == false && !(_cors && method == HttpMethod.Options))
        {
            exchange.Answer(Refuse(exchange, 401, "This server wants a user name and a password.", _authentication.Challenge));
            return true;
        }

        switch (method)
        {
            case HttpMethod.Get or HttpMethod.Head:
                return false;
            case HttpMethod.Options:
                exchange.Answer(_pages.Bare(204, [s_allow, .. _cors ? CrossOrigin.Permissions(exchange, Methods) : []]));
                return true;
            case HttpMethod.Unknown:
                exchange.Answer(Refuse(exchange, 501, "The server does not know this method."));
                return true;
            default:
                exchange.Answer(Refuse(exchange, 405, "The server only hands out files: GET, HEAD and OPTIONS.", s_allow));
                return true;
        }
    }

    private PageRequest? Read(HttpExchange exchange)
    {
        ReadOnlySpan<byte> target = exchange.Target;
        TargetForm form = HttpTarget.TryDecode(target, out string path, out Range raw, out PathFault fault);
        if (form is not (TargetForm.Origin or TargetForm.Absolute))
        {
            exchange.Answer(Refuse(exchange, 400, "The request target is neither a path nor a URL."));
            return null;
        }

        if (fault == PathFault.BadUtf8 && path.Length > 0 && FilePath.TakesBytes)
        {
            fault = PathFault.None;
        }

        if (fault != PathFault.None)
        {
            // A name with a slash in it cannot exist; the other faults make the path invalid.
            exchange.Answer(fault == PathFault.EncodedSlash
                ? Refuse(exchange, 404, "There is no such file here.")
                : Refuse(exchange, 400, "The path in the request is not valid."));
            return null;
        }

        ReadOnlySpan<byte> rest = target[raw.End..];
        return new PageRequest(
            path,
            target[raw] is { IsEmpty: false } key ? key.ToArray() : "/"u8.ToArray(),
            rest.StartsWith("?"u8) ? Encoding.Latin1.GetString(rest) : string.Empty,
            AcceptEncodingOf(exchange).ToArray(),
            Accept.PrefersJson(exchange.Get(HttpHeader.Accept)),
            WantsHtml(exchange))
        {
            MayGetFallback = WantsHtml(exchange) || !exchange.Request.Has(HttpHeader.Accept),
            HasLeft = () => exchange.HasLeft,
        };
    }
}
