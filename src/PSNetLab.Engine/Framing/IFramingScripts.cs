using System.Net;

namespace PSNetLab.Engine.Framing;

/// <summary>Knows where messages end, but takes its time: a script of the user.</summary>
internal interface IFramingScripts
{
    /// <summary>Looks for the first message in what has arrived.</summary>
    /// <param name="bytes">Everything that belongs to no message so far.</param>
    /// <param name="peer">The peer, for errors.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="NetLabException">The script failed, or its result makes no sense.</exception>
    Task<FrameVerdict> ParseAsync(byte[] bytes, EndPoint peer, CancellationToken cancellationToken);

    /// <summary>Makes the bytes of a message.</summary>
    /// <inheritdoc cref="ParseAsync"/>
    ValueTask<byte[]> FormatAsync(byte[] payload, EndPoint peer, CancellationToken cancellationToken);
}
