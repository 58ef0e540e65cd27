using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>One thing that is wrong with a certificate, its chain, or the TLS it is used for.</summary>
public sealed class CertificateProblem
{
    private readonly int? _days;

    internal CertificateProblem(CertificateProblemKind kind, string text, string subject, int? days = null, bool isWarning = false)
    {
        Kind = kind;
        Text = PeerText.Visible(text);
        Subject = PeerText.Visible(subject);
        _days = days;
        IsWarning = isWarning;
    }

    /// <summary>What is wrong.</summary>
    public CertificateProblemKind Kind { get; }

    /// <summary>What is wrong, in words; "it" is the peer's certificate.</summary>
    public string Text { get; }

    /// <summary>The subject of the certificate in question; empty if there is none.</summary>
    public string Subject { get; }

    /// <summary>The days since the certificate expired, or until it expires or becomes valid; null for other problems.</summary>
    public object? Days => FileValue.Of(_days);

    /// <summary>Whether the certificate is accepted all the same.</summary>
    public bool IsWarning { get; }

    /// <summary>The kind and the text.</summary>
    public override string ToString() => $"{Kind}: {Text}";
}
