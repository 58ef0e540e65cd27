using PSNetLab.Engine.Http.Client;

namespace PSNetLab.Engine.Tests;

public sealed class HttpUriTests
{
    [Theory]
    [InlineData("http://a", "http://a/", "a")]
    [InlineData("a", "http://a/", "a")]
    [InlineData("a:8080/b", "http://a:8080/b", "a:8080")]
    [InlineData("HTTPS://A:443/b?c#d", "https://A/b?c", "A")]
    [InlineData("https://a:80", "https://a:80/", "a:80")]
    [InlineData("http://a?b=c", "http://a/?b=c", "a")]
    [InlineData("//a/b", "http://a/b", "a")]
    [InlineData("http://a/b/../c/./%7e", "http://a/b/../c/./%7e", "a")]
    [InlineData("http://a/b c\u00e9\t", "http://a/b%20c%C3%A9", "a")]
    [InlineData("a/b?u=http://c/", "http://a/b?u=http://c/", "a")]
    [InlineData("http://[::1]:8080/", "http://[::1]:8080/", "[::1]:8080")]
    [InlineData("http://[fe80::1%25eth0]/x", "http://[fe80::1%eth0]/x", "[fe80::1]")]
    [InlineData("http://b\u00fccher.example/", "http://xn--bcher-kva.example/", "xn--bcher-kva.example")]
    public void What_is_written_is_what_is_asked_for(string text, string understood, string host)
    {
        HttpUri uri = HttpUri.Parse(text);

        Assert.Equal(understood, uri.ToString());
        Assert.Equal(host, uri.HostField);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/path")]
    [InlineData("?a")]
    [InlineData("http://")]
    [InlineData("http:///a")]
    [InlineData("ftp://a/")]
    [InlineData("mailto:a@b")]
    [InlineData("http://user:secret@a/")]
    [InlineData("http://a:x/")]
    [InlineData("http://a:0/")]
    [InlineData("http://a:65536/")]
    [InlineData("http://a b/")]
    [InlineData("http://[::1/")]
    [InlineData("http://[::1]x/")]
    public void What_is_no_URI_is_told(string text)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => HttpUri.Parse(text));

        Assert.Equal(FaultKind.InvalidParameters, fault.Kind);
        Assert.DoesNotContain(
            "secret@", fault.Message.Replace($"'{text}'", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    // The normal and abnormal examples of RFC 3986, section 5.4, as far as they are http.
    [Theory]
    [InlineData("g", "http://a/b/c/g")]
    [InlineData("./g", "http://a/b/c/g")]
    [InlineData("g/", "http://a/b/c/g/")]
    [InlineData("/g", "http://a/g")]
    [InlineData("//g", "http://g/")]
    [InlineData("?y", "http://a/b/c/d;p?y")]
    [InlineData("g?y", "http://a/b/c/g?y")]
    [InlineData("#s", "http://a/b/c/d;p?q")]
    [InlineData("g#s", "http://a/b/c/g")]
    [InlineData("", "http://a/b/c/d;p?q")]
    [InlineData(".", "http://a/b/c/")]
    [InlineData("..", "http://a/b/")]
    [InlineData("../g", "http://a/b/g")]
    [InlineData("../..", "http://a/")]
    [InlineData("../../g", "http://a/g")]
    [InlineData("../../../g", "http://a/g")]
    [InlineData("/../g", "http://a/g")]
    [InlineData("g.", "http://a/b/c/g.")]
    [InlineData("..g", "http://a/b/c/..g")]
    [InlineData("./g/.", "http://a/b/c/g/")]
    [InlineData("g/../h", "http://a/b/c/h")]
    [InlineData("g?y/../x", "http://a/b/c/g?y/../x")]
    [InlineData("https://h:8443/x", "https://h:8443/x")]
    [InlineData("HTTP://h", "http://h/")]
    public void A_reference_is_resolved(string reference, string expected)
        => Assert.Equal(expected, HttpUri.Parse("http://a/b/c/d;p?q").Resolve(reference).ToString());

    [Theory]
    [InlineData("mailto:a")]
    [InlineData("javascript:alert(1)")]
    [InlineData("ftp://a/b")]
    [InlineData("http://")]
    public void A_reference_that_leads_nowhere_is_told(string reference)
        => Assert.Throws<NetLabException>(() => HttpUri.Parse("http://a/").Resolve(reference));

    [Fact]
    public void A_redirect_keeps_the_interface_of_a_link_local_address()
        => Assert.Equal("http://[fe80::1%eth0]:8080/b", HttpUri.Parse("http://[fe80::1%eth0]:8080/a").Resolve("b").ToString());

    [Fact]
    public void A_reference_costs_what_it_is_long()
    {
        string reference = string.Concat(Enumerable.Repeat("/a", 30_000)) + string.Concat(Enumerable.Repeat("/..", 20_000)) + "/b";
        HttpUri start = HttpUri.Parse("http://a/");
        HttpUri? resolved = null;

        Assert.InRange(Allocation.Of(() => resolved = start.Resolve(reference)), 0, 20_000_000);
        Assert.Equal(string.Concat(Enumerable.Repeat("/a", 10_000)) + "/b", resolved!.Target);
    }
}
