using PSNetLab.Engine.Capture.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>The text of an event that is read from a file, in the encoding that the file names.</summary>
public sealed class TranscriptEncodingTests : IDisposable
{
    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("transcript").FullName, "t");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData("us-ascii", "Yf9i", "a\ufffdb")]
    [InlineData("gb18030", "Yf9i", "a\ufffdb")]
    [InlineData("shift_jis", "gQ==", "\ufffd")]
    [InlineData("utf-16", "ANg=", "\ufffd")]
    [InlineData("us-ascii", "Pz8=", "??")]
    [InlineData("gb18030", "wLQ=", "来")]
    public void Invalid_bytes_are_U_FFFD_and_a_question_mark_is_one_that_was_sent(string encoding, string data, string text)
    {
        File.WriteAllText(
            _path,
            """{"time":"2026-01-01T00:00:00Z","connectionId":1,"client":"[::1]:1","server":"[::1]:2","kind":"Data","""
                + $$""" "direction":"ToServer","base64":"{{data}}","encoding":"{{encoding}}"}""");
        NetTranscriptEvent read = Assert.Single(TranscriptFile.Read(_path, [], default));
        Assert.Equal(text, read.Text);
        Assert.Equal(encoding, read.Encoding, ignoreCase: true);
    }
}
