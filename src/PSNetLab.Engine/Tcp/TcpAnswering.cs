namespace PSNetLab.Engine.Tcp;

/// <summary>Makes what a client gets, and sends it piece by piece. The connection is not read meanwhile.</summary>
/// <param name="connection">The connection.</param>
/// <param name="message">The message to answer; null when the client has just come.</param>
/// <param name="send">
/// Takes a message to be sent after those before it, and completes when there is room for the next. After the connection has ended, it does
/// nothing. One at a time.
/// </param>
/// <param name="cancellationToken">Ends what has not begun.</param>
internal delegate Task TcpAnswering(
    TcpConnection connection, TcpMessage? message, Func<byte[], ValueTask> send, CancellationToken cancellationToken);
