using System.Diagnostics;
using PSNetLab.Engine.Checks;

namespace PSNetLab.Engine.Tests;

/// <summary>What a server may answer to a hello.</summary>
public class ServerAnswerTests
{
    private static readonly byte[] s_old = [.. Record(22, Hello(0x0301, 0x002F))];
    private static readonly byte[] s_new = [.. Record(22, Hello(0x0303, 0x1301, [0, 43, 0, 2, 3, 4]))];
    private static readonly byte[] s_certificate = [1, 2, 3];
    private static readonly byte[] s_issuer = [4, 5];

    /// <summary>A whole flight of TLS 1.2, in records that do not care where a message ends.</summary>
    private static readonly byte[] s_flight = Flight();

    public static TheoryData<string, byte[]> Answers => new()
    {
        { "old", s_old },
        { "new", s_new },
        { "flight", s_flight },
        { "alert", Record(21, [2, 70]) },
        { "warned", [.. Record(21, [1, 112]), .. s_old] },
        { "http", "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray() },
    };

    [Fact]
    public void A_hello_says_version_and_algorithms()
    {
        ServerAnswer answer = Read(s_old);
        Assert.Equal((ServerAnswerKind.Hello, TlsVersion.Tls10, (ushort)0x002F), (answer.Kind, answer.Version, answer.CipherSuite));
    }

    [Fact]
    public void A_hello_of_TLS_1_3_says_so_in_an_extension()
        => Assert.Equal((ServerAnswerKind.Hello, TlsVersion.Tls13), (Read(s_new).Kind, Read(s_new).Version));

    [Fact]
    public void Certificates_are_read_up_to_TLS_1_2()
    {
        ServerAnswer answer = Read(s_flight, certificates: true);
        Assert.True(answer.IsComplete);
        Assert.Equal([s_certificate, s_issuer], answer.Certificates);
        Assert.True(answer.AsksForCertificate);
        Assert.Empty(Read(s_flight).Certificates);
    }

    [Theory]
    [InlineData(2, 40)]
    [InlineData(2, 70)]
    [InlineData(1, 0)]
    public void An_alert_ends_it(byte level, byte number)
    {
        ServerAnswer answer = Read(Record(21, [level, number]));
        Assert.Equal((ServerAnswerKind.Alert, (byte?)number), (answer.Kind, answer.Alert));
        Assert.True(answer.IsComplete);
    }

    [Fact]
    public void A_warning_does_not_end_it()
    {
        Assert.False(Read(Record(21, [1, 112])).IsComplete);
        Assert.Equal(ServerAnswerKind.Hello, Read([.. Record(21, [1, 112]), .. s_old]).Kind);
    }

    [Fact]
    public void An_alert_after_the_hello_does_not_take_it_back()
    {
        ServerAnswer answer = Read([.. s_old, .. Record(21, [2, 80])], certificates: true);
        Assert.Equal(ServerAnswerKind.Hello, answer.Kind);
        Assert.True(answer.IsComplete);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request")]
    [InlineData("220 mail.example ESMTP")]
    [InlineData("\x16HTTP")]
    public void Anything_else_is_not_TLS(string said)
    {
        ServerAnswer answer = Read(System.Text.Encoding.Latin1.GetBytes(said));
        Assert.Equal(ServerAnswerKind.NotTls, answer.Kind);
        Assert.Equal(said, answer.Beginning);
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "an empty record", [22, 3, 3, 0, 0] },
        { "a huge record", [22, 3, 3, 0xFF, 0xFF] },
        { "another message first", Record(22, Message(11, [0, 0, 0])) },
        { "a huge message", Record(22, [2, 0xFF, 0xFF, 0xFF]) },
        { "a hello that is too short", Record(22, Message(2, new byte[34])) },
        { "a session beyond the end", Record(22, Message(2, [3, 3, .. new byte[32], 200, 1, 2, 3])) },
        { "extensions beyond the end", Record(22, Message(2, [3, 3, .. new byte[32], 0, 0, 47, 0, 0, 9, 1])) },
        { "an extension beyond its list", Record(22, Message(2, [3, 3, .. new byte[32], 0, 0, 47, 0, 0, 4, 0, 1, 0, 9])) },
        { "a version that there is not", Record(22, Hello(0x0399, 47)) },
        { "a long alert", Record(21, [2, 40, 0]) },
        { "data", Record(23, [1]) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_breaks_the_rules_is_not_TLS(string what, byte[] said)
    {
        ServerAnswer answer = Read(said);
        Assert.True(answer.IsComplete, what);
        Assert.Equal(ServerAnswerKind.NotTls, answer.Kind);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void It_may_arrive_in_any_pieces(string what, byte[] said)
    {
        string whole = Describe(Read(said, certificates: true));
        for (int split = 0; split <= said.Length; split++)
        {
            Assert.Equal((what, whole), (what, Describe(Read(said, true, split))));
        }

        ServerAnswer slow = new(wantsCertificates: true);
        foreach (byte one in said)
        {
            slow.Take([one]);
        }

        Assert.Equal(whole, Describe(slow));
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void Half_an_answer_is_none(string what, byte[] said)
    {
        bool wasComplete = false;
        for (int length = 0; length <= said.Length; length++)
        {
            bool isComplete = Read(said[..length], certificates: true).IsComplete;
            Assert.False(wasComplete && !isComplete, what);
            wasComplete = isComplete;
        }
    }

    [Fact]
    public void No_bytes_make_it_fail()
    {
        Random random = new(1);
        byte[][] seeds = [s_old, s_new, s_flight, Record(21, [2, 70])];
        for (int round = 0; round < 20_000; round++)
        {
            byte[] said = [.. seeds[round % seeds.Length]];
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                said[random.Next(said.Length)] = (byte)random.Next(256);
            }

            ServerAnswer answer = Read(said[..random.Next(said.Length + 1)], certificates: true, random.Next(said.Length));
            Assert.True(answer.Kind != ServerAnswerKind.Hello || Enum.IsDefined(answer.Version));
        }
    }

    [Fact]
    public void A_server_that_never_comes_to_the_point_is_cut_off()
    {
        ServerAnswer answer = new(wantsCertificates: true);
        byte[] warning = Record(21, [1, 112]);
        int records = 0;
        while (!answer.IsComplete && records++ < 100_000)
        {
            answer.Take(warning);
        }

        Assert.True(answer.IsComplete);
        Assert.Equal(ServerAnswerKind.NotTls, answer.Kind);
    }

    [Fact]
    public void Records_full_of_empty_messages_cost_no_more_than_their_bytes()
    {
        // The best of five in turns, and of more if one of them had better luck with the processor or is compiled better by now: other
        // tests run beside this one. What each message cost grew with those behind it.
        TimeSpan full = TimeSpan.MaxValue, small = TimeSpan.MaxValue;
        for (int i = 0; i < 5 || (i < 30 && full / small > 8); i++)
        {
            full = Least(full, TimeOf(messages: 4600, answers: 1));
            small = Least(small, TimeOf(messages: 46, answers: 100));
        }

        Assert.InRange(full / small, 0, 8);

        static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
    }

    [Fact]
    public void Records_full_of_empty_messages_do_not_hide_the_hello_behind_them()
    {
        ServerAnswer answer = new(wantsCertificates: true);
        answer.Take(EmptyMessages(4600));
        Assert.False(answer.IsComplete);
        answer.Take(s_old);
        Assert.Equal(ServerAnswerKind.Hello, answer.Kind);
    }

    [Fact]
    public void Of_certificates_without_end_few_are_kept()
    {
        byte[] list = [.. Enumerable.Repeat(new byte[3], 5000).SelectMany(static one => one)];
        byte[] message = Message(11, [0, (byte)(list.Length >> 8), (byte)list.Length, .. list]);
        ServerAnswer answer = new(wantsCertificates: true);
        answer.Take(s_old);
        for (int i = 0; i < 3; i++)
        {
            answer.Take(Record(22, message));
        }

        Assert.InRange(answer.Certificates.Count, 1, 64);
    }

    internal static byte[] Record(byte content, byte[] data) => [content, 3, 1, (byte)(data.Length >> 8), (byte)data.Length, .. data];

    internal static byte[] Message(byte kind, byte[] body)
        => [kind, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];

    internal static byte[] Hello(ushort version, ushort suite, byte[]? extensions = null)
    {
        byte[] end = extensions is null ? [] : [0, (byte)extensions.Length, .. extensions];
        return Message(
            2, [(byte)(version >> 8), (byte)version, .. new byte[32], 4, 9, 9, 9, 9, (byte)(suite >> 8), (byte)suite, 0, .. end]);
    }

    private static byte[] EmptyMessages(int count)
        => Record(22, [.. Enumerable.Repeat(Message(0, []), count).SelectMany(static one => one)]);

    private static TimeSpan TimeOf(int messages, int answers)
    {
        byte[] record = EmptyMessages(messages);
        long started = Stopwatch.GetTimestamp();
        for (int i = 0; i < answers; i++)
        {
            ServerAnswer answer = new(wantsCertificates: true);
            for (int k = 0; k < 100; k++)
            {
                answer.Take(record);
            }
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static byte[] Flight()
    {
        byte[] list = [0, 0, 3, .. s_certificate, 0, 0, 2, .. s_issuer];
        byte[] messages =
        [
            .. Hello(0x0303, 0xC02F, [0xFF, 1, 0, 1, 0]),
            .. Message(11, [0, 0, (byte)list.Length, .. list]),
            .. Message(12, new byte[20]),
            .. Message(13, new byte[5]),
            .. Message(14, []),
        ];
        return [.. Record(22, messages[..30]), .. Record(22, messages[30..31]), .. Record(22, messages[31..])];
    }

    private static ServerAnswer Read(byte[] said, bool certificates = false, int split = 0)
    {
        ServerAnswer answer = new(certificates);
        split = Math.Min(split, said.Length);
        answer.Take(said.AsSpan(0, split));
        answer.Take(said.AsSpan(split));
        return answer;
    }

    private static string Describe(ServerAnswer answer)
        => $"{answer.Kind} {answer.IsComplete} {answer.Version} {answer.CipherSuite} {answer.Alert} "
            + $"{answer.Certificates.Count} {answer.AsksForCertificate}";
}
