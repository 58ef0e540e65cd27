using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tcp;

/// <summary>Reads the messages of a connection in the background, so that its owner can send, or wait for something else.</summary>
/// <remarks>
/// A peer whose replies nobody reads stops reading as well, and then accepts nothing more. So a sender must take the
/// replies while it waits to send: only a limited number is kept here, and then the connection is not read until some are taken.
/// </remarks>
internal sealed class TcpClientSession : IDisposable
{
    private const int MostWaiting = 1024;

    // What a message takes beside its bytes, roughly.
    private const int MessageOverhead = 256;

    private readonly Mailbox<TcpMessage> _received = new(MostWaiting, WhenFull.Wait);
    private readonly TcpConnection _connection;
    private readonly CancellationTokenSource _leaving;
    private readonly CancellationTokenSource _enough;
    private readonly List<TcpMessage> _left = [];
    private Task _reading;
    private bool _readsOn;
    private TcpMessage? _unkept;

    /// <param name="connection">The connection to read; nothing else may receive from it.</param>
    /// <param name="count">How many messages to read; 0 for all until the peer closes.</param>
    /// <param name="stopping">Ends the reading.</param>
    internal TcpClientSession(TcpConnection connection, int count, CancellationToken stopping)
    {
        _connection = connection;
        _leaving = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _enough = CancellationTokenSource.CreateLinkedTokenSource(_leaving.Token);
        _reading = ReadAsync(count, _enough.Token);
    }

    /// <summary>The messages received so far.</summary>
    internal IMessageSource<TcpMessage> Received => _received;

    /// <summary>
    /// The fault that ended reading, such as that the last message was cut off; null if reading ended because the peer closed, the
    /// count was reached or it was cancelled. Valid once all messages were taken.
    /// </summary>
    internal NetLabException? Fault { get; private set; }

    /// <summary>
    /// The owner takes no more messages, but still sends: reads all that comes, also more than was asked for, so that the peer goes on
    /// reading, too.
    /// </summary>
    /// <param name="keeps">Whether others get it after <see cref="LeaveAsync"/>. Then there is a limit to it.</param>
    internal void ReadOn(bool keeps)
    {
        if (!_readsOn)
        {
            _readsOn = true;
            _enough.Cancel();
            Task before = _reading;
            _reading = Task.Run(() => ReadOnAsync(before, keeps));
        }
    }

    /// <summary>
    /// Ends the reading; after that, others may receive from the connection. They get first what was read here and not taken.
    /// </summary>
    internal async Task LeaveAsync()
    {
        _leaving.Cancel();
        await _reading.ConfigureAwait(false);
        TakeLeft();
        _connection.PutBack(_left);
        _left.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _enough.Dispose();
        _leaving.Dispose();
    }

    private void TakeLeft()
    {
        while (_received.TryTake() is { } waiting)
        {
            _left.Add(waiting);
        }

        if (_unkept is not null)
        {
            _left.Add(_unkept);
            _unkept = null;
        }
    }

    private async Task ReadOnAsync(Task before, bool keeps)
    {
        await before.ConfigureAwait(false);
        TakeLeft();
        try
        {
            if (!keeps)
            {
                await _connection.DiscardAsync(_leaving.Token).ConfigureAwait(false);
                return;
            }

            long size = 0;
            while (size < Mailbox<TcpMessage>.MostBytes
                && await NextAsync(_left.Count, _leaving.Token).ConfigureAwait(false) is { } message)
            {
                _left.Add(message);
                size += MessageOverhead + message.Length;
            }
        }
        catch (NetLabException)
        {
            // It ended the connection: the owner's sending says so.
        }
        catch (OperationCanceledException)
        {
            // The owner has left.
        }
    }

    private async Task ReadAsync(int count, CancellationToken stopping)
    {
        try
        {
            int read = 0;
            while ((count == 0 || read < count) && await NextAsync(read, stopping).ConfigureAwait(false) is { } message)
            {
                read++;
                if (message.Truncated)
                {
                    Fault = _connection.Truncation;
                }

                _unkept = message;
                await _received.AddAsync(message, stopping).ConfigureAwait(false);
                _unkept = null;
            }
        }
        catch (NetLabException fault)
        {
            Fault = fault;
        }
        catch (OperationCanceledException)
        {
            // Nobody is waiting for messages.
        }
        finally
        {
            _received.Complete();
        }
    }

    private ValueTask<TcpMessage?> NextAsync(int before, CancellationToken stopping)
        => _connection.ReceiveAsync(stopping, looks: before > 0 && before % TcpConnection.MessagesPerLook == 0);
}
