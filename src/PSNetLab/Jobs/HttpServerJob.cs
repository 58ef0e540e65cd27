using System.Management.Automation;
using System.Net;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;
using PSNetLab.Engine.Servers;

namespace PSNetLab.Jobs;

/// <summary>The job behind a cmdlet that starts an HTTP server.</summary>
public sealed class HttpServerJob : StreamServerJob, IMessageSink<HttpRequestRecord>
{
    private readonly StreamServer _server;
    private readonly AccessLog? _log;
    private readonly HttpScripts? _scripts;

    /// <param name="command">The line that started it.</param>
    /// <param name="name">The name of the job, or null for the next one.</param>
    /// <param name="records">How the records of requests are kept.</param>
    /// <param name="options">How the server treats connections.</param>
    /// <param name="handler">What answers the requests; it is closed with the server.</param>
    /// <param name="path">The folder that is served, if it is one.</param>
    /// <param name="openLog">Opens the access log, if there is one; gets a callback for its faults.</param>
    /// <param name="recorder">Records what passes to an upstream; its file is written when the job ends. Null for none.</param>
    /// <param name="scripts">Runs the scripts of the handler; null if it has none. They end with the job.</param>
    internal HttpServerJob(
        string command,
        string? name,
        RecordOptions records,
        HttpServerOptions options,
        IHttpHandler handler,
        string? path,
        Func<Action<NetLabException>, AccessLog>? openLog,
        HttpScripts? scripts = null,
        Recorder? recorder = null)
        : base(command, name, "HttpServer", records)
    {
        Path = path;
        Handler = handler;
        _scripts = scripts;
        Recorder = recorder;
        if (recorder is not null)
        {
            recorder.OnLoss = text => Write(new WarningRecord(text));
        }

        if (scripts is not null)
        {
            scripts.Job = this;
        }

        try
        {
            _log = openLog?.Invoke(fault => Write(Errors.Record(fault, Local)));
            HttpRecorder? observer = records.Keep || _log is not null ? new(records.Keep ? this : null, Handover, _log) : null;
            options = options with { Observer = observer };
            _server = StreamServer.Bind(options, new HttpStreamHandler(options, handler));
        }
        catch
        {
            _ = _log?.DisposeAsync().AsTask();
            (handler as IDisposable)?.Dispose();
            scripts?.Dispose();
            throw;
        }

        Uri = MakeUri(Local, options.Tls is not null);
    }

    /// <summary>The address of the root; for a server on all addresses, one that works on this machine.</summary>
    public Uri Uri { get; }

    /// <summary>The folder that is served; null if the answers come from elsewhere.</summary>
    public string? Path { get; }

    /// <summary>The WebSockets that are open; each can send and be closed.</summary>
    public TextList<WebSocketConnection> WebSockets => new((Handler as StubHandler)?.WebSockets.ToArray() ?? []);

    /// <inheritdoc/>
    public override string StatusMessage
    {
        get
        {
            Totals totals = Totals;
            return $"{ConnectionCount} open, {totals.MessagesReceived} requests, {totals.BytesSent} bytes out{Losses}";
        }
    }

    /// <summary>Records what passes to an upstream; null for nobody.</summary>
    internal Recorder? Recorder { get; }

    /// <summary>What answers the requests.</summary>
    internal IHttpHandler Handler { get; }

    private protected override StreamServer Server => _server;

    bool IMessageSink<HttpRequestRecord>.TryAdd(HttpRequestRecord message) => TryRecord(message);

    ValueTask IMessageSink<HttpRequestRecord>.AddAsync(HttpRequestRecord message, CancellationToken cancellationToken)
        => RecordAsync(message, cancellationToken);

    private protected override async Task WorkAsync()
    {
        try
        {
            await base.WorkAsync().ConfigureAwait(false);
        }
        finally
        {
            if (_log is not null)
            {
                await _log.DisposeAsync().ConfigureAwait(false);
            }

            if (Recorder is not null)
            {
                await Task.Run(SaveRecording).ConfigureAwait(false);
            }
        }
    }

    private void SaveRecording()
    {
        try
        {
            Recorder!.Save();
        }
        catch (NetLabException fault)
        {
            Write(Errors.Record(fault, Local));
        }
    }

    private protected override void BeginStop()
    {
        base.BeginStop();
        _scripts?.Stop();
    }

    private protected override void OnFinished() => _scripts?.Dispose();

    private static Uri MakeUri(IPEndPoint local, bool isSecure)
    {
        string scheme = isSecure ? "https" : "http";
        if (local.Address.IsIPv6LinkLocal)
        {
            return new ScopedUri(scheme, local);
        }

        string host = local.Address.Equals(IPAddress.Any) || local.Address.Equals(IPAddress.IPv6Any) ? "localhost"
            : Addresses.Join(local.Address.ToString(), local.Port)[..^$":{local.Port}".Length];
        return new UriBuilder(scheme, host, local.Port).Uri;
    }
}
