using PSNetLab.Engine.Servers;

namespace PSNetLab.Engine.Tcp;

/// <summary>What a TCP server tells beside its messages. Called on socket threads: must not block.</summary>
internal interface ITcpServerObserver : IStreamServerObserver
{
    void Opened(TcpConnection connection);

    void Closed(TcpConnection connection);
}
