using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Capture;
using PSNetLab.Engine.Capture.Replay;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Jobs;

/// <summary>The job behind Invoke-NetReplay -AsServer. Its output is what came of the replay with its only client.</summary>
public sealed class NetReplayJob : ServerJob
{
    private readonly ReplayServer _server;
    private NetReplayResult? _result;

    internal NetReplayJob(
        string command,
        string? name,
        IPEndPoint endPoint,
        ReplayScript script,
        ReplayOptions options,
        ReplayComparison comparison,
        TlsServerOptions? tls)
        : base(command, name, "NetReplay", new RecordOptions(Keep: true, 1, WhenFull.Drop))
        => _server = ReplayServer.Bind(endPoint, script, options, comparison, tls, fault => Write(Errors.Record(fault, Local)));

    /// <inheritdoc/>
    public override long MessageCount => _result is null ? 0 : 1;

    /// <inheritdoc/>
    public override long BytesReceived => _result?.Received ?? 0;

    /// <inheritdoc/>
    public override long BytesSent => _result?.Sent ?? 0;

    /// <inheritdoc/>
    public override long Refused => 0;

    /// <inheritdoc/>
    public override string StatusMessage => _result is null
        ? "waiting for its client, or playing"
        : $"{BytesReceived} bytes in, {BytesSent} out";

    internal override IPEndPoint Local => _server.LocalEndPoint;

    internal override Socket Socket => _server.Socket;

    internal override Transcript? Transcript => null;

    internal override Totals Totals => new(BytesReceived, BytesSent, MessageCount, MessageCount);

    private protected override async Task WorkAsync()
    {
        _result = await _server.RunAsync().ConfigureAwait(false);
        if (_result is not null)
        {
            TryRecord(_result);
        }
    }

    private protected override void BeginStop() => _server.Stop();
}
