using System.Net;

namespace PSNetLab.Engine.Servers;

/// <summary>An observer whose exceptions end neither a connection nor the server.</summary>
internal sealed class GuardedObserver(IStreamServerObserver observer, EndPoint server) : IStreamServerObserver
{
    public void Opened(IServedConnection connection)
    {
        try
        {
            observer.Opened(connection);
        }
        catch (Exception error)
        {
            Report(error);
        }
    }

    public void Closed(IServedConnection connection)
    {
        try
        {
            observer.Closed(connection);
        }
        catch (Exception error)
        {
            Report(error);
        }
    }

    public void Refused(IPEndPoint remote)
    {
        try
        {
            observer.Refused(remote);
        }
        catch (Exception error)
        {
            Report(error);
        }
    }

    public void Faulted(NetLabException fault, EndPoint target)
    {
        try
        {
            observer.Faulted(fault, target);
        }
        catch (Exception)
        {
            // There is nobody else to report it to.
        }
    }

    private void Report(Exception error)
        => Faulted(
            new NetLabException(
                FaultKind.SocketError, $"An event of the server on {server} could not be reported: {error.Message}", error),
            server);
}
