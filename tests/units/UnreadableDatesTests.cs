using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.Checks;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

/// <summary>Certificates whose dates cannot be read: their server is bad, and no check of others ends because of it.</summary>
public sealed class UnreadableDatesTests
{
    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly X509Certificate2 s_leaf = s_root.Issue("shop.example");
    private static readonly X509Certificate2 s_bad = CertificateAuthority.WithMonth(s_leaf, "13", ofEnd: true);

    private static readonly TlsClientOptions s_client = new() { TargetHost = "shop.example", Trusted = [s_root.Public] };

    private static SslServerAuthenticationOptions Server => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            s_bad.CopyWithPrivateKey(s_leaf.GetECDsaPrivateKey()!), [s_root.Public], offline: true),
    };

    [LinuxFact]
    public async Task The_check_of_its_server_has_a_row()
    {
        await using HelloServer server = HelloServer.Serving(Server);
        TlsEndpointOptions options = new() { Timeout = Waiting.Limit, Tls = s_client with { SkipCertificateCheck = true } };
        CheckedName name = new("127.0.0.1", IPFamily.Any, Waiting.Limit, CancellationToken.None);

        TlsEndpointResult result = (TlsEndpointResult)Assert.Single(await RowsAsync(new TlsEndpointCheck(options, name, server.Port)));

        Assert.Equal(TlsEndpointStatus.Failed, result.Status);
        Assert.Contains("it has dates that cannot be read", result.Reason, StringComparison.Ordinal);
        Assert.Equal("CN=shop.example", result.Subject);
        Assert.Null(result.NotAfter);
    }

    [LinuxFact]
    public async Task A_connection_to_its_server_says_what_is_wrong()
    {
        await using HelloServer server = HelloServer.Serving(Server);
        DialOptions options = new() { Host = "127.0.0.1", Port = server.Port, Tls = s_client, Timeout = Waiting.Limit };

        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(
            () => StreamDialer.DialAsync(options, CancellationToken.None).Soon());

        Assert.Equal(FaultKind.CertificateRejected, fault.Kind);
        Assert.Contains("it has dates that cannot be read", fault.Message, StringComparison.Ordinal);
        (await StreamDialer.DialAsync(options with { Tls = s_client with { SkipCertificateCheck = true } }, CancellationToken.None).Soon())
            .Dispose();
    }

    [LinuxFact]
    public async Task A_file_with_it_shows_it()
    {
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(path, $"{s_bad.ExportCertificatePem()}\n{s_root.Issue("other.example").ExportCertificatePem()}");

            object[] rows = await RowsAsync(new CertificateFileCheck(path, null, s_client, Waiting.Limit));

            Assert.Equal(["CN=shop.example", "CN=other.example"], rows.Cast<CertificateInfo>().Select(row => row.Subject));
            Assert.Contains(
                ((CertificateInfo)rows[0]).Problems,
                problem => problem.Text.Contains("it has dates that cannot be read", StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<object[]> RowsAsync(ICheck check)
    {
        Mailbox<object> rows = new(8, WhenFull.Wait);
        await check.RunAsync(rows, CancellationToken.None).Soon();
        List<object> taken = [];
        while (rows.TryTake() is { } row)
        {
            taken.Add(row);
        }

        return [.. taken];
    }
}
