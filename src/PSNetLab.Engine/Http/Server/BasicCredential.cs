using System.Security.Cryptography;
using System.Text;

namespace PSNetLab.Engine.Http.Server;

/// <summary>The one user name and password that HTTP Basic authentication accepts (RFC 7617).</summary>
internal sealed class BasicCredential
{
    private readonly byte[] _expected;

    internal BasicCredential(string user, string password)
    {
        if (user.Contains(':', StringComparison.Ordinal))
        {
            throw Invalid($"The user name '{user}' contains a colon, where HTTP Basic authentication ends the user name "
                + "(RFC 7617, section 2). Choose a name without one.");
        }

        string userPass = $"{user}:{password}";
        if (userPass.Any(char.IsControl))
        {
            throw Invalid("The user name or the password contains a control character, which HTTP Basic authentication "
                + "does not allow (RFC 7617, section 2). Choose one without.");
        }

        try
        {
            // Clients send the composed form (RFC 7617, section 2.1).
            userPass = userPass.Normalize();
        }
        catch (ArgumentException error)
        {
            throw Invalid("The user name or the password is not valid text: it contains half of a surrogate pair. "
                + "Choose one without.", error);
        }

        User = user;
        _expected = SHA256.HashData(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes(userPass))));
    }

    internal string User { get; }

    /// <summary>
    /// Whether an Authorization field has this user name and password. How long the check takes reveals nothing about the
    /// password.
    /// </summary>
    internal bool IsValid(ReadOnlySpan<byte> authorization)
    {
        ReadOnlySpan<byte> scheme = "Basic "u8;
        if (authorization.Length < scheme.Length || !Ascii.EqualsIgnoreCase(authorization[..scheme.Length], scheme))
        {
            return false;
        }

        // The Base64 form of given bytes is unique, so there is no need to decode it. Comparing hashes hides the length.
        Span<byte> given = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(authorization[scheme.Length..].Trim((byte)' '), given);
        return CryptographicOperations.FixedTimeEquals(given, _expected);
    }

    private static NetLabException Invalid(string message, Exception? inner = null) => new(FaultKind.InvalidParameters, message, inner);
}
