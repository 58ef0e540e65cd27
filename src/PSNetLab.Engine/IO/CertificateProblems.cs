using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.IO;

/// <summary>Finds out what is wrong with the certificate of a peer and its chain, and says it in words.</summary>
internal static class CertificateProblems
{
    private const int MostNames = 5;
    private const int FewestRsaBits = 2048;
    private const int FewestCurveBits = 224;

    private const X509ChainStatusFlags NotKnown = X509ChainStatusFlags.RevocationStatusUnknown | X509ChainStatusFlags.OfflineRevocation;

    // PartialChain, UntrustedRoot and the times are looked at by themselves, and usually nobody is asked about revocation.
    private const X509ChainStatusFlags Elsewhere = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot
        | X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NotTimeNested | NotKnown;

    /// <summary>The problems of a peer's certificate, those that make it unacceptable first.</summary>
    /// <param name="sent">What the peer sent, in this order.</param>
    /// <param name="chain">The chain that was built from its own certificate with
    /// <see cref="CertificateExpectation.ChainPolicy"/>.</param>
    /// <param name="expected">What the certificate is measured by.</param>
    internal static IReadOnlyList<CertificateProblem> Find(
        IReadOnlyList<X509Certificate2> sent, X509Chain chain, CertificateExpectation expected)
    {
        LoopThread.AssertLeft("Looking at a certificate");
        if (sent.Count == 0)
        {
            return [new(CertificateProblemKind.NotSent, $"the {expected.Peer} sent none", string.Empty)];
        }

        X509Certificate2[] path = chain.ChainElements.Count > 0
            ? [.. chain.ChainElements.Select(element => element.Certificate)]
            : [sent[0]];
        X509Certificate2 leaf = path[0];
        IEnumerable<CertificateProblem> problems =
        [
            .. Times(path, expected),
            .. Name(leaf, expected),
            .. Trust(path, chain, expected),
            .. Missing(sent, path),
            .. Rules(leaf, chain, expected),
            .. Order(sent),
            .. Strength(path),
        ];
        return [.. problems.OrderBy(problem => problem.IsWarning)];
    }

    /// <summary>What to do about the problems, as sentences.</summary>
    internal static string Advice(IEnumerable<CertificateProblem> problems, CertificateExpectation expected)
    {
        IEnumerable<string?> advice = problems.Select(problem => problem.Kind switch
        {
            CertificateProblemKind.Expired => $"The {expected.Peer} needs a new certificate.",
            CertificateProblemKind.NotYetValid => "Check the clocks of both sides.",
            CertificateProblemKind.NameMismatch => "Give the name it was issued for with -TargetHost.",
            CertificateProblemKind.SelfSigned => "If it is one of yours, trust it with -TrustedCertificate.",
            CertificateProblemKind.UntrustedRoot => "If that root is one of yours, trust it with -TrustedCertificate.",
            CertificateProblemKind.IntermediateMissing when expected.Trusted is not null
                => $"Add the missing certificate to -TrustedCertificate, or let the {expected.Peer} send it.",
            CertificateProblemKind.IntermediateMissing
                => "If that issuer is one of yours, trust it with -TrustedCertificate; "
                    + $"if it is an intermediate, the {expected.Peer} must send its certificate.",
            CertificateProblemKind.OldProtocol or CertificateProblemKind.NoModernProtocol
                => "Configure the server for TLS 1.2 and TLS 1.3 only.",
            CertificateProblemKind.WrongUsage => $"The {expected.Peer} needs a certificate for {expected.Peer}s.",
            _ => null,
        });
        return string.Join(' ', advice.OfType<string>().Distinct());
    }

