using System.Net;
using System.Threading.Channels;
using PSNetLab.Engine.Servers;
using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Keeps what a server tells, to be waited for.</summary>
internal sealed class TestObserver : IStreamServerObserver
{
    private readonly Channel<TcpConnection> _opened = Channel.CreateUnbounded<TcpConnection>();
    private readonly Channel<TcpConnection> _closed = Channel.CreateUnbounded<TcpConnection>();
    private readonly Channel<IPEndPoint> _refused = Channel.CreateUnbounded<IPEndPoint>();
    private readonly Channel<(NetLabException, EndPoint)> _faults = Channel.CreateUnbounded<(NetLabException, EndPoint)>();

    internal int FaultCount => _faults.Reader.Count;

    public void Opened(IServedConnection connection) => Note(_opened, connection);

    public void Closed(IServedConnection connection) => Note(_closed, connection);

    public void Refused(IPEndPoint remote) => _refused.Writer.TryWrite(remote);

    public void Faulted(NetLabException fault, EndPoint target) => _faults.Writer.TryWrite((fault, target));

    internal Task<TcpConnection> OpenedAsync() => _opened.Reader.ReadAsync().Soon();

    internal Task<TcpConnection> ClosedAsync() => _closed.Reader.ReadAsync().Soon();

    internal Task<IPEndPoint> RefusedAsync() => _refused.Reader.ReadAsync().Soon();

    internal Task<(NetLabException Fault, EndPoint Target)> FaultAsync() => _faults.Reader.ReadAsync().Soon();

    /// <summary>The faults that no test has waited for yet.</summary>
    internal IEnumerable<NetLabException> FaultsLeft()
    {
        while (_faults.Reader.TryRead(out (NetLabException Fault, EndPoint) fault))
        {
            yield return fault.Fault;
        }
    }

    private static void Note(Channel<TcpConnection> channel, IServedConnection connection)
    {
        if (connection is TcpSession session)
        {
            channel.Writer.TryWrite(session.Connection);
        }
    }
}
