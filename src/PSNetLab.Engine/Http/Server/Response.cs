namespace PSNetLab.Engine.Http.Server;

/// <summary>The answer to a request. One object may answer many.</summary>
internal class Response
{
    internal required int Status { get; init; }

    /// <summary>The lines of all fields except Date, Connection and those that say where the content ends.</summary>
    internal required byte[] Fields { get; init; }

    internal Content Content { get; init; } = Content.None;
}
