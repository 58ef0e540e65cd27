using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Text;
using PSNetLab.Engine.Http.Server;
using PSNetLab.Engine.Http.WebSockets;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A WebSocket that a client has opened. A script block of its route has it as $Connection.</summary>
[SuppressMessage("Design", "CA1001", Justification = "Nobody asks the semaphore for a handle, which is all it would have to close.")]
public sealed class WebSocketConnection
{
    // A peer that does not answer a Close frame is given up.
    private static readonly TimeSpan s_closePatience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _sending = new(1);
    private readonly HandedOver _handedOver = new(HandedOver.DefaultMost);
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpTakeover _takeover;
    private readonly HttpRequestRecord _request;
    private readonly DateTime _openedAt = DateTime.Now;
    private long _sent;
    private volatile bool _isClosing;

    internal WebSocketConnection(HttpTakeover takeover, HttpRequestRecord request, string? protocol)
    {
        _takeover = takeover;
        _request = request;
        Protocol = protocol;
    }

    /// <summary>The number of the connection, unique in this process; records of its messages have it as ConnectionId.</summary>
    public int Id => _request.ConnectionId;

    /// <summary>The address and port of the client, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(_request.Remote);

    /// <summary>The target of the request that opened it.</summary>
    public string Target => _request.Target;

    /// <summary>The name of its route.</summary>
    public string? Route => _request.Route;

    /// <summary>The subprotocol; null if none was agreed on.</summary>
    public string? Protocol { get; }

    /// <summary>The web page, or what the client says in Origin; null if it says nothing.</summary>
    public string? Origin => _request.HeaderTable["Origin"] as string;

    /// <summary>When it was opened, in local time.</summary>
    public object OpenedAt => FileValue.With(_openedAt);

    /// <summary>Whether messages can be sent: false once either side has begun to close it.</summary>
    public bool IsOpen => !_isClosing;

    /// <summary>How many messages came from the client.</summary>
    public long MessagesReceived { get; internal set; }

    /// <summary>How many messages were sent to it.</summary>
    public long MessagesSent => Interlocked.Read(ref _sent);

    /// <summary>Sends a text message. Waits only while the client has more than 256 KiB to take of what was sent before.</summary>
    /// <param name="text">The text.</param>
    public void Send(string text) => SendFrame(WebSocketFrame.Text(Encoding.UTF8.GetBytes(text)));

    /// <summary>Sends a binary message. Waits only while the client has more than 256 KiB to take of what was sent before.</summary>
    /// <param name="data">The bytes.</param>
    public void Send(byte[] data) => SendFrame(WebSocketFrame.Binary(data));

    /// <summary>Sends a Ping frame, which the client answers.</summary>
    public void Ping() => SendFrame(WebSocketFrame.Ping([]), isMessage: false);

    /// <summary>Closes it with code 1000.</summary>
    public void Close() => Close(WebSocketCode.Normal, string.Empty);

    /// <summary>Closes it.</summary>
    /// <param name="code">The code: 1000 to 1003, 1007 to 1014 or 3000 to 4999.</param>
    /// <param name="reason">The reason, of at most 123 bytes.</param>
    public void Close(int code, string reason)
    {
        if (!WebSocketCode.MayBeSent(code))
        {
            throw new ArgumentOutOfRangeException(nameof(code), code, "A WebSocket is closed with a code from 1000 to 1003, 1007 to 1014 "
                + "or 3000 to 4999.");
        }

        PeerWait.For(CloseAsync(code, reason), GiveUp);
    }

    /// <summary>Number and client, such as "7 127.0.0.1:50000 /chat".</summary>
    public override string ToString() => $"{Id} {_request.Remote} {Target}";

    /// <summary>Sends a frame without waiting for the client, unless it has not taken much of what was sent before.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isMessage">Whether it is a message, and not a control frame.</param>
    /// <exception cref="NetLabException">It is closed, or the client has left.</exception>
    internal void SendFrame(byte[] frame, bool isMessage = true)
    {
        if (_isClosing)
        {
            throw Closed();
        }

        ValueTask handing = _handedOver.SendAsync(
            (Self: this, Frame: frame, IsMessage: isMessage),
            frame.Length,
            static one => new ValueTask(one.Self.SendAsync(one.Frame, one.IsMessage)));
        if (!handing.IsCompletedSuccessfully)
        {
            PeerWait.For(handing.AsTask(), GiveUp);
        }
    }

    /// <summary>Sends a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="isMessage">Whether it is a message, and not a control frame.</param>
    /// <exception cref="NetLabException">It is closed, or the client has left.</exception>
    internal async Task SendAsync(byte[] frame, bool isMessage = true)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_isClosing)
            {
                throw Closed();
            }

            await _takeover.SendAsync(frame).ConfigureAwait(false);
            _sent += isMessage ? 1 : 0;
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            _isClosing = true;
            throw Closed(error);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a Close frame, unless that was done before. Nothing is thrown.</summary>
    internal async Task CloseAsync(int code, string reason)
    {
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_isClosing)
            {
                _isClosing = true;
                await _takeover.SendAsync(WebSocketFrame.Close(code, reason)).ConfigureAwait(false);
                _ = GiveUpAsync();
            }
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // It has left without being asked.
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Says that nothing more comes from the client, and ends this side as well.</summary>
    internal async Task EndAsync()
    {
        _isClosing = true;
        _left.TrySetResult();
        await _sending.WaitAsync().ConfigureAwait(false);
        try
        {
            await _takeover.EndSendingAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException)
        {
            // It has reset the connection.
        }
        finally
        {
            _sending.Release();
        }
    }

    private void GiveUp(string why) => _takeover.Interrupt();

    private NetLabException Closed(Exception? inner = null)
        => new(FaultKind.ConnectionClosed, $"The WebSocket of {_request.Remote} is closed.", inner);

    private async Task GiveUpAsync()
    {
        try
        {
            await _left.Task.WaitAsync(s_closePatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _takeover.Interrupt();
        }
    }
}
