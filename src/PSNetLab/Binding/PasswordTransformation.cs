using System.Management.Automation;
using System.Net;
using System.Security;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>Reads a password: a SecureString, the password of a credential, or plain text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PasswordTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
        => inputData.Unwrapped() switch
        {
            SecureString password => password,
            PSCredential credential => credential.Password,
            string text => new NetworkCredential(string.Empty, text).SecurePassword,
            _ => throw new ArgumentTransformationMetadataException(
                "A password is a SecureString, such as Read-Host -AsSecureString returns, or text."),
        };

    /// <summary>The password as text; null for none.</summary>
    internal static string? Reveal(SecureString? password)
        => password is null ? null : new NetworkCredential(string.Empty, password).Password;
}
