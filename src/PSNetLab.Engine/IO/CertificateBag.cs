using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>Certificates and private keys from files and objects, in whatever order they come.</summary>
internal sealed class CertificateBag
{
    private const string OpenSslEncryption = "Proc-Type: 4,ENCRYPTED";

    // ERROR_INVALID_PASSWORD, which the runtime sets on every system.
    private const int InvalidPassword = unchecked((int)0x80070056);

    // All roots of the world in one file are less than one.
    private const int MostFileBytes = 64 * 1024 * 1024;

    private readonly List<AsymmetricAlgorithm> _keys = [];
    private readonly List<string> _origins = [];
    private bool _isOrdered;

    /// <summary>Whether only certificates are wanted, so that an encrypted key needs no password.</summary>
    internal bool SkipsKeys { get; init; }

    /// <summary>All certificates, in the order in which they came.</summary>
    internal X509Certificate2Collection Certificates { get; } = [];

    private string Origin => string.Join(", ", _origins);

    internal void Add(X509Certificate2 certificate)
    {
        _origins.Add($"the certificate {certificate.Subject}");
        Certificates.Add(certificate);
    }

    /// <summary>Adds what a file holds: PFX, PEM with any number of certificates and keys, DER, or PKCS#7.</summary>
    /// <exception cref="NetLabException">The file cannot be read, or its password is wrong.</exception>
    internal CertificateBag AddFile(string path, string? password)
    {
        _origins.Add($"'{path}'");
        byte[] bytes = Read(path);
        string text = Text(bytes);
        if (text.Contains("-----BEGIN ", StringComparison.Ordinal))
        {
            AddPem(path, text, password);
        }
        else
        {
            AddBinary(path, bytes, password);
        }

        return this;
    }

