using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PSNetLab.Engine.IO;

namespace PSNetLab.Binding;

/// <summary>Reads -Certificate: an X509Certificate2, or the path of a PFX file or of a PEM file with certificate and key.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CertificateTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is X509Certificate2 certificate)
        {
            return certificate.HasPrivateKey
                ? certificate
                : throw new ArgumentTransformationMetadataException($"The certificate {certificate.Subject} has no "
                    + "private key, which a server needs. Load it together with its key, for example from a PFX file.");
        }

        string text = input?.ToString() ?? string.Empty;
        try
        {
            string path = engineIntrinsics.SessionState.Path.GetUnresolvedProviderPathFromPSPath(text);
            return File.ReadAllText(path).Contains("-----BEGIN", StringComparison.Ordinal)
                ? ServerCertificates.Usable(X509Certificate2.CreateFromPemFile(path))
#pragma warning disable SYSLIB0057 // Its successor does not exist in .NET 8.
                : new X509Certificate2(path);
#pragma warning restore SYSLIB0057
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException or SessionStateException)
        {
            throw new ArgumentTransformationMetadataException($"'{text}' cannot be read as a certificate with its private "
                + $"key: {error.Message} Use an X509Certificate2, a PFX file without a password, or a PEM file with both parts.", error);
        }
    }
}
