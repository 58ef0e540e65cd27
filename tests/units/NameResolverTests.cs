using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

public sealed class NameResolverTests
{
    [Theory]
    [InlineData(SocketError.HostNotFound, FaultKind.HostNotFound)]
    [InlineData(SocketError.NoData, FaultKind.HostNotFound)]
    [InlineData(SocketError.TryAgain, FaultKind.NameServerFailed)]
    [InlineData(SocketError.NoRecovery, FaultKind.NameServerFailed)]
    [InlineData(SocketError.TooManyOpenSockets, FaultKind.NameServerFailed)]
    public void A_name_that_is_not_there_is_another_fault_than_a_server_that_does_not_answer(SocketError error, FaultKind kind)
        => Assert.Equal(kind, NameResolver.Fault("web1", new SocketException((int)error)).Kind);
}
