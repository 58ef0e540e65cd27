using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>What is wrong with a certificate, and what to do about it.</summary>
public class CertificateProblemsTests
{
    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly CertificateAuthority s_middle = new("Middle", s_root);
    private static readonly CertificateAuthority s_other = new("Other");
    private static readonly X509Certificate2 s_good = s_middle.Issue("shop.example");
    private static readonly DateTimeOffset s_now = DateTimeOffset.UtcNow;

    [Fact]
    public void A_good_certificate_has_none() => Assert.Empty(Find([s_good, s_middle.Public]));

    [Theory]
    [InlineData(89, "it expires on ", ", in 89 days")]
    [InlineData(1, "it expires on ", ", in 1 day")]
    public void One_that_expires_soon_is_a_warning(int days, string start, string end)
    {
        X509Certificate2 leaf = s_middle.Issue("shop.example", to: s_now.AddDays(days).AddHours(1));
        CertificateProblem problem = Assert.Single(
            Find([leaf, s_middle.Public], expected => expected with { Soon = TimeSpan.FromDays(days + 1) }));
        AssertIs(problem, CertificateProblemKind.ExpiresSoon, start, end);
        Assert.True(problem.IsWarning);
        Assert.Equal(days, problem.Days);
        Assert.Empty(Find([leaf, s_middle.Public], expected => expected with { Soon = TimeSpan.FromDays(days) }));
    }

    [Fact]
    public void One_that_has_expired_says_when()
    {
        X509Certificate2 leaf = s_middle.Issue("shop.example", to: s_now.AddDays(-3).AddHours(-1));
        CertificateProblem problem = Assert.Single(Find([leaf, s_middle.Public]));
        AssertIs(problem, CertificateProblemKind.Expired, $"it expired on {leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}, 3 days ago");
        Assert.Equal(3, problem.Days);
    }

    [Fact]
    public void One_that_is_not_valid_yet_says_from_when()
    {
        X509Certificate2 leaf = s_middle.Issue("shop.example", from: s_now.AddDays(2));
        AssertIs(
            Assert.Single(Find([leaf, s_middle.Public])),
            CertificateProblemKind.NotYetValid,
            $"it is not valid before {leaf.NotBefore.ToUniversalTime():yyyy-MM-dd}");
    }

    [LinuxTheory]
    [InlineData("13", false)]
    [InlineData("13", true)]
    [InlineData("x!", false)]
    public void Dates_that_cannot_be_read_are_said_to_be_so(string month, bool ofEnd)
    {
        X509Certificate2 leaf = CertificateAuthority.WithMonth(s_good, month, ofEnd);
        Assert.Contains(
            Find([leaf, s_middle.Public]),
            problem => !problem.IsWarning && problem is
            {
                Kind: CertificateProblemKind.Invalid,
                Text: "it has dates that cannot be read",
                Subject: "CN=shop.example",
            });
    }

    [Fact]
    public void The_time_is_the_one_that_was_given()
        => Assert.All(
            Find([s_good, s_middle.Public], expected => expected with { Time = s_now.AddDays(500) }),
            problem => Assert.Equal(CertificateProblemKind.Expired, problem.Kind));

    [Theory]
    [InlineData("other.example")]
    [InlineData("sub.shop.example")]
    [InlineData("127.0.0.1")]
    [InlineData("no name at all")]
    public void One_for_other_names_says_which_it_has(string host)
        => AssertIs(
            Assert.Single(Find([s_good, s_middle.Public], expected => expected with { Host = host })),
            CertificateProblemKind.NameMismatch,
            $"it is for shop.example, not for {host}");

    [Fact]
    public void A_name_may_end_in_a_dot()
        => Assert.Empty(Find([s_good, s_middle.Public], expected => expected with { Host = "shop.example." }));

    [Fact]
    public void A_name_may_have_any_letters()
        => Assert.Empty(
            Find([s_middle.Issue("xn--bcher-kva.example"), s_middle.Public], expected => expected with { Host = "bücher.example" }));

    /// <summary>RFC 9525, section 6.3.</summary>
    [Fact]
    public void The_common_name_is_not_looked_at()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=shop.example", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 leaf = request.CreateSelfSigned(s_now.AddDays(-1), s_now.AddDays(100));

