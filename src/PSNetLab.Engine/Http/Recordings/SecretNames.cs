namespace PSNetLab.Engine.Http.Recordings;

/// <summary>
/// The names whose values are secrets: one table for fields, cookies, queries, forms, JSON, XML and lines. Case and punctuation do
/// not matter.
/// </summary>
internal sealed class SecretNames
{
    private static readonly string[] s_within =
        ["password", "passwd", "passphrase", "secret", "apikey", "privatekey", "accesskey", "clientassertion", "connectionstring"];

    private static readonly string[] s_atEnd =
    [
        "token", "pwd", "pass", "credential", "credentials", "authorization", "signature", "cookie", "assertion", "sessionid",
        "samlresponse", "samlrequest", "authenticationinfo",
    ];

    private static readonly string[] s_whole = ["sig", "jwt", "otp", "hmac"];

    // In JSON these are more often something harmless, such as the code of an error, so the value decides there.
    private static readonly string[] s_vague = ["code", "auth", "session", "sid"];
    private static readonly string[] s_vagueAtEnd = ["key"];

    private static readonly string[] s_harmless =
    [
        "primarykey", "foreignkey", "publickey", "sortkey", "partitionkey", "rowkey", "cachekey", "objectkey", "routingkey",
        "idempotencykey", "websocketkey", "hotkey", "monkey", "turkey",
    ];

    // Of an object that is a name and its value. Both may be the ends of longer names, such as ParameterKey and ParameterValue.
    private static readonly string[] s_forName =
    [
        "k", "n", "id", "label", "field", "param", "parameter", "header", "property", "attribute", "setting", "option", "variable",
    ];

    private static readonly string[] s_forNameAtEnd = ["name", "key"];
    private static readonly string[] s_forValue = ["v", "val", "default"];
    private static readonly string[] s_forValueAtEnd = ["value", "values"];

    private readonly HashSet<string> _more;

    /// <param name="more">More names, each as a whole.</param>
    internal SecretNames(IEnumerable<string> more) => _more = [.. more.Select(Plain)];

    private enum Kind
    {
        Harmless,
        Vague,
        Secret,
    }

    /// <summary>The names that are not among the usual ones.</summary>
    internal IEnumerable<string> More => _more;

    /// <summary>All of them, for people.</summary>
    internal IEnumerable<string> All => [.. s_within, .. s_atEnd, .. s_whole, .. s_vague, .. s_vagueAtEnd, .. _more];

    /// <summary>Whether a value of this name is a secret, in a field, a query or a form.</summary>
    internal bool Has(string name) => KindOf(name) != Kind.Harmless;

    /// <summary>Whether this value of this name is a secret in JSON, XML or a line.</summary>
    internal bool Has(string name, string value) => KindOf(name) switch
    {
        Kind.Secret => true,
        Kind.Vague => LooksRandom(value),
        _ => false,
    };

    /// <summary>Whether a member of this name may have the name of a value that is another member.</summary>
    internal static bool IsForName(string name)
        => Plain(name) is var plain && (s_forName.Contains(plain) || Ends(s_forNameAtEnd, plain));

    /// <summary>Whether a member of this name may have the value whose name is another member.</summary>
    internal static bool IsForValue(string name)
        => Plain(name) is var plain && (s_forValue.Contains(plain) || Ends(s_forValueAtEnd, plain));

    /// <summary>
    /// Notes the name that a member or an attribute gives to the value beside it, if values of that name may be secrets: one of each kind
    /// stands for all.
    /// </summary>
    /// <param name="given">The names so far.</param>
    /// <param name="member">The name of the member that gives it, which <see cref="IsForName"/>.</param>
    /// <param name="name">What it gives.</param>
    internal void Note(List<string> given, string member, string name)
    {
        if (MayBeName(name) && !Has(member, name) && Has(name)
            && !given.Exists(other => Has(other, string.Empty) == Has(name, string.Empty)))
        {
            given.Add(name);
        }
    }

    /// <summary>Whether this is a name, such as api_key or Client secret, and not a sentence.</summary>
    internal static bool MayBeName(string text)
    {
        const int MostCharacters = 64;
        const int MostSpaces = 2;
        return text.Length <= MostCharacters && text.Count(char.IsWhiteSpace) <= MostSpaces;
    }

    /// <summary>Whether a member of this name has cookies.</summary>
    internal static bool AreCookies(string name) => Plain(name).EndsWith("cookies", StringComparison.Ordinal);

    private static string Plain(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static bool LooksRandom(string value)
    {
        const int Least = 16;
        return value.Length >= Least && value.Any(char.IsDigit) && value.Any(char.IsLetter) && !value.Any(char.IsWhiteSpace);
    }

    private Kind KindOf(string name)
    {
        string whole = Plain(name);
        string plain = whole.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        bool isSecret = _more.Contains(whole) || s_whole.Contains(plain)
            || Array.Exists(s_within, word => plain.Contains(word, StringComparison.Ordinal))
            || Array.Exists(s_atEnd, word => plain.EndsWith(word, StringComparison.Ordinal));
        return isSecret ? Kind.Secret
            : s_vague.Contains(plain) || (Ends(s_vagueAtEnd, plain) && !Ends(s_harmless, plain)) ? Kind.Vague
            : Kind.Harmless;
    }

    private static bool Ends(string[] words, string plain) => Array.Exists(words, word => plain.EndsWith(word, StringComparison.Ordinal));
}
