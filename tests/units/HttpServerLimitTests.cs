using System.Net;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>More clients than there is room for, and clients that come and go as they like.</summary>
public sealed class HttpServerLimitTests : IDisposable
{
    private readonly WebFolder _folder = new();

    public HttpServerLimitTests() => _folder.Write("a", "content");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_client_too_many_gets_503_and_the_others_go_on()
    {
        await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, MaxConnections = 2 });
        using HttpPeer first = await server.ConnectAsync();
        using HttpPeer second = await server.ConnectAsync();
        Assert.Equal(200, (await first.GetAsync("/a")).Status);
        Assert.Equal(200, (await second.GetAsync("/a")).Status);

        using HttpPeer third = await server.ConnectAsync();
        HttpAnswer answer = await third.GetAsync("/a");

        Assert.Equal((503, "1", "close"), (answer.Status, answer["Retry-After"], answer["Connection"]));
        await third.AssertClosedAsync();
        Assert.Equal(1, server.Server.Refused);
        Assert.Equal(FaultKind.TooManyConnections, (await server.Observer.FaultAsync()).Fault.Kind);
        Assert.Equal(200, (await first.GetAsync("/a")).Status);

        second.Dispose();
        await Waiting.Until(() => server.Server.ConnectionCount == 1);
        using HttpPeer fourth = await server.ConnectAsync();
        Assert.Equal(200, (await fourth.GetAsync("/a")).Status);
        Assert.Equal(6, server.RecordCount + 1);
    }

    [Fact]
    public async Task Those_turned_away_are_told_only_up_to_a_number()
    {
        const int Told = 64;
        await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, MaxConnections = 1 });
        using HttpPeer first = await server.ConnectAsync();
        Assert.Equal(200, (await first.GetAsync("/a")).Status);
        List<HttpPeer> silent = [];
        for (int i = 0; i < Told; i++)
        {
            silent.Add(await server.ConnectAsync());
        }

        await Waiting.Until(() => server.Server.Refused == Told);
        using HttpPeer more = await server.ConnectAsync();
        Assert.Empty(await more.RestAsync());

        foreach (HttpPeer peer in silent)
        {
            Assert.Equal(503, (await peer.GetAsync("/a")).Status);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task Over_TLS_a_client_too_many_is_closed()
    {
        await using TestHttpServer server = new(_folder, new() { Folder = _folder.Path, MaxConnections = 1, Tls = Certificates.Tls });
        using HttpPeer first = await server.ConnectAsync(tls: true);
        Assert.Equal(200, (await first.GetAsync("/a")).Status);

        await Assert.ThrowsAnyAsync<IOException>(() => server.ConnectAsync(tls: true));
        Assert.Equal(1, server.Server.Refused);
    }

    [Fact]
    public async Task Those_turned_away_do_not_outlive_the_server()
    {
        TestHttpServer server = new(_folder, new() { Folder = _folder.Path, MaxConnections = 1 });
        using HttpPeer first = await server.ConnectAsync();
        Assert.Equal(200, (await first.GetAsync("/a")).Status);
        using HttpPeer second = await server.ConnectAsync();
        await Waiting.Until(() => server.Server.Refused == 1);

        await server.DisposeAsync();

        Assert.Empty(await second.RestAsync());
    }

    [Fact]
    public async Task An_address_that_is_not_allowed_gets_nothing()
    {
        await using TestHttpServer server = new(
            _folder, new() { Folder = _folder.Path, Filter = new AddressFilter(allow: null, deny: ["127.0.0.0/8"]) });
        using HttpPeer peer = await server.ConnectAsync();

        Assert.Empty(await peer.RestAsync());
        Assert.True(IPAddress.IsLoopback((await server.Observer.RefusedAsync()).Address));
    }
}
