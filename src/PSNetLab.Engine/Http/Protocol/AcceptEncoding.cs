using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The content coding of a response (RFC 9110, section 8.4.1).</summary>
[Flags]
internal enum ContentCoding
{
    /// <summary>No coding.</summary>
    Identity = 1,

    /// <summary>gzip (RFC 1952).</summary>
    Gzip = 2,

    /// <summary>br (RFC 7932).</summary>
    Brotli = 4,
}

/// <summary>Which content codings the client accepts (RFC 9110, section 12.5.3).</summary>
internal static class AcceptEncoding
{
    private const int NotListed = -1;

    /// <summary>The available coding the client prefers; identity if it accepts none of them.</summary>
    internal static ContentCoding Choose(ReadOnlySpan<byte> acceptEncoding, ContentCoding available)
    {
        int identity = NotListed;
        int gzip = NotListed;
        int brotli = NotListed;
        int others = NotListed;
        while (FieldList.TryTake(ref acceptEncoding, out ReadOnlySpan<byte> element))
        {
            int weight = FieldList.ReadWeight(element, out ReadOnlySpan<byte> coding);
            // A recipient treats x-gzip as gzip (section 8.4.1.3).
            if (Ascii.EqualsIgnoreCase(coding, "gzip"u8) || Ascii.EqualsIgnoreCase(coding, "x-gzip"u8))
            {
                gzip = Math.Max(gzip, weight);
            }
            else if (Ascii.EqualsIgnoreCase(coding, "br"u8))
            {
                brotli = Math.Max(brotli, weight);
            }
            else if (Ascii.EqualsIgnoreCase(coding, "identity"u8))
            {
                identity = Math.Max(identity, weight);
            }
            else if (coding.SequenceEqual("*"u8))
            {
                others = Math.Max(others, weight);
            }
        }

        // Identity is acceptable even if it is not listed, but then anything listed is preferred.
        int best = Math.Max(0, identity == NotListed ? others : identity);
        ContentCoding chosen = ContentCoding.Identity;
        Prefer(ContentCoding.Gzip, gzip, ref chosen);
        Prefer(ContentCoding.Brotli, brotli, ref chosen);
        return chosen;

        void Prefer(ContentCoding coding, int weight, ref ContentCoding chosen)
        {
            weight = weight == NotListed ? others : weight;
            if ((available & coding) != 0 && weight > 0 && weight >= best)
            {
                best = weight;
                chosen = coding;
            }
        }
    }
}
