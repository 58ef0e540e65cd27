using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Engine.Tests;

/// <summary>Answers are read as they are meant, and whatever is not plainly one is malformed.</summary>
public class DnsMessageTests
{
    [Fact]
    public void An_answer_is_read()
    {
        DnsMessage message = DnsMessage.Read(DnsBytes.Everything());

        Assert.Equal(0, message.Code);
        Assert.Equal("AA RD RA", message.Flags);
        Assert.Equal(1232, message.EdnsBytes);
        Assert.Equal("Prohibited: no", message.ExtendedError);
        Assert.All(message.Answers, record => Assert.Equal("www.example.com", record.Name));
        Assert.Equal(
            [
                "A 192.0.2.7",
                "AAAA 2001:db8::1",
                "MX 10 mail.example.com",
                "TXT v=spf1 -all",
                "HTTPS 1 . alpn=\"h2,h3\" port=8443 ipv4hint=192.0.2.7",
                "NSEC a.example.com A AAAA RRSIG NSEC",
                "NSEC3 1 0 10 ABCD VS00 A",
                "RRSIG A 13 3 300 20260101000000 20251201000000 4711 example.com AQI=",
            ],
            message.Answers.Select(record => $"{record.Type} {record.Data}"));
        DnsRecord authority = Assert.Single(message.Authorities);
        Assert.Equal("example.com 60 IN SOA ns1.example.com host\\.master.example.com 1 2 3 4 4294967295", authority.ToString());
        Assert.Equal(4294967295L, authority.Fields["Minimum"]);
        Assert.Empty(message.Additionals);
    }

    [Theory]
    [InlineData(33, "0001 0002 1F90 01 61 00", "1 2 8080 a")]
    [InlineData(35, "0001 0002 01 75 03 737570 00 00", "1 2 \"u\" \"sup\" \"\" .")]
    [InlineData(257, "00 05 6973737565 63612E6578616D706C65", "0 issue \"ca.example\"")]
    [InlineData(43, "1234 08 02 ABCD", "4660 8 2 ABCD")]
    [InlineData(48, "0101 03 08 0102", "257 3 8 AQI=")]
    [InlineData(51, "01 00 0000 00", "1 0 0 -")]
    [InlineData(52, "03 01 01 ABCD", "3 1 1 ABCD")]
    [InlineData(44, "04 02 ABCD", "4 2 ABCD")]
    [InlineData(13, "01 61 02 6263", "\"a\" \"bc\"")]
    [InlineData(17, "01 61 00 01 62 00", "a b")]
    [InlineData(256, "0001 0002 6674703A", "1 2 \"ftp:\"")]
    [InlineData(16, "00", "")]
    [InlineData(16, "03 E7A381 03 E79B98", "磁盘")]
    [InlineData(16, "02 E7A3 01 81", "磁")] // a character begins in one text and ends in the next
    [InlineData(16, "05 1B5B324A22", "\\027[2J\"")]
    [InlineData(64, "0000 01 61 00", "0 a")]
    [InlineData(
        65,
        "0001 00 0000 0004 0001 0003 0002 0000 0005 0002 0102 0006 0010 20010DB8000000000000000000000001 029A 0001 21",
        "1 . mandatory=alpn,port no-default-alpn ech=AQI= ipv6hint=2001:db8::1 key666=\"!\"")]
    [InlineData(65280, "0102", @"\# 2 0102")]
    [InlineData(65280, "", @"\# 0")]
    public void Data_has_a_text(int type, string hex, string text)
    {
        DnsRecord record = Assert.Single(DnsMessage.Read(One(type, hex)).Answers);

        Assert.Equal(text, record.Data);
    }

    [Theory]
    [InlineData(1, "C00002")] // too short
    [InlineData(1, "C000020701")] // too long
    [InlineData(28, "C0000207")]
    [InlineData(15, "000A")]
    [InlineData(15, "000A 01 61")]
    [InlineData(15, "000A C0 1A")] // to itself
    [InlineData(16, "05 61")]
    [InlineData(5, "")]
    [InlineData(6, "00 00 00000001")]
    [InlineData(65, "0001 00 0003 0001 01")]
    [InlineData(65, "0001 00 0001 0002 05 68")]
    [InlineData(47, "00 00 05 40")]
    public void Data_that_does_not_fit_is_malformed(int type, string hex)
        => Assert.Throws<DnsFormatException>(() => DnsMessage.Read(One(type, hex)));

    [Fact]
    public void Every_beginning_of_an_answer_is_malformed()
    {
        byte[] whole = DnsBytes.Everything();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Throws<DnsFormatException>(() => DnsMessage.Read(whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Random_changes_give_an_answer_or_a_malformed_one()
    {
        Random random = new(4711);
        byte[] whole = DnsBytes.Everything();
        int read = 0;
        for (int round = 0; round < 50_000; round++)
        {
            byte[] changed = (byte[])whole.Clone();
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            try
            {
                DnsMessage.Read(changed.AsSpan(0, random.Next(8) == 0 ? random.Next(changed.Length + 1) : changed.Length));
                read++;
            }
            catch (DnsFormatException)
            {
                // That is the other allowed outcome.
            }
        }

        Assert.InRange(read, 1, 49_999);
    }

    [Fact]
    public void Random_bytes_are_no_trouble()
    {
        Random random = new(4712);
        byte[] buffer = new byte[512];
        for (int round = 0; round < 50_000; round++)
        {
            Span<byte> message = buffer.AsSpan(0, random.Next(buffer.Length));
            random.NextBytes(message);
            try
            {
                DnsMessage.Read(message);
            }
            catch (DnsFormatException)
            {
                // As it should be.
            }
        }
    }

    [Fact]
    public void A_count_alone_takes_no_memory()
    {
        byte[] claims = new DnsBytes(1, 0x8000, 0, 65535, 65535, 65535).ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<DnsFormatException>(() => DnsMessage.Read(claims));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void The_upper_bits_of_the_code_are_in_EDNS()
    {
        byte[] answer = new DnsBytes(1, 0x8000, 0, 0, 0, 1).Byte(0).UInt16(41).UInt16(512).UInt32(0x01000000).UInt16(0).ToArray();

        Assert.Equal("BADVERS", DnsWords.Code(DnsMessage.Read(answer).Code));
    }

    [Fact]
    public void A_time_to_live_with_the_upper_bit_is_none()
    {
        byte[] answer = new DnsBytes(1, 0x8000, 0, 1).Name("a").Record(1, 0x80000001, data => data.Byte(1, 2, 3, 4)).ToArray();

        Assert.Equal(0, Assert.Single(DnsMessage.Read(answer).Answers).TimeToLive);
    }

    private static byte[] One(int type, string hex)
        => new DnsBytes(1, 0x8000, 0, 1).Name("a").Record(type, 1, data => data.Hex(hex)).ToArray();
}
