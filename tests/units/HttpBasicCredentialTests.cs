using System.Text;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

public class HttpBasicCredentialTests
{
    [Theory]
    [InlineData("Aladdin", "open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")] // the examples of RFC 7617, sections 2 and 2.1
    [InlineData("test", "123£", "Basic dGVzdDoxMjPCow==")]
    [InlineData("Aladdin", "open sesame", "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Aladdin", "open sesame", "BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    public void The_right_user_and_password_are_valid(string user, string password, string authorization)
        => Assert.True(IsValid(new BasicCredential(user, password), authorization));

    [Theory]
    [InlineData("user", "")]
    [InlineData("", "password")]
    [InlineData("", "")]
    [InlineData("user", "pass:word:")]
    [InlineData("用户", "密码🔑")]
    [InlineData("user", " spaces ")]
    public void Unusual_users_and_passwords_are_valid(string user, string password)
    {
        Assert.True(IsValid(new BasicCredential(user, password), Header($"{user}:{password}")));
        Assert.False(IsValid(new BasicCredential(user, password), Header($"{user}:{password}x")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Basic ")]
    [InlineData("BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")]
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ===")]
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==")] // bits that count for nothing
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==, Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Basic qwxhzgrpbjpvcgvuihnlc2ftzq==")]
    [InlineData("Basic Aladdin:open sesame")]
    [InlineData("Basic =")]
    [InlineData("Basic \0")]
    public void Anything_else_is_not(string authorization)
        => Assert.False(IsValid(new BasicCredential("Aladdin", "open sesame"), authorization));

    [Theory]
    [InlineData("Aladdin:open")]
    [InlineData("Aladdin:open sesamE")]
    [InlineData("aladdin:open sesame")]
    [InlineData("Aladdin:open sesame ")]
    [InlineData("Aladdin")]
    [InlineData(":")]
    [InlineData("")]
    public void Another_user_or_password_is_not_valid(string userAndPassword)
        => Assert.False(IsValid(new BasicCredential("Aladdin", "open sesame"), Header(userAndPassword)));

    [Fact]
    public void A_password_is_compared_in_its_composed_form()
        => Assert.True(IsValid(new BasicCredential("user", "cafe\u0301"), Header("user:caf\u00E9"))); // RFC 7617, section 2.1

    [Fact]
    public void A_long_value_is_refused_like_any_other()
        => Assert.False(IsValid(new BasicCredential("user", "password"), "Basic " + new string('A', 1_000_000)));

    [Theory]
    [InlineData("us:er", "password", "'us:er'")]
    [InlineData(":", "", "':'")]
    [InlineData("us\ner", "password", "control character")]
    [InlineData("user", "pass\u007Fword", "control character")]
    [InlineData("user", "\0", "control character")]
    public void What_cannot_be_sent_is_refused(string user, string password, string words)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => new BasicCredential(user, password));
        Assert.Equal(FaultKind.InvalidParameters, fault.Kind);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("password'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => new BasicCredential("user", "\uD800"));
        Assert.Equal(FaultKind.InvalidParameters, fault.Kind);
    }

    [Fact]
    public void Checking_allocates_nothing()
    {
        BasicCredential credential = new("Aladdin", "open sesame");
        Assert.Equal(0, Allocation.Of(() => credential.IsValid("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="u8)));
    }

    private static string Header(string userAndPassword) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(userAndPassword));

    private static bool IsValid(BasicCredential credential, string authorization)
        => credential.IsValid(Encoding.UTF8.GetBytes(authorization));
}
