using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PSNetLab.Engine.IO;

/// <summary>Words for what is wrong with a peer's certificate.</summary>
internal static class TlsComplaint
{
    internal static string? Describe(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors, string target)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        List<string> words = [];
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            words.Add("the server sent none");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            words.Add($"it is for {certificate?.Subject}, not for {target}");
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            words.AddRange((chain?.ChainStatus ?? []).Select(status => status.StatusInformation.TrimEnd('.', ' ', '\n', '\r')).Distinct());
        }

        return string.Join("; ", words);
    }
}
