using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>Looks at the certificate of the peer in one handshake, and remembers what it saw.</summary>
internal sealed class PeerCheck(CertificateExpectation expected)
{
    // No chain has so many; a list without end must not keep a check busy.
    private const int MostSent = 64;

    internal CertificateExpectation Expected => expected;

    /// <summary>Accept any certificate.</summary>
    internal bool AcceptsAny { get; init; }

    /// <summary>Accept a peer that sends none.</summary>
    internal bool AcceptsNone { get; init; }

    /// <summary>The certificate of the peer; null if it sent none.</summary>
    internal X509Certificate2? Certificate => Chain.Length > 0 ? Chain[0] : null;

    /// <summary>The chain that was built, from the peer's certificate on.</summary>
    internal X509Certificate2[] Chain { get; private set; } = [];

    /// <summary>What the peer sent, in this order.</summary>
    internal X509Certificate2[] Sent { get; private set; } = [];

    /// <summary>What is wrong with the certificate.</summary>
    internal IReadOnlyList<CertificateProblem> Problems { get; private set; } = [];

    /// <summary>Whether the certificate was the reason to end the handshake.</summary>
    internal bool HasRejected { get; private set; }

    /// <summary>What SslStream calls. The runtime judges; the words are ours.</summary>
    internal bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is X509Certificate2 leaf && chain is not null)
        {
            // SslStream disposes of its certificates.
            Sent = Array.ConvertAll(SentWith(leaf, chain), Copy);
            Look(chain);
        }
        else
        {
            Look([]);
        }

        bool isAccepted = AcceptsAny || errors == SslPolicyErrors.None || (AcceptsNone && Chain.Length == 0);
        HasRejected = !isAccepted;
        return isAccepted;
    }

    /// <summary>Looks at certificates that did not come through SslStream. It is slow.</summary>
    /// <param name="sent">What the peer sent, in this order.</param>
    /// <param name="own">Its own certificate; null if that is the first.</param>
    internal void Look(X509Certificate2[] sent, X509Certificate2? own = null)
    {
        Sent = sent;
        using X509Chain chain = new() { ChainPolicy = expected.ChainPolicy() };
        if (sent.Length > 0)
        {
            chain.ChainPolicy.ExtraStore.AddRange(sent);
            chain.Build(own ?? sent[0]);
        }

        Look(chain);
    }

    /// <summary>The certificate in a form to show; null if the peer sent none.</summary>
    /// <param name="source">Where it was seen.</param>
    internal CertificateInfo? Describe(string? source) => Certificate is null ? null : new(Certificate, expected.Time)
    {
        Source = source,
        Problems = new(Problems),
        Issuers = [.. Chain.Skip(1).Select(issuer => new CertificateInfo(issuer, expected.Time))],
        Others = [.. Sent.Where(other => !CertificateFacts.IsSame(other, Certificate))
            .Select(other => new CertificateInfo(other, expected.Time))],
    };

    /// <summary>What makes the certificate unacceptable, in words.</summary>
    internal string Complaint
    {
        get
        {
            string words = string.Join("; ", Grave.Select(problem => problem.Text));
            return words.Length > 0 ? words : "the system does not say why";
        }
    }

    /// <summary>What to do about it.</summary>
    internal string Advice => CertificateProblems.Advice(Grave, expected);

    private IEnumerable<CertificateProblem> Grave => Problems.Where(problem => !problem.IsWarning);

    private void Look(X509Chain chain)
    {
        Chain = chain.ChainElements.Count > 0
            ? [.. chain.ChainElements.Select(element => Copy(element.Certificate))]
            : Sent[..Math.Min(Sent.Length, 1)];
        Problems = CertificateProblems.Find(Sent, chain, expected);
    }

    private X509Certificate2[] SentWith(X509Certificate2 leaf, X509Chain chain)
    {
        // SslStream adds what the peer sent, on some systems with the leaf, to the intermediates that the policy had: before or
        // after them.
        X509Certificate2[] all = [.. chain.ChainPolicy.ExtraStore];
        X509Certificate2[] known = [.. expected.Trusted?.Where(trusted => !CertificateFacts.IsSelfIssued(trusted)) ?? []];
        bool isAfter = all.Length >= known.Length && known.Zip(all).All(pair => CertificateFacts.IsSame(pair.First, pair.Second));
        IEnumerable<X509Certificate2> sent = isAfter ? all.Skip(known.Length) : all.SkipLast(known.Length);
        return [leaf, .. sent.Take(MostSent).Where(other => !CertificateFacts.IsSame(other, leaf))];
    }

    private static X509Certificate2 Copy(X509Certificate2 certificate) => new(certificate.RawDataMemory.Span);
}