    /// <summary>
    /// The certificate that has a private key, with the others that lead to its issuer. It may stand anywhere; of several,
    /// it is the one that issued no other.
    /// </summary>
    /// <param name="parameter">The parameter that names the certificate, for errors.</param>
    /// <param name="trust">The issuers that a server tells its clients to choose a certificate from, if any.</param>
    /// <exception cref="NetLabException">There is no certificate with its key.</exception>
    internal SslStreamCertificateContext ToContext(string parameter, SslCertificateTrust? trust = null)
    {
        X509Certificate2[] own = [.. WithKeys()];
        X509Certificate2 leaf = own.FirstOrDefault(one => !Array.Exists(own, other => IsIssuer(one, of: other)))
            ?? own.FirstOrDefault()
            ?? throw NoKey(parameter);
        X509Certificate2Collection others = [.. Certificates.Where(
            other => !other.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span))];
        return SslStreamCertificateContext.Create(ServerCertificates.Usable(leaf), others, offline: true, trust);
    }

    /// <summary>
    /// The certificates that issued no other, each with what belongs to it. A file of one such certificate belongs to it as a whole, and
    /// in PEM its order is that in which servers send it. If they all issued each other, as cross-certificates do, they all count.
    /// </summary>
    internal IEnumerable<(X509Certificate2 Own, X509Certificate2[] Sent)> Chains()
    {
        List<X509Certificate2> all = [];
        foreach (X509Certificate2 one in Certificates.Where(one => !all.Exists(other => CertificateFacts.IsSame(one, other))))
        {
            all.Add(one);
        }

        X509Certificate2[] own = [.. all.Where(one => !all.Exists(
            other => !CertificateFacts.IsSelfIssued(other) && IsIssuer(one, of: other)))];
        own = own.Length > 0 ? own : [.. all];
        foreach (X509Certificate2 leaf in own)
        {
            X509Certificate2[] line = [.. Line(leaf, all)];
            yield return (leaf, own.Length > 1 ? line : _isOrdered ? [.. all] : [.. line, .. all.Except(line)]);
        }
    }

    /// <summary>A certificate, its issuer, the issuer of that, and so on.</summary>
    private static IEnumerable<X509Certificate2> Line(X509Certificate2 leaf, List<X509Certificate2> all)
    {
        HashSet<X509Certificate2> seen = new(ReferenceEqualityComparer.Instance);
        for (X509Certificate2? one = leaf; one is not null && seen.Add(one); one = all.Find(other => IsIssuer(other, of: one)))
        {
            yield return one;
        }
    }

    private static bool IsIssuer(X509Certificate2 one, X509Certificate2 of)
        => !ReferenceEquals(one, of) && CertificateFacts.IsIssuer(one, of);

    /// <summary>Reads a file, which may be one without an end.</summary>
    private static byte[] ReadAll(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        using MemoryStream all = new();
        byte[] piece = new byte[64 * 1024];
        for (int count; (count = file.Read(piece)) > 0;)
        {
            all.Write(piece, 0, count);
            if (all.Length > MostFileBytes)
            {
                throw Unreadable(path, $"is larger than {MostFileBytes / (1024 * 1024)} MiB, and so no certificate. Check the path.");
            }
        }

        return all.ToArray();
    }

    private static byte[] Read(string path)
    {
        try
        {
            return ReadAll(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetLabException(
                FaultKind.PathNotFound, $"The certificate file '{path}' is not there. Check the path.", error) { Subject = path };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NetLabException(
                FaultKind.FileUnreadable,
                $"'{path}' cannot be read: {error.Message} Give the path of a certificate file that you may read.",
                error) { Subject = path };
        }
    }

    /// <summary>PEM as editors on Windows write it begins with the mark of UTF-16 or UTF-8; nothing binary begins so.</summary>
    private static string Text(byte[] bytes)
    {
        using StreamReader reader = new(new MemoryStream(bytes), System.Text.Encoding.Latin1, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd();
    }

    private void AddPem(string path, string text, string? password)
    {
        _isOrdered = true;
        int before = Certificates.Count + _keys.Count;
        ReadOnlySpan<char> rest = text;
        while (PemEncoding.TryFind(rest, out PemFields found))
        {
            ReadOnlySpan<char> block = rest[found.Location];
            switch (rest[found.Label])
            {
                case "CERTIFICATE" or "X509 CERTIFICATE" or "PKCS7" or "CMS":
                    AddBinary(path, Convert.FromBase64String(rest[found.Base64Data].ToString()), password: null);
                    break;
                case var _ when SkipsKeys:
                    break;
                case "PRIVATE KEY" or "RSA PRIVATE KEY" or "EC PRIVATE KEY":
                    _keys.Add(ReadKey(block, (key, pem) => key.ImportFromPem(pem)) ?? throw Unreadable(
                        path, "has a private key of a kind that cannot be used for TLS here. Use an RSA or ECDSA key."));
                    break;
                case "ENCRYPTED PRIVATE KEY":
                    string given = password ?? throw NoPassword(path);
                    _keys.Add(ReadKey(block, (key, pem) => key.ImportFromEncryptedPem(pem, given)) ?? throw WrongPassword(path));
                    break;
            }

            rest = rest[found.Location.End..];
        }

        if (!SkipsKeys && text.Contains(OpenSslEncryption, StringComparison.Ordinal))
        {
            throw Unreadable(
                path,
                "has a key in OpenSSL's old encrypted form. Convert the key with: openssl pkcs8 -topk8 -in <old file> -out <new file>");
        }

        if (Certificates.Count + _keys.Count == before)
        {
            throw NoCertificate(path);
        }
    }

    private delegate void KeyImport(AsymmetricAlgorithm key, ReadOnlySpan<char> pem);

    /// <summary>The key, whatever its algorithm; null if it cannot be read.</summary>
    private static AsymmetricAlgorithm? ReadKey(ReadOnlySpan<char> pem, KeyImport import)
    {
        foreach (AsymmetricAlgorithm key in new AsymmetricAlgorithm[] { RSA.Create(), ECDsa.Create() })
        {
            try
            {
                import(key, pem);
                return key;
            }
            catch (Exception error) when (error is CryptographicException or ArgumentException)
            {
                key.Dispose();
            }
        }

        return null;
    }

    private void AddBinary(string path, byte[] bytes, string? password)
    {
        try
        {
            Certificates.Import(bytes, password, X509KeyStorageFlags.DefaultKeySet);
        }
        catch (CryptographicException error) when (error.HResult == InvalidPassword)
        {
            if (string.IsNullOrEmpty(password))
            {
                throw NoPassword(path, error);
            }

            AddUnprotected(path, bytes, error);
        }
        catch (CryptographicException error)
        {
            throw NoCertificate(path, error);
        }
    }

    /// <summary>Adds a file for which the password is wrong, because it is that of another file and this one has none.</summary>
    private void AddUnprotected(string path, byte[] bytes, Exception wrongPassword)
    {
        try
        {
            Certificates.Import(bytes, password: null, X509KeyStorageFlags.DefaultKeySet);
        }
        catch (CryptographicException)
        {
            throw WrongPassword(path, wrongPassword);
        }
    }

    /// <summary>The certificates that came with their key, and those whose key came apart from them.</summary>
    private IEnumerable<X509Certificate2> WithKeys()
    {
        foreach (X509Certificate2 certificate in Certificates)
        {
            if (certificate.HasPrivateKey)
            {
                yield return certificate;
                continue;
            }

            byte[] wanted = certificate.PublicKey.ExportSubjectPublicKeyInfo();
            if (_keys.Find(key => key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(wanted)) is { } match)
            {
                yield return match is RSA rsa ? certificate.CopyWithPrivateKey(rsa) : certificate.CopyWithPrivateKey((ECDsa)match);
            }
        }
    }

    private NetLabException NoKey(string parameter)
    {
        string files = $"Give both, for example {parameter} cert.pem, key.pem, or a PFX file.";
        return (Certificates.Count, _keys.Count) switch
        {
            (0, _) => new(FaultKind.CertificateUnreadable, $"{Origin} has a private key but no certificate. {files}") { Subject = Origin },
            (_, 0) => new(
                FaultKind.CertificateKeyMissing,
                $"{Origin} has no private key, without which nobody can prove that the certificate is theirs. "
                    + files) { Subject = Origin },
            _ => new(
                FaultKind.CertificateKeyMismatch,
                $"The private key in {Origin} does not belong to the certificate {Certificates[0].Subject}. "
                    + "Give the key that the certificate was requested with.") { Subject = Origin },
        };
    }

    private static NetLabException Unreadable(string path, string what, Exception? error = null)
        => new(FaultKind.CertificateUnreadable, $"'{path}' {what}", error) { Subject = path };

    private static NetLabException NoCertificate(string path, Exception? error = null)
        => Unreadable(path, "holds no certificate that can be read. Use a PFX file, or a PEM or DER file.", error);

    private static NetLabException NoPassword(string path, Exception? error = null)
        => new(
            FaultKind.CertificatePasswordWrong,
            $"'{path}' is protected by a password. Give it with -CertificatePassword.",
            error) { Subject = path };

    private static NetLabException WrongPassword(string path, Exception? error = null)
        => new(
            FaultKind.CertificatePasswordWrong,
            $"The password does not open '{path}'. Check -CertificatePassword.",
            error) { Subject = path };
}
