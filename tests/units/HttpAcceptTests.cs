using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

public class HttpAcceptTests
{
    private const ContentCoding All = ContentCoding.Identity | ContentCoding.Gzip | ContentCoding.Brotli;

    [Theory]
    [InlineData("", ContentCoding.Identity)] // absent
    [InlineData("compress, gzip", ContentCoding.Gzip)] // the examples of RFC 9110, section 12.5.3
    [InlineData("*", ContentCoding.Brotli)]
    [InlineData("compress;q=0.5, gzip;q=1.0", ContentCoding.Gzip)]
    [InlineData("gzip;q=1.0, identity; q=0.5, *;q=0", ContentCoding.Gzip)]
    [InlineData("gzip, deflate, br, zstd", ContentCoding.Brotli)] // what browsers send
    [InlineData("gzip, deflate, br", ContentCoding.Brotli)]
    [InlineData("gzip, deflate", ContentCoding.Gzip)]
    [InlineData("deflate, gzip, br, zstd", ContentCoding.Brotli)] // curl --compressed
    [InlineData("identity", ContentCoding.Identity)]
    [InlineData("deflate, zstd", ContentCoding.Identity)]
    [InlineData("br;q=0.5, gzip", ContentCoding.Gzip)]
    [InlineData("br;q=0.5, gzip;q=0.500", ContentCoding.Brotli)]
    [InlineData("br;q=0.499, gzip;q=0.5", ContentCoding.Gzip)]
    [InlineData("gzip;q=0.001", ContentCoding.Gzip)] // listed, identity is not
    [InlineData("gzip;q=0.5, identity;q=0.5", ContentCoding.Gzip)]
    [InlineData("gzip;q=0.5, identity", ContentCoding.Identity)]
    [InlineData("gzip;q=0.5, identity;q=0", ContentCoding.Gzip)]
    [InlineData("gzip;q=0", ContentCoding.Identity)]
    [InlineData("br;q=0, gzip;q=0, identity;q=0", ContentCoding.Identity)] // nothing is acceptable
    [InlineData("*;q=0", ContentCoding.Identity)]
    [InlineData("identity;q=0", ContentCoding.Identity)]
    [InlineData("identity;q=0, *", ContentCoding.Brotli)]
    [InlineData("identity;q=0, *, br;q=0", ContentCoding.Gzip)]
    [InlineData("*;q=0.5, gzip;q=0.2", ContentCoding.Brotli)]
    [InlineData("*, gzip;q=0", ContentCoding.Brotli)]
    [InlineData("*, br;q=0", ContentCoding.Gzip)]
    [InlineData("*;q=0, gzip", ContentCoding.Gzip)]
    [InlineData("x-gzip", ContentCoding.Gzip)]
    [InlineData("x-gzip;q=0.2, br;q=0.1", ContentCoding.Gzip)]
    [InlineData("GZip", ContentCoding.Gzip)]
    [InlineData("BR;Q=1", ContentCoding.Brotli)]
    [InlineData(" ,, gzip\t;\tq=1 ,", ContentCoding.Gzip)]
    [InlineData("gzip;q=1.000", ContentCoding.Gzip)]
    [InlineData("gzip;q=1.", ContentCoding.Gzip)]
    [InlineData("gzip;q=0.", ContentCoding.Identity)]
    [InlineData("gzip;q=0.33333333333333333333", ContentCoding.Gzip)]
    [InlineData("br;x=y;q=0.1, gzip;q=0.2;x=y", ContentCoding.Gzip)]
    [InlineData("br;x=\"a,;q=0\";q=1, gzip", ContentCoding.Brotli)]
    public void The_best_liked_coding_is_chosen(string header, Enum expected) => Assert.Equal(expected, Choose(header));

