using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tcp;

/// <summary>Reads the messages of a connection in the background, so that its owner can send, or wait for something else, meanwhile.</summary>
/// <remarks>
/// A peer whose replies nobody reads stops reading, too, and then takes nothing more. So whoever sends has to take what
/// has come while waiting to send: only so many messages are kept here, then the connection is not read until some are taken.
/// </remarks>
internal sealed class TcpClientSession
{
    private const int MostWaiting = 1024;

    private readonly Mailbox<TcpMessage> _received = new(MostWaiting, WhenFull.Wait);
    private readonly TcpConnection _connection;

    /// <param name="connection">The connection to read; nobody else may receive from it.</param>
    /// <param name="count">How many messages to read; 0 for all until the peer closes.</param>
    /// <param name="stopping">Ends the reading.</param>
    internal TcpClientSession(TcpConnection connection, int count, CancellationToken stopping)
    {
        _connection = connection;
        _ = ReadAsync(count, stopping);
    }

    /// <summary>The messages that have come.</summary>
    internal IMessageSource<TcpMessage> Received => _received;

    /// <summary>What ended the reading; null when that was the peer's close, the count or a cancellation. Known once everything was taken.</summary>
    internal NetLabException? Fault { get; private set; }

    private async Task ReadAsync(int count, CancellationToken stopping)
    {
        try
        {
            int read = 0;
            while ((count == 0 || read < count) && await _connection.ReceiveAsync(stopping).ConfigureAwait(false) is { } message)
            {
                read++;
                await _received.AddAsync(message).ConfigureAwait(false);
            }
        }
        catch (NetLabException fault)
        {
            Fault = fault;
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for messages any more.
        }
        finally
        {
            _received.Complete();
        }
    }
}
