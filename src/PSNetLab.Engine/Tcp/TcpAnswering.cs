namespace PSNetLab.Engine.Tcp;

/// <summary>Makes what a client gets, and sends it piece by piece. The connection is not read meanwhile.</summary>
/// <param name="connection">The connection.</param>
/// <param name="message">The message to answer; null when the client has just come.</param>
/// <param name="send">Sends a message, and completes when the system has it. After the connection has ended, it does nothing.</param>
/// <param name="cancellationToken">Ends what has not begun.</param>
internal delegate Task TcpAnswering(
    TcpConnection connection, TcpMessage? message, Func<byte[], ValueTask> send, CancellationToken cancellationToken);