        AssertIs(
            Assert.Single(Find([leaf], expected => expected with { Trusted = [leaf] }), problem => !problem.IsWarning),
            CertificateProblemKind.NameMismatch,
            "it is for the subject CN=shop.example, not for shop.example");
    }

    [Fact]
    public void One_that_signed_itself_is_not_trusted_unless_it_is_given()
    {
        X509Certificate2 self = ServerCertificates.CreateForLocalhost();
        CertificateProblem problem = Assert.Single(Find([self], expected => expected with { Host = "localhost" }));
        AssertIs(problem, CertificateProblemKind.SelfSigned, "it is self-signed, and not one of -TrustedCertificate");
        Assert.Empty(Find([self], expected => expected with { Host = "127.0.0.1", Trusted = [self] }));
    }

    [Fact]
    public void A_root_that_is_not_trusted_is_named()
        => AssertIs(
            Assert.Single(Find([s_good, s_middle.Public, s_root.Public], expected => expected with { Trusted = [s_other.Public] })),
            CertificateProblemKind.UntrustedRoot,
            "its root, CN=Root, is not one of -TrustedCertificate");

    [Fact]
    public void A_missing_intermediate_is_named_and_may_be_given()
    {
        AssertIs(
            Assert.Single(Find([s_good])),
            CertificateProblemKind.IntermediateMissing,
            "the certificate of the issuer CN=Middle was not sent");
        CertificateProblem given = Assert.Single(Find([s_good], expected => expected with { Trusted = [s_root.Public, s_middle.Public] }));
        AssertIs(given, CertificateProblemKind.IntermediateMissing, "its issuer CN=Middle was not sent: it is known here");
        Assert.True(given.IsWarning);
    }

    [Fact]
    public void Whether_it_was_revoked_is_not_known_without_a_list()
    {
        CertificateProblem problem = Assert.Single(
            Find(
                [s_good, s_middle.Public],
                expected => expected with { ChecksRevocation = true, RevocationTimeout = TimeSpan.FromSeconds(1) }));
        AssertIs(problem, CertificateProblemKind.RevocationUnknown, "nobody could tell whether it was revoked");
        Assert.True(problem.IsWarning);
    }

    [Fact]
    public void The_text_of_a_problem_begins_with_its_kind()
        => Assert.Equal(
            "NameMismatch: it is for shop.example, not for x",
            Assert.Single(Find([s_good, s_middle.Public], expected => expected with { Host = "x" })).ToString());

    [Fact]
    public void One_for_another_use_says_what_it_is_for()
    {
        X509Certificate2 leaf = s_middle.Issue("shop.example", usage: CertificateAuthority.ForClients);
        AssertIs(Assert.Single(Find([leaf, s_middle.Public])), CertificateProblemKind.WrongUsage, "it is not for servers (it is for: ");
        Assert.Empty(Find([leaf, s_middle.Public], expected => expected with { IsClient = true, Host = null }));
    }

    [Fact]
    public void A_chain_in_the_wrong_order_is_a_warning()
    {
        CertificateProblem problem = Assert.Single(Find([s_good, s_root.Public, s_middle.Public]));
        AssertIs(problem, CertificateProblemKind.ChainOrder, "after CN=shop.example came CN=Root, which is not its issuer");
        Assert.True(problem.IsWarning);
    }

    [Fact]
    public void Weak_keys_and_signatures_are_warnings_unless_the_system_refuses_them()
    {
        using RSA weak = RSA.Create(1024);
        IReadOnlyList<CertificateProblem> problems = Find(
            [s_middle.Issue("shop.example", weak, hash: HashAlgorithmName.SHA256), s_middle.Public]);
        AssertIs(Assert.Single(problems), CertificateProblemKind.WeakKey, "it has a key of only 1024 bits (RSA)");
    }

    [Fact]
    public void No_certificate_at_all_is_one()
        => AssertIs(
            Assert.Single(Find([], expected => expected with { IsClient = true })),
            CertificateProblemKind.NotSent,
            "the client sent none");

    [Fact]
    public void Only_the_advice_that_fits_is_given()
    {
        CertificateExpectation expected = new() { Host = "other.example", Trusted = [s_root.Public] };
        string name = CertificateProblems.Advice(Find([s_good, s_middle.Public], _ => expected), expected);
        string trust = CertificateProblems.Advice(
            Find([ServerCertificates.CreateForLocalhost()], _ => expected with { Host = "localhost" }), expected);
        Assert.Equal("Give the name it was issued for with -TargetHost.", name);
        Assert.Equal("If it is one of yours, trust it with -TrustedCertificate.", trust);
    }

    private static void AssertIs(CertificateProblem problem, CertificateProblemKind kind, params string[] words)
    {
        Assert.Equal(kind, problem.Kind);
        Assert.All(words, word => Assert.Contains(word, problem.Text, StringComparison.Ordinal));
    }

    private static IReadOnlyList<CertificateProblem> Find(
        X509Certificate2[] sent, Func<CertificateExpectation, CertificateExpectation>? change = null)
    {
        CertificateExpectation expected = new() { Host = "shop.example", Trusted = [s_root.Public] };
        expected = change?.Invoke(expected) ?? expected;
        using X509Chain chain = new() { ChainPolicy = expected.ChainPolicy() };
        if (sent.Length > 0)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent);
            chain.Build(sent[0]);
        }

        return CertificateProblems.Find(sent, chain, expected);
    }
}
