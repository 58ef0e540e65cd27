using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>Files that were sent before, from memory and without a copy.</summary>
public sealed class MemoryFileTests : IDisposable
{
    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public static TheoryData<TransportKind> Kinds => new(TransportPair.Kinds);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_asked_for_again_and_again_comes_whole_and_in_order(TransportKind kind)
    {
        byte[] content = WebFolder.Noise(WebFile.MostBytesKept);
        _folder.Write("a", content);
        _folder.Write("b", "short");
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await ServedConnection.StartAsync(kind, new() { Folder = _folder.Path, Clock = _clock });
        (int Start, int End)[] ranges = [.. Enumerable.Range(0, 100).Select(i => (i, content.Length - 1 - (i * 500)))];

        // More than the sockets hold, so that the server has to stop in the middle.
        await served.Client.SendAsync(string.Concat(ranges.Select(range => string.Create(
            CultureInfo.InvariantCulture,
            $"GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\nRange: "
                + $"bytes={range.Start}-{range.End}\r\n\r\n"))));

        foreach ((int start, int end) in ranges)
        {
            Assert.Equal(content, (await served.Client.AnswerAsync()).Body);
            Assert.Equal("short", (await served.Client.AnswerAsync()).Text);
            Assert.Equal(content[start..(end + 1)], (await served.Client.AnswerAsync()).Body);
        }
    }

    [LinuxFact]
    public async Task There_is_one_of_a_form_until_nobody_sends_it_any_more()
    {
        _folder.Write("a", WebFolder.Noise(MemoryFile.LeastBytes));
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await ServedConnection.StartAsync(
            TransportKind.Epoll, new() { Folder = _folder.Path, Clock = _clock });
        await served.Client.GetAsync("/a");

        FileForm form = served.Site.TryFind("/a"u8, default)!;
        SafeFileHandle file = form.Content.Copy!.File!;

        Assert.Same(file, form.Content.Copy!.File);
        Assert.Equal(MemoryFile.LeastBytes, RandomAccess.GetLength(file));
        served.Site.Files.Clear();
        Assert.True(file.IsClosed);
        Assert.Null(served.Site.TryFind("/a"u8, default));
    }

    [LinuxFact]
    public void There_is_none_of_what_is_short_or_long()
    {
        Assert.Null(MemoryFile.TryCreate(new byte[MemoryFile.LeastBytes - 1]));
        Assert.Null(MemoryFile.TryCreate(new byte[MemoryFile.MostBytes + 1]));
    }

    [LinuxFact]
    public void There_are_not_more_than_there_may_be()
    {
        MemoryFile?[] files =
            [.. Enumerable.Range(0, MemoryFile.Most + 1).Select(_ => MemoryFile.TryCreate(new byte[MemoryFile.LeastBytes]))];

        Assert.Null(files[^1]);
        foreach (MemoryFile? file in files)
        {
            file?.Dispose();
        }
    }
}
