using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>A certificate as a check shows it.</summary>
public class CertificateInfoTests
{
    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly CertificateAuthority s_middle = new("Middle", s_root);
    private static readonly X509Certificate2 s_leaf = s_middle.Issue("shop.example");

    [Fact]
    public void Its_texts_command_no_terminal()
    {
        CertificateAuthority root = new("evil\u001b[2J");
        CertificateInfo info = new(root.Public, DateTimeOffset.UtcNow);
        CertificateProblem problem = new(CertificateProblemKind.Invalid, $"{info.Subject}\u001b]0;x\u0007", "\u009b31m");

        Assert.DoesNotContain(
            $"{info.Subject}{info.Issuer}{info.Names}{problem.Text}{problem.Subject}{problem}", char.IsControl);
        Assert.Contains("evil", info.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void It_says_what_the_certificate_says()
    {
        CertificateInfo seen = new(s_leaf, DateTimeOffset.UtcNow) { Source = "shop:443" };
        Assert.Equal("CN=shop.example", seen.Subject);
        Assert.Equal("CN=Middle", seen.Issuer);
        Assert.Equal(["shop.example"], seen.Names);
        Assert.Equal(s_leaf.NotBefore, seen.NotBefore);
        Assert.Equal(s_leaf.NotAfter, seen.NotAfter);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(s_leaf.RawData)), seen.Thumbprint);
        Assert.Equal(s_leaf.SerialNumber, seen.SerialNumber);
        Assert.Equal("ECDSA", seen.KeyAlgorithm);
        Assert.Equal(256, seen.KeyBits);
        Assert.Equal("sha256ECDSA", seen.SignatureAlgorithm);
        Assert.Equal("CN=shop.example", seen.ToString());
    }

    [Theory]
    [InlineData(48, 2)]
    [InlineData(47, 1)]
    [InlineData(1, 0)]
    [InlineData(-1, -1)]
    [InlineData(-25, -2)]
    public void Days_are_whole_and_count_down_beyond_the_end(int hours, int days)
        => Assert.Equal(days, new CertificateInfo(s_leaf, new DateTimeOffset(s_leaf.NotAfter).AddHours(-hours)).DaysLeft);

    [LinuxFact]
    public void Dates_that_cannot_be_read_are_left_empty()
    {
        CertificateInfo begin = new(CertificateAuthority.WithMonth(s_leaf, "13"), DateTimeOffset.UtcNow);
        CertificateInfo end = new(CertificateAuthority.WithMonth(s_leaf, "13", ofEnd: true), DateTimeOffset.UtcNow);
        Assert.Equal((null, s_leaf.NotAfter, 89), (begin.NotBefore, begin.NotAfter, begin.DaysLeft));
        Assert.Equal((s_leaf.NotBefore, null, null), (end.NotBefore, end.NotAfter, end.DaysLeft));
    }

    [Fact]
    public void The_certificate_can_be_had_back_without_its_key()
    {
        CertificateInfo seen = new(s_leaf, DateTimeOffset.UtcNow);
        using X509Certificate2 back = seen.ToX509Certificate2();
        using X509Certificate2 read = X509Certificate2.CreateFromPem(seen.ExportCertificatePem());
        Assert.Equal(s_leaf.RawData, back.RawData);
        Assert.Equal(s_leaf.RawData, read.RawData);
        Assert.False(back.HasPrivateKey);
        Assert.Equal(s_leaf.RawData, ((X509Certificate2)seen!)!.RawData);
    }

    [Fact]
    public void Its_chain_is_what_was_built_and_what_was_sent()
    {
        PeerCheck check = new(new CertificateExpectation { Host = "shop.example", Trusted = [s_root.Public] });
        check.Look([s_leaf, s_middle.Public]);
        CertificateInfo seen = check.Describe("here")!;
        Assert.Equal("here", seen.Source);
        Assert.Empty(seen.Problems);
        Assert.Equal("CN=Middle; CN=Root", seen.Chain.ToString());
        Assert.Equal("CN=Middle", seen.Sent.ToString());
        Assert.Equal(s_root.Public.NotAfter, seen.GetChain()[1].NotAfter);
        Assert.Equal(s_middle.Public.RawData, seen.GetSent()[0].ToX509Certificate2().RawData);
    }

    [Fact]
    public void Without_a_certificate_there_is_nothing_to_show()
    {
        PeerCheck check = new(new CertificateExpectation());
        check.Look([]);
        Assert.Null(check.Describe("here"));
        Assert.Equal(CertificateProblemKind.NotSent, Assert.Single(check.Problems).Kind);
    }
}
