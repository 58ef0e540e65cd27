using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks;

/// <summary>What comes next in a dialogue.</summary>
/// <param name="Used">How many of the received bytes have been understood; 0 with nothing else: more are needed.</param>
/// <param name="Send">What to send now; null for nothing.</param>
/// <param name="IsDone">Whether TLS begins now, after what is to be sent.</param>
/// <param name="Refusal">Why there will be no TLS; null if there may be.</param>
internal readonly record struct StartTlsStep(int Used, byte[]? Send = null, bool IsDone = false, string? Refusal = null)
{
    internal bool NeedsMore => Used == 0 && Send is null && !IsDone && Refusal is null;
}

/// <summary>The plain text before TLS, as a client says it. No I/O: bytes in, steps out.</summary>
internal abstract class StartTlsDialogue
{
    /// <summary>The dialogue of a protocol.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="host">The name of the server, for protocols that ask for it.</param>
    internal static StartTlsDialogue For(StartTlsProtocol protocol, string host) => protocol switch
    {
        StartTlsProtocol.Smtp => new SmtpDialogue(),
        StartTlsProtocol.Imap => new ImapDialogue(),
        StartTlsProtocol.Pop3 => new Pop3Dialogue(),
        StartTlsProtocol.Ftp => new FtpDialogue(),
        StartTlsProtocol.Ldap => new LdapDialogue(),
        StartTlsProtocol.Postgres => new PostgresDialogue(),
        StartTlsProtocol.Mysql => new MysqlDialogue(),
        StartTlsProtocol.Xmpp => new XmppDialogue(host),
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    /// <summary>The port on which servers of the protocol usually are.</summary>
    internal static int UsualPort(StartTlsProtocol protocol) => protocol switch
    {
        StartTlsProtocol.Smtp => 25,
        StartTlsProtocol.Imap => 143,
        StartTlsProtocol.Pop3 => 110,
        StartTlsProtocol.Ftp => 21,
        StartTlsProtocol.Ldap => 389,
        StartTlsProtocol.Postgres => 5432,
        StartTlsProtocol.Mysql => 3306,
        StartTlsProtocol.Xmpp => 5222,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol)),
    };

    /// <summary>The next step. Call it first with nothing received, and then until it needs more.</summary>
    /// <param name="received">What has been received and not yet used.</param>
    internal abstract StartTlsStep Next(ReadOnlySpan<byte> received);

    /// <summary>A refusal in the words of the server.</summary>
    private protected static StartTlsStep Refuse(int used, string said)
        => new(used, Refusal: $"the server answered '{PeerText.Shown(said)}'");
}
