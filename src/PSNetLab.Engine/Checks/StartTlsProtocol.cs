namespace PSNetLab;

/// <summary>A protocol that begins in plain text, and in which the client asks for TLS.</summary>
public enum StartTlsProtocol : long
{
    /// <summary>SMTP: STARTTLS (RFC 3207).</summary>
    Smtp,

    /// <summary>IMAP: STARTTLS (RFC 9051, section 6.2.1).</summary>
    Imap,

    /// <summary>POP3: STLS (RFC 2595, section 4).</summary>
    Pop3,

    /// <summary>FTP: AUTH TLS (RFC 4217).</summary>
    Ftp,

    /// <summary>LDAP: the StartTLS operation (RFC 4511, section 4.14).</summary>
    Ldap,

    /// <summary>PostgreSQL: SSLRequest.</summary>
    Postgres,

    /// <summary>MySQL and MariaDB: an SSL request in place of the login.</summary>
    Mysql,

    /// <summary>XMPP of clients: starttls (RFC 6120, section 5).</summary>
    Xmpp,
}