    private static IEnumerable<CertificateProblem> Times(X509Certificate2[] path, CertificateExpectation expected)
    {
        DateTime now = expected.Time.UtcDateTime;
        foreach (X509Certificate2 certificate in path)
        {
            string who = Who(certificate, path);
            (DateTime? begins, DateTime? ends) = CertificateFacts.Validity(certificate);
            if (begins?.ToUniversalTime() is not { } from || ends?.ToUniversalTime() is not { } to)
            {
                yield return new(CertificateProblemKind.Invalid, $"{who} has dates that cannot be read", certificate.Subject);
            }
            else if (now > to)
            {
                int days = (int)(now - to).TotalDays;
                yield return new(
                    CertificateProblemKind.Expired, $"{who} expired on {Day(to)}, {Days(days)} ago", certificate.Subject, days);
            }
            else if (now < from)
            {
                yield return new(
                    CertificateProblemKind.NotYetValid,
                    $"{who} is not valid before {Day(from)}",
                    certificate.Subject,
                    (int)(from - now).TotalDays);
            }
            else if (to - now < expected.Soon)
            {
                int days = (int)(to - now).TotalDays;
                yield return new(
                    CertificateProblemKind.ExpiresSoon,
                    $"{who} expires on {Day(to)}, in {Days(days)}",
                    certificate.Subject,
                    days,
                    isWarning: true);
            }
        }
    }

    private static IEnumerable<CertificateProblem> Name(X509Certificate2 leaf, CertificateExpectation expected)
    {
        if (expected.Host is { Length: > 0 } host && !Matches(leaf, host))
        {
            yield return new(CertificateProblemKind.NameMismatch, $"it is for {Names(leaf)}, not for {host}", leaf.Subject);
        }
    }

    private static bool Matches(X509Certificate2 leaf, string host)
    {
        try
        {
            // A scope belongs to this machine, and is in no certificate.
            string name = Addresses.TryParse(host, out IPAddress address)
                ? new IPAddress(address.GetAddressBytes()).ToString()
                : HostNames.ToAscii(host.TrimEnd('.'));

            // Clients no longer look at the common name (RFC 9525, section 6.3).
            return leaf.MatchesHostname(name, allowWildcards: true, allowCommonName: false);
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            return false; // the name is none, or the names in the certificate cannot be read
        }
    }

    /// <summary>The names that a certificate was issued for, in words.</summary>
    private static string Names(X509Certificate2 leaf)
    {
        string[] names = CertificateFacts.Names(leaf);
        return names.Length == 0 ? $"the subject {leaf.Subject}"
            : string.Join(", ", names.Take(MostNames))
                + (names.Length > MostNames ? $" and {names.Length - MostNames} more" : string.Empty);
    }

