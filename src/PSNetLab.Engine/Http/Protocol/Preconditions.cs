namespace PSNetLab.Engine.Http.Protocol;

/// <summary>The result of a request's preconditions.</summary>
internal enum PreconditionResult
{
    /// <summary>Answer as if there were no preconditions.</summary>
    Passed,

    /// <summary>Answer 304: the client already has this version of the file.</summary>
    NotModified,

    /// <summary>Answer 412: the file is not the version the client asked about.</summary>
    Failed,
}

/// <summary>The preconditions of a GET or HEAD request (RFC 9110, section 13). Pass missing fields as empty.</summary>
internal static class Preconditions
{
    /// <summary>Evaluates all of them in the order of section 13.2.2.</summary>
    /// <param name="ifMatch">The value of If-Match.</param>
    /// <param name="ifUnmodifiedSince">The value of If-Unmodified-Since.</param>
    /// <param name="ifNoneMatch">The value of If-None-Match.</param>
    /// <param name="ifModifiedSince">The value of If-Modified-Since.</param>
    /// <param name="etag">The entity tag of the representation, with its quotes and, if it is weak, its W/.</param>
    /// <param name="lastModifiedUtc">When the representation was last modified, in whole seconds.</param>
    internal static PreconditionResult Evaluate(
        ReadOnlySpan<byte> ifMatch,
        ReadOnlySpan<byte> ifUnmodifiedSince,
        ReadOnlySpan<byte> ifNoneMatch,
        ReadOnlySpan<byte> ifModifiedSince,
        ReadOnlySpan<byte> etag,
        DateTime lastModifiedUtc)
    {
        // An invalid date is ignored (sections 13.1.3 and 13.1.4); a field with a tag overrides one with a date.
        if (!ifMatch.IsEmpty)
        {
            if (!ListHas(ifMatch, etag, strong: true))
            {
                return PreconditionResult.Failed;
            }
        }
        else if (!ifUnmodifiedSince.IsEmpty && HttpDate.TryParse(ifUnmodifiedSince, out DateTime unmodifiedSince)
            && lastModifiedUtc > unmodifiedSince)
        {
            return PreconditionResult.Failed;
        }

        if (!ifNoneMatch.IsEmpty)
        {
            return ListHas(ifNoneMatch, etag, strong: false) ? PreconditionResult.NotModified : PreconditionResult.Passed;
        }

        return !ifModifiedSince.IsEmpty && HttpDate.TryParse(ifModifiedSince, out DateTime modifiedSince)
            && lastModifiedUtc <= modifiedSince
            ? PreconditionResult.NotModified
            : PreconditionResult.Passed;
    }

    /// <summary>
    /// Whether the client's partial copy is of this representation, so that the Range field applies (section 13.1.5).
    /// </summary>
    internal static bool IfRangeHolds(ReadOnlySpan<byte> ifRange, ReadOnlySpan<byte> etag, DateTime lastModifiedUtc)
        => ifRange.IsEmpty
            || (HttpDate.TryParse(ifRange, out DateTime date) ? date == lastModifiedUtc : IsStrong(etag) && ifRange.SequenceEqual(etag));

    // "*" or a list of entity tags (section 8.8.3). Nothing after a syntax error matches.
    private static bool ListHas(ReadOnlySpan<byte> list, ReadOnlySpan<byte> etag, bool strong)
    {
        if (list.SequenceEqual("*"u8))
        {
            return true;
        }

        if (strong && !IsStrong(etag))
        {
            return false;
        }

        ReadOnlySpan<byte> opaque = Opaque(etag);
        while (!(list = list.TrimStart(", \t"u8)).IsEmpty)
        {
            bool isWeak = !IsStrong(list);
            list = Opaque(list);
            int end = list.IsEmpty || list[0] != '"' ? -1 : list[1..].IndexOf((byte)'"');
            if (end < 0)
            {
                return false;
            }

            end += 2;
            if (list[..end].SequenceEqual(opaque) && !(strong && isWeak))
            {
                return true;
            }

            list = list[end..].TrimStart(" \t"u8);
            if (!list.IsEmpty && list[0] != ',')
            {
                return false;
            }
        }

        return false;
    }

    private static bool IsStrong(ReadOnlySpan<byte> etag) => !etag.StartsWith("W/"u8);

    private static ReadOnlySpan<byte> Opaque(ReadOnlySpan<byte> etag) => IsStrong(etag) ? etag : etag[2..];
}
