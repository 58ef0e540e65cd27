namespace PSNetLab.Engine.Http.Server;

/// <summary>A response of which a client may have, or ask for, a part: it has validators.</summary>
internal class SelectableResponse : Response
{
    private Response? _notModified;

    /// <summary>The entity tag, with its quotes (RFC 9110, section 8.8.3).</summary>
    internal required byte[] ETag { get; init; }

    /// <summary>When the content was modified, in whole seconds. Preconditions are compared with it.</summary>
    internal required DateTime LastModified { get; init; }

    /// <summary>
    /// The fields that do not describe the content itself, so 206, 304 and 416 have them, too (RFC 9110, section 15.4.5).
    /// </summary>
    internal required byte[] CommonFields { get; init; }

    internal required string MediaType { get; init; }

    /// <summary>The response to a client that already has this content.</summary>
    internal Response NotModified => _notModified ??= new Response { Status = 304, Fields = CommonFields };
}
