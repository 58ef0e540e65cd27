using System.Text;
using PSNetLab.Engine.Checks;

namespace PSNetLab.Engine.Tests;

/// <summary>What is said in plain text before TLS.</summary>
public class StartTlsDialogueTests
{
    private const string XmppOpening =
        "<?xml version='1.0'?><stream:stream to='shop.example' version='1.0' xmlns='jabber:client' "
            + "xmlns:stream='http://etherx.jabber.org/streams'>";

    private const string XmppHeader = "<?xml version='1.0'?>\n<stream:stream id='a>b' xmlns:stream='http://etherx.jabber.org/streams'>";

    private static readonly string s_mysqlGreeting = Mysql("\n8.0.36\0abcd12345678\0\xFF\xFF!\x02\0");

    /// <summary>Protocol, what the server says, what the client says, and how it ends: nothing for TLS, or the refusal.</summary>
    public static TheoryData<StartTlsProtocol, string, string, string> Dialogues => new()
    {
        {
            StartTlsProtocol.Smtp,
            "220-mail.example\r\n220 ready\r\n250-mail.example\r\n250-SIZE 1000\r\n250-starttls\r\n250 8BITMIME\r\n220 go ahead\r\n",
            "EHLO psnetlab.localhost\r\nSTARTTLS\r\n", string.Empty
        },
        { StartTlsProtocol.Smtp, "220 ready\n250 STARTTLS\n220 go\n", "EHLO psnetlab.localhost\r\nSTARTTLS\r\n", string.Empty },
        { StartTlsProtocol.Smtp, "220 ready\r\n250-x\r\n250 SIZE\r\n", "EHLO psnetlab.localhost\r\n", "does not offer STARTTLS" },
        { StartTlsProtocol.Smtp, "554 no\r\n", string.Empty, "answered '554 no'" },
        {
            StartTlsProtocol.Smtp, "220 ready\r\n250 STARTTLS\r\n454 TLS not available\r\n",
            "EHLO psnetlab.localhost\r\nSTARTTLS\r\n", "454 TLS not available"
        },
        { StartTlsProtocol.Smtp, "+OK hello\r\n", string.Empty, "answered '+OK hello'" },
        { StartTlsProtocol.Ftp, "120 soon\r\n220-Welcome\r\n 230 not the end\r\n220 ready\r\n234 go\r\n", "AUTH TLS\r\n", string.Empty },
        { StartTlsProtocol.Ftp, "220 ready\r\n502 no\r\n", "AUTH TLS\r\n", "answered '502 no'" },
        {
            StartTlsProtocol.Imap, "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n* CAPABILITY X\r\na1 OK begin\r\n",
            "a1 STARTTLS\r\n", string.Empty
        },
        { StartTlsProtocol.Imap, "* PREAUTH welcome\r\n", string.Empty, "answered '* PREAUTH welcome'" },
        { StartTlsProtocol.Imap, "* OK ready\r\na1 BAD what\r\n", "a1 STARTTLS\r\n", "answered 'a1 BAD what'" },
        { StartTlsProtocol.Imap, "* OK ready\r\n* BYE bye\r\n", "a1 STARTTLS\r\n", "answered '* BYE bye'" },
        { StartTlsProtocol.Pop3, "+OK ready\r\n+OK begin\r\n", "STLS\r\n", string.Empty },
        { StartTlsProtocol.Pop3, "+OK ready\r\n-ERR no\r\n", "STLS\r\n", "answered '-ERR no'" },
        { StartTlsProtocol.Ldap, Ldap("\x0A\x01\x00\x04\x00\x04\x00"), LdapRequest, string.Empty },
        { StartTlsProtocol.Ldap, "0\x84\x00\x00\x00\x0C\x02\x01\x01x\x07\x0A\x01\x00\x04\x00\x04\x00", LdapRequest, string.Empty },
        { StartTlsProtocol.Ldap, Ldap("\x0A\x01\x35\x04\x00\x04\x02no"), LdapRequest, "result code 53, 'no'" },
        { StartTlsProtocol.Ldap, "0\x02\x02\x00", LdapRequest, "did not answer as LDAP does" },
        { StartTlsProtocol.Ldap, "0\x84\xFF\xFF\xFF\xFF", LdapRequest, "impossible length" },
        { StartTlsProtocol.Ldap, "hello", LdapRequest, "answered 'h" },
        { StartTlsProtocol.Postgres, "S", "\0\0\0\x08\x04\xD2\x16\x2F", string.Empty },
        { StartTlsProtocol.Postgres, "N", "\0\0\0\x08\x04\xD2\x16\x2F", "does not offer TLS" },
        { StartTlsProtocol.Postgres, "E", "\0\0\0\x08\x04\xD2\x16\x2F", "answered 'E'" },
        { StartTlsProtocol.Mysql, s_mysqlGreeting, MysqlRequest, string.Empty },
        { StartTlsProtocol.Mysql, Mysql("\n5.0\0abcd12345678\0\xFF\xF7!\x02\0"), string.Empty, "does not offer TLS" },
        { StartTlsProtocol.Mysql, Mysql("\xFF\x69\x04Host is blocked"), string.Empty, "answered 'Host is blocked'" },
        { StartTlsProtocol.Mysql, Mysql("\n5"), string.Empty, "answered '" },
        {
            StartTlsProtocol.Xmpp, XmppHeader
                + "<stream:features><starttls xmlns='x'><required/></starttls><mechanisms><mechanism>PLAIN</mechanism></mechanisms>"
                + "</stream:features><proceed xmlns='x'/>",
            XmppOpening + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", string.Empty
        },
        { StartTlsProtocol.Xmpp, XmppHeader + "<stream:features/>", XmppOpening, "does not offer STARTTLS" },
        {
            StartTlsProtocol.Xmpp, XmppHeader + "<features><starttls/></features><failure xmlns='x'/>",
            XmppOpening + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<failure"
        },
        { StartTlsProtocol.Xmpp, XmppHeader + "<stream:error><host-unknown/></stream:error>", XmppOpening, "<stream:error" },
        { StartTlsProtocol.Xmpp, "2", XmppOpening, "answered '2'" },
    };

