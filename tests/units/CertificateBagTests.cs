using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Tests;

/// <summary>What a certificate file may hold, and what the errors about it say.</summary>
public sealed class CertificateBagTests : IDisposable
{
    private const string Password = "a b ü";

    private static readonly CertificateAuthority s_root = new("Root");
    private static readonly CertificateAuthority s_middle = new("Middle", s_root);
    private static readonly X509Certificate2 s_leaf = s_middle.Issue("shop.example");
    private static readonly X509Certificate2 s_rsaLeaf = s_middle.Issue("rsa.example", RSA.Create(2048));
    private static readonly PbeParameters s_encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public static TheoryData<string, string?> Keys => new()
    {
        { s_leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), null },
        { s_leaf.GetECDsaPrivateKey()!.ExportECPrivateKeyPem(), null },
        { s_leaf.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(Password, s_encryption), Password },
    };

    public static TheoryData<string, string?> RsaKeys => new()
    {
        { s_rsaLeaf.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem(), null },
        { s_rsaLeaf.GetRSAPrivateKey()!.ExportRSAPrivateKeyPem(), null },
        { s_rsaLeaf.GetRSAPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(Password, s_encryption), Password },
    };

    private static string Key => s_leaf.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Keys))]
    public void A_key_may_have_any_usual_form(string key, string? password)
        => AssertSends(Open(password, Write(s_leaf.ExportCertificatePem(), key)), s_leaf);

    [Theory]
    [MemberData(nameof(RsaKeys))]
    public void So_may_a_key_of_RSA(string key, string? password)
        => AssertSends(Open(password, Write(key, s_rsaLeaf.ExportCertificatePem())), s_rsaLeaf);

    [Fact]
    public void The_leaf_may_stand_anywhere_and_the_intermediates_are_sent_but_not_the_root()
    {
        string[] parts =
            [s_root.Public.ExportCertificatePem(), Key, s_middle.Public.ExportCertificatePem(), s_leaf.ExportCertificatePem()];
        AssertSends(Open(null, Write(parts)), s_leaf, s_middle.Public);
        AssertSends(Open(null, Write([.. Enumerable.Reverse(parts)])), s_leaf, s_middle.Public);
    }

    [Fact]
    public void Certificates_and_key_may_be_in_files_of_their_own()
    {
        string chain = Write("Certificate of the shop:", s_leaf.ExportCertificatePem(), s_middle.Public.ExportCertificatePem());
        AssertSends(Open(null, chain, Write(Key)), s_leaf, s_middle.Public);
    }

    [Theory]
    [InlineData("")]
    [InlineData(Password)]
    public void A_PFX_file_has_all_that_is_needed(string password)
    {
        X509Certificate2Collection all = [s_root.Public, s_leaf, s_middle.Public];
        string path = WriteBytes(all.Export(X509ContentType.Pfx, password)!);
        AssertSends(Open(password, path), s_leaf, s_middle.Public);
    }

    [Theory]
    [InlineData("PKCS7")]
    [InlineData("CMS")]
    [InlineData(null)]
    public void PKCS_7_has_the_certificates(string? label)
    {
        X509Certificate2Collection all = [s_middle.Public, s_leaf];
        byte[] bytes = all.Export(X509ContentType.Pkcs7)!;
        string path = label is null ? WriteBytes(bytes) : Write(PemEncoding.WriteString(label, bytes));
        AssertSends(Open(null, path, Write(Key)), s_leaf, s_middle.Public);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-8")]
    public void PEM_may_be_in_any_Unicode_with_its_mark(string name)
    {
        System.Text.Encoding encoding = System.Text.Encoding.GetEncoding(name);
        string path = WriteBytes([.. encoding.GetPreamble(), .. encoding.GetBytes($"{s_leaf.ExportCertificatePem()}\n{Key}")]);
        AssertSends(Open(null, path), s_leaf);
    }

    [Fact]
    public void Of_several_certificates_with_keys_the_one_that_issued_no_other_is_presented()
    {
        CertificateBag bag = new();
        bag.Add(s_middle.Certificate);
        bag.Add(s_leaf);
        AssertSends(bag.ToContext("-Certificate"), s_leaf, s_middle.Public);
    }

    [Fact]
    public void Certificates_that_issued_each_other_all_count()
    {
        X509Certificate2 one = new CertificateAuthority("One", new CertificateAuthority("Other")).Public;
        X509Certificate2 other = new CertificateAuthority("Other", new CertificateAuthority("One")).Public;
        CertificateBag bag = new();
        bag.Add(one);
        bag.Add(other);

        Assert.Equal([one, other], bag.Chains().Select(chain => chain.Own));
    }

    [Fact]
    public void A_file_without_a_key_is_an_error_that_says_so()
    {
        string path = WriteBytes(s_leaf.RawData);
        AssertFault(FaultKind.CertificateKeyMissing, () => Open(null, path), path, "no private key", "-Certificate cert.pem, key.pem");
    }

    [Fact]
    public void A_key_of_another_certificate_is_an_error_that_says_so()
    {
        string path = Write(s_leaf.ExportCertificatePem(), s_rsaLeaf.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        AssertFault(FaultKind.CertificateKeyMismatch, () => Open(null, path), path, "does not belong to the certificate CN=shop.example");
    }

    [Fact]
    public void A_key_alone_is_an_error_that_says_so()
        => AssertFault(FaultKind.CertificateUnreadable, () => Open(null, Write(Key)), "a private key but no certificate");

    [Theory]
    [InlineData(null, "is protected by a password. Give it with -CertificatePassword.")]
    [InlineData("wrong", "The password does not open")]
    public void A_password_is_asked_for_and_a_wrong_one_is_not_taken(string? password, string words)
    {
        string pem = Write(
            s_leaf.ExportCertificatePem(), s_leaf.GetECDsaPrivateKey()!.ExportEncryptedPkcs8PrivateKeyPem(Password, s_encryption));
        string pfx = WriteBytes(s_leaf.Export(X509ContentType.Pfx, Password));
        AssertFault(FaultKind.CertificatePasswordWrong, () => Open(password, pem), pem, words);
        AssertFault(FaultKind.CertificatePasswordWrong, () => Open(password, pfx), pfx, words);
    }

    [Fact]
    public void A_password_is_for_those_files_that_need_one()
    {
        CertificateBag bag = new();
        bag.AddFile(WriteBytes(s_leaf.Export(X509ContentType.Pfx, Password)), Password);
        bag.AddFile(WriteBytes(s_middle.Public.Export(X509ContentType.Pfx, password: (string?)null)), Password);
        AssertSends(bag.ToContext("-Certificate"), s_leaf, s_middle.Public);
    }

    [Theory]
    [InlineData("nothing of the kind", "holds no certificate")]
    [InlineData("", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate")]
    [InlineData("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n", "holds no certificate")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "of a kind that cannot be used")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
        + "AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n", "openssl pkcs8 -topk8")]
    public void A_file_of_something_else_is_an_error_that_says_so(string text, string words)
    {
        string path = Write(text);
        AssertFault(FaultKind.CertificateUnreadable, () => Open(null, path), path, words);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_that_says_so()
        => AssertFault(FaultKind.PathNotFound, () => Open(null, Path.Combine(_folder.FullName, "none.pem")), "none.pem' is not there");

    private static void AssertSends(SslStreamCertificateContext context, X509Certificate2 leaf, params X509Certificate2[] intermediates)
    {
        Assert.Equal(leaf.Thumbprint, context.TargetCertificate.Thumbprint);
        Assert.True(context.TargetCertificate.HasPrivateKey);
        Assert.Equal(intermediates.Select(one => one.Thumbprint), context.IntermediateCertificates.Select(one => one.Thumbprint));
    }

    private static void AssertFault(FaultKind kind, Action action, params string[] words)
    {
        NetLabException fault = Assert.Throws<NetLabException>(action);
        Assert.Equal(kind, fault.Kind);
        Assert.All(words, word => Assert.Contains(word, fault.Message, StringComparison.Ordinal));
    }

    private static SslStreamCertificateContext Open(string? password, params string[] paths)
    {
        CertificateBag bag = new();
        Array.ForEach(paths, path => bag.AddFile(path, password));
        return bag.ToContext("-Certificate");
    }

    private string Write(params string[] parts) => WriteBytes(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', parts)));

    private string WriteBytes(byte[] bytes)
    {
        string path = Path.Combine(_folder.FullName, Path.GetRandomFileName());
        File.WriteAllBytes(path, bytes);
        return path;
    }
}
