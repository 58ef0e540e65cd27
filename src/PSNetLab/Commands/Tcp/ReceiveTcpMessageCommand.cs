using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Receives messages from a connection or from a server.</summary>
[Cmdlet(VerbsCommunications.Receive, "TcpMessage", DefaultParameterSetName = ConnectionSet)]
[OutputType(typeof(TcpMessage))]
public sealed class ReceiveTcpMessageCommand : ReceiveCmdlet
{
    private const string ConnectionSet = "Connection";
    private const string JobSet = "Job";

    /// <summary>The connection to receive from.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = ConnectionSet)]
    [ArgumentCompleter(typeof(ConnectionCompleter))]
    public TcpConnection? Connection { get; set; }

    /// <summary>The server whose messages to receive.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = JobSet)]
    [JobTransformation]
    [ArgumentCompleter(typeof(ServerJobCompleter<TcpServerJob>))]
    public TcpServerJob? Job { get; set; }

    private protected override string Advice => "Check that the sender is running and uses the same -Framing";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (Job is not null)
        {
            ReceiveFrom(Job);
            return;
        }

        object peer = Connection!.Remote;
        Watch(Connection.Local, Connection.Remote);
        Receive(
            token =>
            {
                // Once the time is over, what is there and one read more, which finds the end of the stream, however fast others come.
                long? until = IsPoll ? Connection.Arrived + 1 : null;
                while (WantsMore && Next(Connection, until, token) is { } message)
                {
                    Emit(message);
                    if (message.Truncated)
                    {
                        throw Connection.Truncation!;
                    }

                    until ??= token.IsCancellationRequested ? Connection.BytesReceived + 1 : null;
                }
            },
            peer,
            $"from {peer}",
            $"The connection to {peer} ended");
    }

    private TcpMessage? Next(TcpConnection connection, long? until, CancellationToken cancellationToken)
    {
        Task<TcpMessage?> next = connection.ReceiveAsync(cancellationToken, until).AsTask();
        if (!next.IsCompleted)
        {
            Wait(next, connection.Remote);
        }

        return next.GetAwaiter().GetResult();
    }
}