    [Theory]
    [InlineData("gzip, br", ContentCoding.Identity, ContentCoding.Identity)]
    [InlineData("gzip, br", ContentCoding.Identity | ContentCoding.Gzip, ContentCoding.Gzip)]
    [InlineData("gzip, br", ContentCoding.Identity | ContentCoding.Brotli, ContentCoding.Brotli)]
    [InlineData("gzip;q=0.1, br", ContentCoding.Identity | ContentCoding.Gzip, ContentCoding.Gzip)]
    [InlineData("gzip", ContentCoding.Identity | ContentCoding.Brotli, ContentCoding.Identity)]
    [InlineData("*", ContentCoding.Identity | ContentCoding.Gzip, ContentCoding.Gzip)]
    [InlineData("*", ContentCoding.Identity, ContentCoding.Identity)]
    [InlineData("*;q=0.5, gzip;q=0.2", ContentCoding.Identity | ContentCoding.Gzip, ContentCoding.Identity)] // '*' is identity, too
    [InlineData("identity;q=0, gzip", ContentCoding.Identity | ContentCoding.Brotli, ContentCoding.Identity)]
    public void Only_what_is_available_is_chosen(string header, Enum available, Enum expected)
        => Assert.Equal(expected, Choose(header, (ContentCoding)available));

    [Theory]
    [InlineData("gzip;q=2")]
    [InlineData("gzip;q=1.001")]
    [InlineData("gzip;q=-1")]
    [InlineData("gzip;q=.5")]
    [InlineData("gzip;q=")]
    [InlineData("gzip;q=a")]
    [InlineData("gzip;q=0,5")]
    [InlineData("gzip;q=0.5x")]
    [InlineData("gzip;q=\"1\"")]
    [InlineData("gzip;q=1 0")]
    [InlineData("gzip br")]
    [InlineData("gzipped")]
    [InlineData("xgzip")]
    [InlineData("\"gzip\"")]
    [InlineData("\"gzip, br")]
    [InlineData("\"a\\\", gzip")]
    [InlineData("**")]
    [InlineData(";q=1")]
    [InlineData(";")]
    [InlineData(",")]
    public void What_is_malformed_does_not_count(string header) => Assert.Equal(ContentCoding.Identity, Choose(header));

    [Fact]
    public void A_malformed_element_does_not_spoil_the_others()
        => Assert.Equal(ContentCoding.Gzip, Choose("br;q=high, gzip;q=0.5"));

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/json, text/plain, */*", true)] // axios
    [InlineData("application/json, text/html", true)]
    [InlineData("text/html, application/json", true)]
    [InlineData("application/json;q=0.9, */*;q=0.8", true)]
    [InlineData("application/json;q=0.9, text/html;q=0.9", true)]
    [InlineData("*/*;q=0.1, application/json;q=0.2", true)]
    [InlineData("application/json, image/png;q=0.1", true)]
    [InlineData("", false)]
    [InlineData("*/*", false)] // curl
    [InlineData("application/*", false)]
    // Chromium
    [InlineData(
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
        + "application/signed-exchange;v=b3;q=0.7", false)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false)] // Firefox
    [InlineData("text/html, application/json;q=0.9", false)]
    [InlineData("text/*, application/json;q=0.9", false)]
    [InlineData("application/json;q=0.5, */*", false)]
    [InlineData("application/json;q=0", false)]
    [InlineData("application/json;q=x", false)]
    [InlineData("application/jsonp", false)]
    [InlineData("application/problem+json", false)]
    [InlineData("text/plain;a=\", application/json", false)]
    public void Json_is_preferred_where_it_is_asked_for_by_name(string header, bool expected)
        => Assert.Equal(expected, Accept.PrefersJson(Encoding.ASCII.GetBytes(header)));

    [Fact]
    public void Random_bytes_never_throw()
    {
        Random random = new(12);
        byte[] bytes = new byte[60];
        for (int i = 0; i < 50_000; i++)
        {
            Span<byte> value = bytes.AsSpan(0, random.Next(bytes.Length));
            RandomText.Fill(random, value, "gzip;q=0.1,\"\\* br"u8);
            Assert.True(AcceptEncoding.Choose(value, All) is ContentCoding.Identity or ContentCoding.Gzip or ContentCoding.Brotli);
            Accept.PrefersJson(value);
        }
    }

    [Fact]
    public void Choosing_allocates_nothing()
    {
        Assert.Equal(0, Allocation.Of(() => AcceptEncoding.Choose("gzip;q=0.5, deflate, br;q=0.4, *;q=0.1"u8, All)));
        Assert.Equal(0, Allocation.Of(() => Accept.PrefersJson("text/html;a=\"b,c\", application/json;q=0.9, */*"u8)));
    }

    private static ContentCoding Choose(string header, ContentCoding available = All)
        => AcceptEncoding.Choose(Encoding.ASCII.GetBytes(header), available);
}