    private const string LdapRequest = "0\x1D\x02\x01\x01w\x18\x80\x16" + "1.3.6.1.4.1.1466.20037";

    private static string MysqlRequest => "\x20\0\0\x01\x01\x8A\0\0\0\0\0\x01\x21" + new string('\0', 23);

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void It_goes_as_the_protocol_says_whatever_the_pieces(StartTlsProtocol protocol, string server, string client, string end)
    {
        byte[] all = Encoding.Latin1.GetBytes(server);
        for (int split = 0; split <= all.Length; split++)
        {
            (string said, string? refusal, bool isDone, int left) = Talk(protocol, all[..split], all[split..]);
            Assert.Equal(client, said);
            Assert.Equal(end.Length == 0, isDone);
            Assert.Contains(end, refusal ?? string.Empty, StringComparison.Ordinal);
            Assert.True(refusal is not null || left == 0);
        }

        (string slowly, _, bool isDoneSlowly, _) = Talk(protocol, [.. all.Select(one => new[] { one })]);
        Assert.Equal((client, end.Length == 0), (slowly, isDoneSlowly));
    }

    [Theory]
    [MemberData(nameof(Dialogues))]
    public void What_follows_the_answer_is_left_over(StartTlsProtocol protocol, string server, string client, string end)
    {
        _ = client;
        if (end.Length == 0)
        {
            (_, _, bool isDone, int left) = Talk(protocol, Encoding.Latin1.GetBytes(server + "injected"));
            Assert.True(isDone);
            Assert.Equal(8, left);
        }
    }

    [Fact]
    public void No_bytes_make_it_fail()
    {
        Random random = new(1);
        (StartTlsProtocol Protocol, byte[] Said)[] seeds =
            [.. Dialogues.Select(row => ((StartTlsProtocol)row[0], Encoding.Latin1.GetBytes((string)row[1])))];
        for (int round = 0; round < 20_000; round++)
        {
            (StartTlsProtocol protocol, byte[] said) = seeds[round % seeds.Length];
            byte[] changed = [.. said];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            int split = random.Next(changed.Length + 1);
            _ = Talk(protocol, changed[..split], changed[split..]);
        }
    }

    [Fact]
    public void A_refusal_shows_no_control_characters()
    {
        (_, string? refusal, _, _) = Talk(StartTlsProtocol.Smtp, Encoding.Latin1.GetBytes($"554 \x1B[2J{new string('x', 500)}\r\n"));
        Assert.DoesNotContain(refusal!, char.IsControl);
        Assert.InRange(refusal!.Length, 1, 200);
    }

    [Fact]
    public void Each_protocol_has_its_port()
        => Assert.Equal(
            Enum.GetValues<StartTlsProtocol>().Length,
            Enum.GetValues<StartTlsProtocol>().Select(StartTlsDialogue.UsualPort).Distinct().Count());

    private static (string Said, string? Refusal, bool IsDone, int Left) Talk(StartTlsProtocol protocol, params byte[][] pieces)
    {
        StartTlsDialogue dialogue = StartTlsDialogue.For(protocol, "shop.example");
        StringBuilder said = new();
        List<byte> received = [];
        StartTlsStep step = default;
        foreach (byte[] piece in (byte[][])[[], .. pieces])
        {
            received.AddRange(piece);
            do
            {
                if (step.IsDone || step.Refusal is not null)
                {
                    break;
                }

                step = dialogue.Next(received.ToArray());
                received.RemoveRange(0, step.Used);
                said.Append(Encoding.Latin1.GetString(step.Send ?? []));
            }
            while (!step.NeedsMore);
        }

        return (said.ToString(), step.Refusal, step.IsDone, received.Count);
    }

    private static string Ldap(string result)
        => $"0{(char)(5 + result.Length)}\x02\x01\x01x{(char)result.Length}{result}";

    private static string Mysql(string greeting) => $"{(char)greeting.Length}\0\0\0{greeting}";
}
