using System.Text;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Which media types the client accepts (RFC 9110, section 12.5.1).</summary>
internal static class Accept
{
    /// <summary>Whether JSON is requested by name, and preferred at least as much as HTML.</summary>
    internal static bool PrefersJson(ReadOnlySpan<byte> accept)
    {
        int json = 0;
        int html = 0;
        int any = 0;
        while (FieldList.TryTake(ref accept, out ReadOnlySpan<byte> element))
        {
            int weight = FieldList.ReadWeight(element, out ReadOnlySpan<byte> type);
            if (Ascii.EqualsIgnoreCase(type, "application/json"u8))
            {
                json = Math.Max(json, weight);
            }
            else if (Ascii.EqualsIgnoreCase(type, "text/html"u8) || Ascii.EqualsIgnoreCase(type, "text/*"u8))
            {
                html = Math.Max(html, weight);
            }
            else if (type.SequenceEqual("*/*"u8))
            {
                any = Math.Max(any, weight);
            }
        }

        return json > 0 && json >= html && json >= any;
    }

    /// <summary>Whether HTML is requested by name, as browsers do.</summary>
    internal static bool NamesHtml(ReadOnlySpan<byte> accept)
    {
        while (FieldList.TryTake(ref accept, out ReadOnlySpan<byte> element))
        {
            if (FieldList.ReadWeight(element, out ReadOnlySpan<byte> type) > 0 && Ascii.EqualsIgnoreCase(type, "text/html"u8))
            {
                return true;
            }
        }

        return false;
    }
}