    private static IEnumerable<CertificateProblem> Trust(X509Certificate2[] path, X509Chain chain, CertificateExpectation expected)
    {
        X509ChainStatusFlags all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (sum, status) => sum | status.Status);
        X509Certificate2 last = path[^1];
        string here = expected.Trusted is null ? "not trusted here" : "not one of -TrustedCertificate";
        if (all.HasFlag(X509ChainStatusFlags.UntrustedRoot)
            || (all.HasFlag(X509ChainStatusFlags.PartialChain) && CertificateFacts.IsSelfIssued(last)))
        {
            yield return path.Length == 1
                ? new(CertificateProblemKind.SelfSigned, $"it is self-signed, and {here}", last.Subject)
                : new(CertificateProblemKind.UntrustedRoot, $"its root, {last.Subject}, is {here}", last.Subject);
        }
        else if (all.HasFlag(X509ChainStatusFlags.PartialChain))
        {
            yield return new(
                CertificateProblemKind.IntermediateMissing,
                $"its chain is incomplete: the certificate of the issuer {last.Issuer} was not sent, and it is {here}",
                last.Subject);
        }
    }

    /// <summary>An issuer that this machine happens to know: others may not, and cannot build the chain.</summary>
    private static IEnumerable<CertificateProblem> Missing(IReadOnlyList<X509Certificate2> sent, X509Certificate2[] path)
        => path.Skip(1)
            .Where(issuer => !CertificateFacts.IsSelfIssued(issuer) && !sent.Any(one => CertificateFacts.IsSame(one, issuer)))
            .Select(issuer => new CertificateProblem(
                CertificateProblemKind.IntermediateMissing,
                $"the certificate of its issuer {issuer.Subject} was not sent: it is known here, but others may miss it",
                issuer.Subject,
                isWarning: true));

    /// <summary>What the builder of the chain objects to beyond times and trust.</summary>
    private static IEnumerable<CertificateProblem> Rules(X509Certificate2 leaf, X509Chain chain, CertificateExpectation expected)
    {
        X509ChainStatusFlags seen = expected.ChecksRevocation ? Elsewhere & ~NotKnown : Elsewhere;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            foreach (X509ChainStatus status in element.ChainElementStatus.Where(status => !seen.HasFlag(status.Status)))
            {
                seen |= (status.Status & NotKnown) == 0 ? status.Status : NotKnown;
                string subject = element.Certificate.Subject;
                string who = CertificateFacts.IsSame(element.Certificate, leaf) ? "it" : subject;
                yield return status.Status switch
                {
                    X509ChainStatusFlags.NotValidForUsage => new(
                        CertificateProblemKind.WrongUsage, $"{who} is not for {expected.Peer}s{Usages(element.Certificate)}", subject),
                    X509ChainStatusFlags.NotSignatureValid => new(
                        CertificateProblemKind.BadSignature, $"{who} does not have the signature of its issuer", subject),
                    X509ChainStatusFlags.Revoked => new(CertificateProblemKind.Revoked, $"{who} was revoked", subject),
                    X509ChainStatusFlags.RevocationStatusUnknown or X509ChainStatusFlags.OfflineRevocation => new(
                        CertificateProblemKind.RevocationUnknown,
                        $"nobody could tell whether {who} was revoked: there is no list or responder, or it does not answer",
                        subject,
                        isWarning: true),
                    X509ChainStatusFlags.HasWeakSignature => new(
                        CertificateProblemKind.WeakSignature,
                        $"{who} is signed with {CertificateFacts.Signature(element.Certificate)}, which can be broken",
                        subject),
                    X509ChainStatusFlags.InvalidBasicConstraints => new(
                        CertificateProblemKind.Invalid, $"{who} stands among its issuers, but may not issue certificates", subject),
                    _ => new(CertificateProblemKind.Invalid, $"{who} breaks a rule of its chain ({status.Status})", subject),
                };
            }
        }
    }

    private static string Usages(X509Certificate2 certificate)
    {
        string[] usages = CertificateFacts.Usages(certificate);
        return usages.Length == 0 ? string.Empty : $" (it is for: {string.Join(", ", usages)})";
    }

    /// <summary>Each certificate that is sent must certify the one before it (RFC 5246, section 7.4.2).</summary>
    private static IEnumerable<CertificateProblem> Order(IReadOnlyList<X509Certificate2> sent)
    {
        for (int i = 1; i < sent.Count; i++)
        {
            if (!CertificateFacts.IsIssuer(sent[i], of: sent[i - 1]))
            {
                yield return new(
                    CertificateProblemKind.ChainOrder,
                    $"the certificates were sent in the wrong order: after {sent[i - 1].Subject} came {sent[i].Subject}, "
                        + "which is not its issuer",
                    sent[i].Subject,
                    isWarning: true);
                yield break;
            }
        }
    }

    private static IEnumerable<CertificateProblem> Strength(X509Certificate2[] path)
    {
        foreach (X509Certificate2 certificate in path)
        {
            string who = Who(certificate, path);
            (string kind, int? bits) = CertificateFacts.Key(certificate);
            if (bits < (kind == "ECDSA" ? FewestCurveBits : FewestRsaBits))
            {
                yield return new(
                    CertificateProblemKind.WeakKey,
                    $"{who} has a key of only {bits} bits ({kind})",
                    certificate.Subject,
                    isWarning: true);
            }

            // Nobody relies on the signature of a root.
            string algorithm = CertificateFacts.Signature(certificate);
            if (!CertificateFacts.IsSelfIssued(certificate)
                && (algorithm.Contains("sha1", StringComparison.OrdinalIgnoreCase)
                    || algorithm.Contains("md5", StringComparison.OrdinalIgnoreCase)))
            {
                yield return new(
                    CertificateProblemKind.WeakSignature,
                    $"{who} is signed with {algorithm}, which can be broken",
                    certificate.Subject,
                    isWarning: true);
            }
        }
    }

    private static string Who(X509Certificate2 certificate, X509Certificate2[] path)
        => ReferenceEquals(certificate, path[0]) ? "it" : $"its issuer, {certificate.Subject},";

    private static string Day(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Days(int days) => days == 1 ? "1 day" : $"{days} days";
}
