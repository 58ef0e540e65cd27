using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>Looks at the certificate of the peer in one handshake, and remembers what it saw.</summary>
internal sealed class PeerCheck(CertificateExpectation expected)
{
    internal CertificateExpectation Expected => expected;

    /// <summary>Accept any certificate.</summary>
    internal bool AcceptsAny { get; init; }

    /// <summary>Accept a peer that sends none.</summary>
    internal bool AcceptsNone { get; init; }

    /// <summary>The certificate of the peer; null if it sent none.</summary>
    internal X509Certificate2? Certificate => Chain.Length > 0 ? Chain[0] : null;

    /// <summary>The chain that was built, from the peer's certificate on.</summary>
    internal X509Certificate2[] Chain { get; private set; } = [];

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
            Chain = chain.ChainElements.Count > 0 ? [.. chain.ChainElements.Select(element => Copy(element.Certificate))] : [Copy(leaf)];
            Problems = CertificateProblems.Find(Sent(leaf, chain), chain, expected);
        }
        else
        {
            using X509Chain none = new();
            Problems = CertificateProblems.Find([], none, expected);
        }

        bool isAccepted = AcceptsAny || errors == SslPolicyErrors.None || (AcceptsNone && Chain.Length == 0);
        HasRejected = !isAccepted;
        return isAccepted;
    }

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

    private X509Certificate2[] Sent(X509Certificate2 leaf, X509Chain chain)
    {
        // SslStream puts what the peer sent before what the policy had, on some systems with the leaf.
        IEnumerable<X509Certificate2> others = chain.ChainPolicy.ExtraStore
            .Where(other => !IsSame(other, leaf) && expected.Trusted?.Any(trusted => IsSame(trusted, other)) != true);
        return [leaf, .. others];
    }

    private static bool IsSame(X509Certificate2 one, X509Certificate2 other) => one.RawDataMemory.Span.SequenceEqual(other.RawDataMemory.Span);

    private static X509Certificate2 Copy(X509Certificate2 certificate) => new(certificate.RawDataMemory.Span);
}
