namespace PSNetLab.Engine.Http.Server;

/// <summary>A prepared response. The same object can answer many requests.</summary>
internal class Response
{
    internal required int Status { get; init; }

    /// <summary>The lines of all fields except Date, Connection, Content-Length and Transfer-Encoding.</summary>
    internal required byte[] Fields { get; init; }

    internal Content Content { get; init; } = Content.None;
}
