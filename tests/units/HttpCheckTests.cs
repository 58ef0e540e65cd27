using System.Net;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Messages;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Tests;

/// <summary>Checks of web servers that do not do what is expected.</summary>
public sealed class HttpCheckTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task A_connection_that_was_closed_meanwhile_is_opened_again()
    {
        // The first connection ends after the redirect, perhaps only when the next request is under way.
        await using ScriptedServer server = new(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync(number == 0 ? "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n" : Answer);
            if (number == 0)
            {
                await peer.ReadAsync(1);
                peer.Reset();
            }
        });

        HttpEndpointResult result = await TryAsync(server.Uri);

        Assert.Equal(HttpEndpointStatus.Passed, result.Status);
        Assert.Equal(2, server.Connections);
        Assert.False(result.Hops[1].Reused);
        Assert.NotNull(result.Hops[1].ConnectMilliseconds);
    }

    [Fact]
    public async Task What_may_not_be_repeated_is_not()
    {
        await using ScriptedServer server = new(async (peer, number) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync("HTTP/1.1 307 Again\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
            await peer.ReadAsync(1);
            peer.Reset();
        });

        HttpEndpointResult result = await TryAsync(server.Uri, new() { Method = "POST", Fields = [new HttpField("Content-Length", "0")] });

        Assert.Equal(HttpEndpointStatus.NoResponse, result.Status);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public Task The_time_limit_is_for_all_redirects_together() => TimeSpan.FromSeconds(0.3).Patiently(async limit =>
    {
        await using ScriptedServer server = new(async (peer, _) =>
        {
            int number = 0;
            while (true)
            {
                await peer.ReadHeadAsync();
                await Task.Delay(limit / 10);
                await peer.SendAsync($"HTTP/1.1 302 Found\r\nLocation: /{number++}\r\nContent-Length: 0\r\n\r\n");
            }
        });

        HttpEndpointResult result = await TryAsync(server.Uri, new() { MostRedirects = 100, Timeout = limit });

        Assert.Equal(HttpEndpointStatus.TimedOut, result.Status);
        Assert.InRange(result.Hops.Count, 1, 20);
    });

    [Fact]
    public async Task A_proxy_that_resets_at_once_has_a_result()
    {
        await using ScriptedServer proxy = new((peer, _) =>
        {
            peer.Reset();
            return Task.CompletedTask;
        });
        HttpCheckOptions options = new() { Connect = new HttpConnectOptions { Proxy = proxy.Uri } };
        for (int i = 0; i < 2000; i++)
        {
            HttpEndpointResult result = await TryAsync(HttpUri.Parse("https://a.invalid/"), options);

            Assert.True(
                result.Status is HttpEndpointStatus.NoResponse or HttpEndpointStatus.Failed, $"{result.Status}: {result.Reason}");
        }
    }

    [Fact]
    public async Task A_large_body_is_counted()
    {
        const int Length = 30_000_000;
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {Length}\r\n\r\n");
            await peer.SendAsync(new byte[Length]);
        });

        HttpEndpointResult result = await TryAsync(server.Uri);

        Assert.Equal((HttpEndpointStatus.Passed, Length), (result.Status, result.Bytes));
    }

    [Fact]
    public async Task A_cancelled_check_leaves_no_connection()
    {
        TaskCompletionSource asked = new();
        TaskCompletionSource<byte[]> rest = new();
        await using ScriptedServer server = new(async (peer, _) =>
        {
            await peer.ReadHeadAsync();
            asked.SetResult();
            rest.SetResult(await peer.ReadToEndAsync());
        });
        using CancellationTokenSource stop = new();
        Task<HttpEndpointResult> trying = TryAsync(server.Uri, cancellationToken: stop.Token);
        await asked.Task.Soon();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => trying);
        Assert.Empty(await rest.Task.Soon());
    }

    [Theory]
    [InlineData("a:80:127.0.0.1", "a", 80, "127.0.0.1")]
    [InlineData("a:80:[::1]", "a", 80, "::1")]
    [InlineData("a:80:::1", "a", 80, "::1")]
    [InlineData("*:443:127.0.0.1,127.0.0.2", "*", 443, "127.0.0.1 127.0.0.2")]
    [InlineData("[::1]:80:127.0.0.1", "::1", 80, "127.0.0.1")]
    public void An_override_is_read(string text, string host, int port, string addresses)
    {
        HostOverride read = HostOverride.Parse(text);

        Assert.Equal((host, port, addresses), (read.Host, read.Port, string.Join(' ', (IEnumerable<IPAddress>)read.Addresses)));
        Assert.True(read.Fits(host == "*" ? "any" : host.ToUpperInvariant(), port));
        Assert.False(read.Fits(host, port + 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a:80")]
    [InlineData("a:80:b")]
    [InlineData("a:x:127.0.0.1")]
    [InlineData("a:80:127.0.0.1,")]
    [InlineData("[::1:80")]
    public void What_is_no_override_is_told(string text)
        => Assert.Equal(FaultKind.InvalidParameters, Assert.Throws<NetLabException>(() => HostOverride.Parse(text)).Kind);

    private static async Task<HttpEndpointResult> TryAsync(
        HttpUri uri, HttpCheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new HttpCheckOptions();
        Mailbox<object> rows = new(10, WhenFull.Drop);
        await new HttpCheck(
            options, new CheckedNames(IPFamily.Any, options.Timeout, cancellationToken), uri).RunAsync(rows, cancellationToken).Soon();
        return (HttpEndpointResult)rows.PeekAt(0)!;
    }
}
