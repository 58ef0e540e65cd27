using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>What a peer nests may be as deep as it wants: no stack ends, and no time without limit passes.</summary>
public sealed class NestingTests
{
    private static readonly JsonSerializerOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Redactor _redactor = new();

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, true)]
    [InlineData(4, false)]
    [InlineData(100, false)]
    [InlineData(20_000, false)]
    public async Task Multipart_bodies_in_each_other_are_left_out_beyond_a_few(int levels, bool isKept)
    {
        string text = $"--x{levels}x\r\nContent-Type: application/json\r\n\r\n{{\"token\":\"S3CRET\"}}";
        text = string.Concat(Enumerable.Range(0, levels)
            .Select(level => $"--x{level}x\r\nContent-Type: multipart/mixed; boundary=x{level + 1}x\r\n\r\n")) + text
            + string.Concat(Enumerable.Range(0, levels + 1).Reverse().Select(level => $"\r\n--x{level}x--"));

        string? redacted = await SmallStack.Run(() => Redact(text, "multipart/mixed; boundary=x0x"));

        Assert.Equal(isKept ? text.Replace("S3CRET", "***", StringComparison.Ordinal) : null, redacted);
    }

    [Theory]
    [InlineData(0, 250, true)]
    [InlineData(3, 60, true)]
    [InlineData(3, 250, false)]
    [InlineData(4, 1, false)]
    [InlineData(0, 257, false)]
    [InlineData(0, 100_000, false)]
    [InlineData(6, 250, false)]
    public async Task JSON_in_texts_of_JSON_is_left_out_beyond_a_few_and_some_levels(int documents, int levels, bool isKept)
    {
        string text = """{"a":[{"password":"S3CRET"}]}""";
        for (int i = 0; i <= documents; i++)
        {
            text = i == 0 ? text : JsonSerializer.Serialize(text, s_plain);
            text = $"{new string('[', Math.Max(0, levels - 3))}{text}{new string(']', Math.Max(0, levels - 3))}";
        }

        foreach (string type in new[] { "application/json", "text/plain", string.Empty, "application/x-ndjson" })
        {
            Redact("""[[{"a":"[[1]]"}]]""", type);
            string? redacted = await SmallStack.Run(() => Redact(text, type));
            Assert.Equal(isKept ? text.Replace("S3CRET", "***", StringComparison.Ordinal) : null, redacted);
        }
    }

    [Fact]
    public async Task A_path_of_many_segments_is_looked_up()
    {
        string path = string.Concat(Enumerable.Repeat("/a", 16_000));
        RouteTable table = new([Route(path), Route("/{x}/b"), Route($"{path}/{{last}}"), Route($"{path}/b")]);

        string? found = await SmallStack.Run(() =>
        {
            int place = -1;
            bool isSlow = false;
            return table.Find("GET"u8, Encoding.ASCII.GetBytes($"{path}/c"), null, ref place, ref isSlow)?.Name;
        });

        Assert.Equal($"{path}/{{last}}", found);
    }

    [Fact]
    public async Task Long_lists_of_objects_are_compared_in_time_in_proportion_to_their_length()
    {
        string list = $"[{string.Concat(Enumerable.Repeat("{},", 400_000))}";
        using JsonDocument one = JsonDocument.Parse($"{list}1]");
        using JsonDocument other = JsonDocument.Parse($"{list}2]");

        Assert.Equal("$[400000]: expected 1, got 2",
            await Task.Run(() => JsonSubset.FirstDifference(one.RootElement, other.RootElement)).Soon());
    }

    private static HttpRoute Route(string path) => new(
        new RequestCriteria { Methods = ["GET"], Path = PathPattern.Parse(path) }, [new StubAnswer()], new RouteSettings { Name = path });

    private string? Redact(string body, string type)
        => _redactor.RedactBody(Encoding.UTF8.GetBytes(body), type) is { } redacted ? Encoding.UTF8.GetString(redacted) : null;
}
