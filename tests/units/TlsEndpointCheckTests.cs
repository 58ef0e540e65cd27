using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>Test-TlsEndpoint, against servers of all manners.</summary>
public sealed class TlsEndpointCheckTests
{
    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly CertificateAuthority s_middle = new("Middle", s_root);
    private static readonly X509Certificate2 s_leaf = s_middle.Issue("shop.example");

    private static readonly SslServerAuthenticationOptions s_good = Options();

    [Fact]
    public async Task A_good_server_is_Ok()
    {
        await using HelloServer server = HelloServer.Serving(s_good);
        TlsEndpointResult result = await Check(server.Port);
        Assert.Equal(TlsEndpointStatus.Ok, result.Status);
        Assert.Null(result.Reason);
        Assert.Equal(["shop.example"], result.Names);
        Assert.Equal(89, result.DaysLeft);
        Assert.Equal("CN=shop.example; CN=Middle", result.SentChain.ToString());
        Assert.Equal("CN=shop.example; CN=Middle; CN=Root", result.BuiltChain.ToString());
        Assert.Equal("Tls13", result.Protocol);
        Assert.Equal(TlsVersionStatus.Offered, result.Versions!.Tls12);
        Assert.Equal(TlsVersionStatus.Refused, result.Versions.Tls10);
        Assert.False(result.ClientCertificateRequested);
        Assert.Null(result.ResolveMilliseconds);
        Assert.Null(result.StartTlsMilliseconds);
        Assert.True(result.ConnectTime > TimeSpan.Zero && result.HandshakeTime > TimeSpan.Zero);
    }

    [Fact]
    public async Task Without_the_scan_there_is_one_connection()
    {
        await using HelloServer server = HelloServer.Serving(s_good);
        TlsEndpointResult result = await Check(server.Port, options => options with { SkipVersionScan = true });
        Assert.Equal(TlsEndpointStatus.Ok, result.Status);
        Assert.Null(result.Versions);
        Assert.Equal(1, server.Connections);
    }

