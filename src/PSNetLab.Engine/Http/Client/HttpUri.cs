using System.Buffers;
using System.Globalization;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Where a request goes and what it asks for.</summary>
/// <remarks>
/// Not a System.Uri, which removes dot segments and escapes, and loses the interface of a link-local address: what the user wrote is
/// what goes over the wire.
/// </remarks>
/// <param name="IsSecure">Whether it is https.</param>
/// <param name="Host">The name or address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Target">The path and the query, as they are sent.</param>
internal sealed record HttpUri(bool IsSecure, string Host, int Port, string Target)
{
    private const int PlainPort = 80;
    private const int SecurePort = 443;
    private const string SchemeEnd = "://";

    private static readonly SearchValues<char> s_notInHost = SearchValues.Create(" \t\\<>\"[]");

    internal string Scheme => IsSecure ? "https" : "http";

    /// <summary>
    /// The value of the Host field: without the port if that is the usual one, and without an interface, which means nothing elsewhere.
    /// </summary>
    internal string HostField
    {
        get
        {
            string name = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host.Split('%')[0]}]" : Host;
            return Port == (IsSecure ? SecurePort : PlainPort) ? name : $"{name}:{Port.ToString(CultureInfo.InvariantCulture)}";
        }
    }

    /// <summary>Scheme, host and port, which decide who may see credentials (RFC 6454, section 4).</summary>
    internal string Origin
    {
        get
        {
            string name = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
            return Port == (IsSecure ? SecurePort : PlainPort) ? $"{Scheme}://{name}" : $"{Scheme}://{Addresses.Join(Host, Port)}";
        }
    }

    /// <summary>Whether both have the same scheme, host and port.</summary>
    internal bool IsSameOrigin(HttpUri other)
        => IsSecure == other.IsSecure && Port == other.Port && Host.Equals(other.Host, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override string ToString() => Target.StartsWith('/') ? Origin + Target : $"{Origin} {Target}";

    /// <summary>Reads a URI; without a scheme it is http.</summary>
    /// <exception cref="NetLabException">It is none.</exception>
    internal static HttpUri Parse(string text)
    {
        string rest = text.Trim();
        int fragment = rest.IndexOf('#', StringComparison.Ordinal);
        rest = fragment < 0 ? rest : rest[..fragment];
        int schemeLength = rest.IndexOf(SchemeEnd, StringComparison.Ordinal);
        int firstOther = rest.IndexOfAny(['/', '?']);
        bool hasScheme = schemeLength >= 0 && schemeLength < firstOther;
        string scheme = hasScheme ? rest[..schemeLength].ToLowerInvariant() : "http";
        if (scheme is not ("http" or "https"))
        {
            throw Invalid(text, $"its scheme is {scheme}");
        }

        rest = hasScheme ? rest[(schemeLength + SchemeEnd.Length)..] : rest.StartsWith("//", StringComparison.Ordinal) ? rest[2..] : rest;
        int end = rest.IndexOfAny(['/', '?']);
        string authority = end < 0 ? rest : rest[..end];
        string target = end < 0 ? "/" : rest[end..];
        if (authority.Contains('@', StringComparison.Ordinal))
        {
            throw Invalid(
                text, "it has a user name in it, which RFC 9110, section 4.2.4, forbids: use a header field such as Authorization");
        }

        bool isSecure = scheme == "https";
        if (!HostPort.TrySplit(authority, out string host, out int? port) || host.AsSpan().ContainsAny(s_notInHost))
        {
            throw Invalid(text, authority.Length == 0
                ? "it names no host"
                : $"'{authority}' is not a host, with or without a port from 1 to 65535");
        }

        string name = ToAscii(host.Replace("%25", "%", StringComparison.Ordinal), text);
        target = Escape(target.StartsWith('?') ? $"/{target}" : target);
        return new HttpUri(isSecure, name, port ?? (isSecure ? SecurePort : PlainPort), target);
    }

    /// <summary>Reads a reference, such as a Location field has, relative to this URI (RFC 3986, section 5.2).</summary>
    /// <exception cref="NetLabException">It leads nowhere.</exception>
    internal HttpUri Resolve(string reference)
    {
        string rest = reference.Trim();
        int fragment = rest.IndexOf('#', StringComparison.Ordinal);
        rest = fragment < 0 ? rest : rest[..fragment];
        int colon = rest.IndexOf(':', StringComparison.Ordinal);
        int other = rest.IndexOfAny(['/', '?']);
        if (colon > 0 && (other < 0 || colon < other))
        {
            // A scheme. What has none of the two slashes, such as mailto:, is not for us.
            return rest[colon..].StartsWith(SchemeEnd, StringComparison.Ordinal)
                ? Normalized(Parse(rest))
                : throw Invalid(reference, $"its scheme is {rest[..colon]}");
        }

        if (rest.StartsWith("//", StringComparison.Ordinal))
        {
            return Normalized(Parse($"{Scheme}:{rest}"));
        }

        string path = Target.Split('?')[0];
        string target = rest.Length == 0 ? Target
            : rest[0] == '/' ? rest
            : rest[0] == '?' ? path + rest
            : path[..(path.LastIndexOf('/') + 1)] + rest;
        return Normalized(this with { Target = Escape(target) });
    }

    private static HttpUri Normalized(HttpUri uri) => uri with { Target = WithoutDots(uri.Target) };

    private static string WithoutDots(string target)
    {
        int query = target.IndexOf('?', StringComparison.Ordinal);
        string path = query < 0 ? target : target[..query];
        if (!path.Contains("/.", StringComparison.Ordinal))
        {
            return target;
        }

        List<string> kept = [];
        string[] segments = path.Split('/');
        for (int i = 1; i < segments.Length; i++)
        {
            bool isLast = i == segments.Length - 1;
            switch (segments[i])
            {
                case "..":
                    if (kept.Count > 0)
                    {
                        kept.RemoveAt(kept.Count - 1);
                    }

                    kept.AddRange(isLast ? [string.Empty] : []);
                    break;
                case ".":
                    kept.AddRange(isLast ? [string.Empty] : []);
                    break;
                default:
                    kept.Add(segments[i]);
                    break;
            }
        }

        return $"/{string.Join('/', kept)}{(query < 0 ? string.Empty : target[query..])}";
    }

    /// <summary>Escapes what cannot stand in a request line: blanks, control characters, and what is not ASCII, as UTF-8.</summary>
    private static string Escape(string target)
    {
        if (!target.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return target;
        }

        StringBuilder escaped = new();
        foreach (byte octet in Encoding.UTF8.GetBytes(target))
        {
            _ = octet is > (byte)' ' and < 0x7f
                ? escaped.Append((char)octet)
                : escaped.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }

        return escaped.ToString();
    }

    private static string ToAscii(string host, string text)
    {
        if (Ascii.IsValid(host))
        {
            return host;
        }

        try
        {
            return new IdnMapping().GetAscii(host);
        }
        catch (ArgumentException)
        {
            throw Invalid(text, $"'{host}' is not a name of a host");
        }
    }

    private static NetLabException Invalid(string text, string why) => new(
        FaultKind.InvalidParameters, $"'{text}' is not the URI of a web page: {why}. Write http://web1/, https://web1:8443/path?query "
            + "or web1:8080/path.") { Subject = text };
}
