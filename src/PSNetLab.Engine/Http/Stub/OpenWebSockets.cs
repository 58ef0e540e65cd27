using System.Collections.Concurrent;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>The open WebSockets of a server.</summary>
internal sealed class OpenWebSockets
{
    private readonly ConcurrentDictionary<WebSocketConnection, object?> _open = new();

    /// <summary>Those that are open, the oldest first.</summary>
    internal WebSocketConnection[] ToArray() => [.. _open.Keys.Where(one => one.IsOpen).OrderBy(one => one.Id)];

    /// <summary>Keeps one until the result is disposed of.</summary>
    internal IDisposable Add(WebSocketConnection connection)
    {
        _open.TryAdd(connection, null);
        return new Entry(this, connection);
    }

    private sealed class Entry(OpenWebSockets owner, WebSocketConnection connection) : IDisposable
    {
        public void Dispose() => owner._open.TryRemove(connection, out _);
    }
}