    [Fact]
    public async Task What_is_a_warning_is_not_a_failure()
    {
        await using HelloServer server = HelloServer.Serving(s_good);
        TlsEndpointResult result = await Check(
            server.Port, options => options with { Tls = options.Tls with { Soon = TimeSpan.FromDays(100) } });
        Assert.Equal(TlsEndpointStatus.Warning, result.Status);
        Assert.Equal(CertificateProblemKind.ExpiresSoon, Assert.Single(result.Problems).Kind);
        Assert.Contains("it expires on ", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_name_is_a_failure_with_a_certificate()
    {
        await using HelloServer server = HelloServer.Serving(s_good);
        TlsEndpointResult result = await Check(
            server.Port, options => options with { Tls = options.Tls with { TargetHost = "other.example" } });
        Assert.Equal(TlsEndpointStatus.Failed, result.Status);
        Assert.Equal(CertificateProblemKind.NameMismatch, Assert.Single(result.Problems).Kind);
        Assert.Null(result.ErrorId);
        Assert.Empty(result.Certificate!.Problems); // the result has them
        Assert.Equal(result.Problems, result.Seen!.Problems);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_intermediate_that_is_known_here_must_be_sent_all_the_same(bool isSent)
    {
        SslServerAuthenticationOptions options = Options();
        options.ServerCertificateContext = SslStreamCertificateContext.Create(s_leaf, isSent ? [s_middle.Public] : [], offline: true);
        await using HelloServer server = HelloServer.Serving(options);
        TlsEndpointResult result = await Check(
            server.Port, set => set with { Tls = set.Tls with { Trusted = [s_root.Public, s_middle.Public] } });
        Assert.Equal(isSent ? [] : [CertificateProblemKind.IntermediateMissing], result.Problems.Select(problem => problem.Kind));
        Assert.Equal(isSent ? TlsEndpointStatus.Ok : TlsEndpointStatus.Warning, result.Status);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_server_that_demands_a_certificate_says_so(SslProtocols protocol)
    {
        SslServerAuthenticationOptions options = Options();
        options.EnabledSslProtocols = protocol;
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null;
        await using HelloServer server = HelloServer.Serving(options);
        TlsEndpointResult without = await Check(server.Port);
        Assert.Equal(TlsEndpointStatus.Failed, without.Status);
        Assert.Equal(nameof(FaultKind.OwnCertificateRejected), without.ErrorId);
        Assert.Equal("CN=shop.example", without.Subject);

        SslStreamCertificateContext own = SslStreamCertificateContext.Create(
            s_middle.Issue("me", usage: CertificateAuthority.ForClients), [s_middle.Public], offline: true);
        TlsEndpointResult with = await Check(server.Port, set => set with { Tls = set.Tls with { Certificate = own } });
        Assert.Equal(TlsEndpointStatus.Ok, with.Status);
        Assert.True(with.ClientCertificateRequested);
    }

    [Fact]
    public async Task The_certificate_of_an_old_server_is_read_without_a_handshake()
    {
        byte[] leaf = s_leaf.RawData;
        byte[] middle = s_middle.Public.RawData;
        byte[] list = [.. Sized(leaf), .. Sized(middle)];
        byte[] flight = ServerAnswerTests.Record(
            22,
            [
                .. ServerAnswerTests.Hello(0x0301, 0x002F),
                .. ServerAnswerTests.Message(11, Sized(list)),
                .. ServerAnswerTests.Message(14, []),
            ]);
        await using HelloServer server = HelloServer.Answering(
            hello => !HelloServer.IsNewest(hello) && HelloServer.Version(hello) >= 0x0301
                ? flight
                : ServerAnswerTests.Record(21, [2, 70]));
        TlsEndpointResult result = await Check(server.Port);
        Assert.Equal("Tls10", result.Protocol);
        Assert.Equal("TLS_RSA_WITH_AES_128_CBC_SHA", result.CipherSuite);
        Assert.Equal("Tls10", result.Versions!.ToString());
        Assert.Equal(TlsVersionStatus.Refused, result.Versions.Ssl3);
        Assert.Equal("CN=shop.example; CN=Middle; CN=Root", result.BuiltChain.ToString());
        Assert.Equal(
            [CertificateProblemKind.NoModernProtocol, CertificateProblemKind.OldProtocol],
            result.Problems.Select(problem => problem.Kind));
        Assert.Equal(TlsEndpointStatus.Failed, result.Status);
        Assert.Null(result.HandshakeMilliseconds);
    }

    [Fact]
    public async Task A_server_that_hangs_up_on_old_versions_does_not_speak_them()
    {
        await using HelloServer server = HelloServer.Serving(
            s_good, hello => HelloServer.IsNewest(hello) || HelloServer.Version(hello) == 0x0303);
        TlsEndpointResult result = await Check(server.Port);
        Assert.Equal("Tls12; Tls13", result.Versions!.ToString());
        Assert.Equal(TlsVersionStatus.Refused, result.Versions.Tls10);
    }

    [Fact]
    public async Task A_server_that_takes_one_client_at_a_time_is_asked_again()
    {
        await using HelloServer server = HelloServer.Serving(s_good, most: 1);
        TlsEndpointResult result = await Check(server.Port);
        Assert.Equal("Tls12; Tls13", result.Versions!.ToString());
    }

    public static TheoryData<string, byte[]?, string> Strangers => new()
    {
        { "closes at once", null, "TLS handshake" },
        {
            "says something else",
            "HTTP/1.1 400 Bad Request\r\n"u8.ToArray(),
            "does not speak TLS: it answered 'HTTP/1.1 400 Bad Request'"
        },
        { "sends garbage", [0x80, 0xFF, 0, 1, 2, 3], "does not speak TLS" },
        { "sends a huge record", [22, 3, 3, 0xFF, 0xFF, .. new byte[70_000]], "does not speak TLS" },
        { "sends half a hello", ServerAnswerTests.Record(22, ServerAnswerTests.Hello(0x0303, 47))[..20], "TLS handshake" },
        { "refuses everything", ServerAnswerTests.Record(21, [2, 40]), "algorithms" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_server_that_is_none_is_a_failure_that_says_why(string what, byte[]? answer, string why)
    {
        await using HelloServer server = HelloServer.Answering(_ => answer);
        TlsEndpointResult result = await Check(server.Port);
        Assert.Equal(TlsEndpointStatus.Failed, result.Status);
        Assert.Equal((what, nameof(FaultKind.TlsHandshakeFailed)), (what, result.ErrorId));
        Assert.Contains(why, result.Reason, StringComparison.Ordinal);
        Assert.Null(result.Certificate);
        Assert.Empty(result.Versions?.Offered ?? []);
    }

    [Fact]
    public Task A_server_that_never_answers_ends_at_the_limit() => TimeSpan.FromSeconds(0.3).Patiently(async limit =>
    {
        await using HelloServer server = HelloServer.Doing(stream => stream.CopyToAsync(Stream.Null));
        TlsEndpointResult result = await Check(server.Port, options => options with { Timeout = limit });
        Assert.Equal(nameof(FaultKind.ConnectTimeout), result.ErrorId);
        Assert.NotNull(result.ConnectMilliseconds);
        Assert.Null(result.HandshakeMilliseconds);
    });

    [Fact]
    public async Task A_server_that_says_little_and_stays_is_not_waited_for()
    {
        await using HelloServer server = HelloServer.Doing(async stream =>
        {
            await stream.WriteAsync("hello"u8.ToArray());
            await stream.CopyToAsync(Stream.Null);
        });
        TlsEndpointResult result = await Check(server.Port, options => options with { Timeout = TimeSpan.FromHours(1) });
        Assert.Equal(nameof(FaultKind.TlsHandshakeFailed), result.ErrorId);
        Assert.Contains("it answered 'hello'", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_a_failure()
    {
        int port;
        await using (HelloServer server = HelloServer.Serving(s_good))
        {
            port = server.Port;
        }

        TlsEndpointResult result = await Check(port);
        Assert.Equal(nameof(FaultKind.ConnectionRefused), result.ErrorId);
        Assert.Null(result.ConnectMilliseconds);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("injected", "more plain text followed")]
    public async Task TLS_after_plain_text_begins_with_nothing_of_it(string more, string? why)
    {
        await using HelloServer server = HelloServer.Doing(async stream =>
        {
            await stream.WriteAsync("+OK ready\r\n"u8.ToArray());
            byte[] command = new byte["STLS\r\n".Length];
            await stream.ReadExactlyAsync(command);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"+OK begin\r\n{more}"));
            await HelloServer.ShakeAsync(stream, s_good);
        });
        TlsEndpointResult result = await Check(server.Port, options => options with { StartTls = StartTlsProtocol.Pop3 });
        Assert.Equal(why is null ? TlsEndpointStatus.Ok : TlsEndpointStatus.Failed, result.Status);
        Assert.Equal(why is null ? null : nameof(FaultKind.StartTlsFailed), result.ErrorId);
        Assert.Contains(why ?? string.Empty, result.Reason ?? string.Empty, StringComparison.Ordinal);
        Assert.Equal(why is null, result.StartTlsMilliseconds is not null);
        Assert.True(why is not null || result.Versions!.Tls12 == TlsVersionStatus.Offered);
    }

    [Fact]
    public async Task Plain_text_that_never_ends_is_cut_off()
    {
        await using HelloServer server = HelloServer.Doing(async stream =>
        {
            while (true)
            {
                await stream.WriteAsync(new byte[10_000]);
            }
        });
        TlsEndpointResult result = await Check(server.Port, options => options with { StartTls = StartTlsProtocol.Smtp });
        Assert.Equal(nameof(FaultKind.StartTlsFailed), result.ErrorId);
        Assert.Contains("more than 64 KiB", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plain_text_in_lines_without_end_is_cut_off()
    {
        byte[] lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("250-x\r\n", 1000)));
        await using HelloServer server = HelloServer.Doing(async stream =>
        {
            await stream.WriteAsync("220 ready\r\n"u8.ToArray());
            while (true)
            {
                await stream.WriteAsync(lines);
            }
        });
        TlsEndpointResult result = await Check(server.Port, options => options with { StartTls = StartTlsProtocol.Smtp });
        Assert.Equal(nameof(FaultKind.StartTlsFailed), result.ErrorId);
        Assert.Contains("more than 64 KiB", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public Task All_of_it_ends_at_the_limit_however_many_connections_it_takes() => TimeSpan.FromSeconds(1).Patiently(async limit =>
    {
        // A handshake goes well; of all others there is no word, but after a while an end.
        int connections = 0;
        await using HelloServer server = HelloServer.Serving(s_good, _ =>
        {
            bool isFirst = Interlocked.Increment(ref connections) == 1;
            Thread.Sleep(isFirst ? TimeSpan.Zero : 0.7 * limit);
            return isFirst;
        });
        long started = Stopwatch.GetTimestamp();
        TlsEndpointResult result = await Check(server.Port, options => options with { Timeout = limit });
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, 3 * limit);
        Assert.Equal("CN=shop.example", result.Subject);
        Assert.Equal(TlsVersionStatus.Unknown, result.Versions!.Tls10);
    });

    [Fact]
    public async Task Of_certificates_without_end_few_are_kept()
    {
        X509Certificate2[] others = [.. Enumerable.Range(0, 90).Select(number => s_middle.Issue($"{number}"))];
        SslServerAuthenticationOptions options = Options();
        options.ServerCertificateContext = SslStreamCertificateContext.Create(s_leaf, [s_middle.Public, .. others], offline: true);
        await using HelloServer server = HelloServer.Serving(options);
        TlsEndpointResult result = await Check(server.Port);
        Assert.InRange(result.SentChain.Count, 2, 65);
        Assert.Equal("CN=shop.example; CN=Middle; CN=Root", result.BuiltChain.ToString());
    }

    [Fact]
    public async Task It_ends_when_it_is_told_to()
    {
        await using HelloServer server = HelloServer.Doing(stream => stream.CopyToAsync(Stream.Null));
        using CancellationTokenSource stop = new();
        Task<TlsEndpointResult> checking = Check(server.Port, options => options with { Timeout = TimeSpan.FromMinutes(5) }, stop.Token);
        await Waiting.Until(() => server.Connections > 0);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => checking.Soon());
    }

    private static SslServerAuthenticationOptions Options() => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(s_leaf, [s_middle.Public], offline: true),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
    };

    private static byte[] Sized(byte[] content)
        => [(byte)(content.Length >> 16), (byte)(content.Length >> 8), (byte)content.Length, .. content];

    private static async Task<TlsEndpointResult> Check(
        int port, Func<TlsEndpointOptions, TlsEndpointOptions>? change = null, CancellationToken cancellationToken = default)
    {
        TlsEndpointOptions options = new()
        {
            Timeout = Waiting.Limit,
            Tls = new TlsClientOptions { TargetHost = "shop.example", Trusted = [s_root.Public], SkipCertificateCheck = true },
        };
        Mailbox<object> rows = new(1, WhenFull.Wait);
        CheckedName name = new("127.0.0.1", IPFamily.Any, Waiting.Limit, cancellationToken);
        await new TlsEndpointCheck(change?.Invoke(options) ?? options, name, port).RunAsync(rows, cancellationToken).Soon();
        return (TlsEndpointResult)rows.TryTake()!;
    }
}
