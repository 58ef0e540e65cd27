using System.Text;
using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Native.MacOS;

namespace PSNetLab.Engine.Tests;

/// <summary>Nothing outside of the folder is served, whatever links say and whatever changes meanwhile.</summary>
public sealed class WebRootTests : IDisposable
{
    private const string Secret = "secret";

    private readonly WebFolder _folder = new();
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    public WebRootTests()
    {
        _folder.Write("file", "inside");
        _folder.Write("folder/file", "inside");
        File.WriteAllText(Path.Join(_folder.Outside, "file"), Secret);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("/", "")]
    [InlineData("/file", "/file")]
    [InlineData("//folder///file", "/folder/file")]
    [InlineData("//folder///", "/folder/")]
    [InlineData("/.well-known/a", "/.well-known/a")]
    [InlineData("/a/.well-known", "/a/.well-known")]
    [InlineData("/a..", "/a..")]
    [InlineData("/.git/config", null)]
    [InlineData("/folder/.hidden", null)]
    [InlineData("/.well-known2", null)]
    [InlineData("/..", null)]
    [InlineData("/folder/...", null)]
    public void Paths_on_disk(string urlPath, string? expected)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(expected is null ? null : _folder.Path + expected,
                new WebRoot(_folder.Path, includeHidden: false, followLinks: false).Map(urlPath)?.Text);
        }

        Assert.NotNull(new WebRoot(_folder.Path, includeHidden: true, followLinks: false).Map("/.git/config"));
    }

    [Fact]
    public void A_path_of_too_many_names_is_none()
    {
        WebRoot root = new(_folder.Path, includeHidden: false, followLinks: false);

        Assert.NotNull(root.Map(string.Concat(Enumerable.Repeat("/a", 255))));
        Assert.Null(root.Map(string.Concat(Enumerable.Repeat("/a", 256))));
    }

    [Theory]
    [InlineData("site/file", false, true)]
    [InlineData("site/folder/file", false, true)]
    [InlineData("outside/file", false, false)]
    [InlineData("outside/file", true, true)]
    [InlineData("site-sibling/file", false, false)]
    [InlineData("site/none", true, false)]
    public void Links_to_files(string target, bool followLinks, bool served)
    {
        // Its path begins like that of the root.
        Directory.CreateDirectory(_folder.Path + "-sibling");
        File.WriteAllText(Path.Join(_folder.Path + "-sibling", "file"), Secret);
        string path = Path.Join(Path.GetDirectoryName(_folder.Path), target);
        File.CreateSymbolicLink(_folder.PathOf("absolute"), path);
        File.CreateSymbolicLink(_folder.PathOf("relative"), Path.GetRelativePath(_folder.Path, path));
        Directory.CreateSymbolicLink(_folder.PathOf("directory"), Path.GetDirectoryName(path)!);
        WebRoot root = new(_folder.Path, includeHidden: false, followLinks);

        foreach (string link in new[] { "absolute", "relative", "directory/" + Path.GetFileName(path) })
        {
            using SafeFileHandle? file = root.Open(new FilePath(_folder.PathOf(link)), out FileStamp stamp);
            Assert.Equal(served, file is not null);
            Assert.Equal(served ? FileKind.File : FileKind.Missing, stamp.Kind);
        }
    }

    [Fact]
    public void Folders_and_what_is_no_file_are_not_opened()
    {
        WebRoot root = new(_folder.Path, includeHidden: false, followLinks: true);
        if (OperatingSystem.IsLinux())
        {
            File.CreateSymbolicLink(_folder.PathOf("null"), "/dev/null");
            File.CreateSymbolicLink(_folder.PathOf("loop"), "loop");
            Assert.Null(root.Open(new FilePath(_folder.PathOf("null")), out FileStamp device));
            Assert.Null(root.Open(new FilePath(_folder.PathOf("loop")), out FileStamp loop));
            Assert.Equal((FileKind.Other, FileKind.Missing), (device.Kind, loop.Kind));
        }

        Assert.Null(root.Open(new FilePath(_folder.PathOf("folder")), out FileStamp folder));
        Assert.Equal(FileKind.Folder, folder.Kind);
    }

    [Fact]
    public void A_root_that_is_reached_through_a_link_has_an_inside()
    {
        string link = Path.Join(_folder.Outside, "link");
        Directory.CreateSymbolicLink(link, _folder.Path);
        WebRoot root = new(link, includeHidden: false, followLinks: false);

        using SafeFileHandle? file = root.Open(root.Map("/file")!, out _);
        Assert.NotNull(file);

        // Another folder in its place is another inside.
        string other = Path.Join(_folder.Outside, "other");
        Directory.CreateDirectory(other);
        File.WriteAllText(Path.Join(other, "file"), "other");
        Directory.Delete(link);
        Directory.CreateSymbolicLink(link, other);
        using SafeFileHandle? second = root.Open(root.Map("/file")!, out _);
        Assert.NotNull(second);
    }

    /// <summary>Between the opening and the judgement, somebody lets the path lead elsewhere.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_is_judged_by_where_it_is_and_not_by_where_its_path_leads_now(bool inside)
    {
        string insideFile = _folder.PathOf("file");
        string outsideFile = Path.Join(_folder.Outside, "file");
        string link = _folder.PathOf("link");
        FilePath path = new(link);
        WebRoot root = new(_folder.Path, includeHidden: false, followLinks: false);
        File.CreateSymbolicLink(link, inside ? insideFile : outsideFile);
        using SafeFileHandle opened = path.Open(out _)!;

        File.Delete(link);
        File.CreateSymbolicLink(link, inside ? outsideFile : insideFile);

        Assert.Equal(inside, root.Contains(path, opened));
    }

    /// <summary>The structure of macOS, made by hand from sys/proc_info.h.</summary>
    [Theory]
    [InlineData("/private/tmp/来.txt", "/private/tmp/来.txt")]
    [InlineData("", null)]
    public void Where_macOS_says_that_a_file_is(string path, string? expected)
    {
        byte[] info = new byte[1200];
        info.AsSpan().Fill(0xFF);
        Encoding.UTF8.GetBytes(path + '\0', info.AsSpan(176));

        Assert.Equal(expected, MacFiles.ReadPath(info));
        Assert.Null(MacFiles.ReadPath(info.AsSpan(0, 1199)));
        Assert.Null(MacFiles.ReadPath(default));
    }

    [Fact]
    public void Many_threads_find_the_root_at_the_same_time()
    {
        for (int round = 0; round < 200; round++)
        {
            WebRoot root = new(_folder.Path, includeHidden: false, followLinks: false);
            FilePath path = root.Map("/file")!;
            Parallel.For(0, 8, _ => Assert.True(root.Contains(path)));
        }
    }

    /// <summary>
    /// A link goes back and forth between an inside and an outside as fast as can be, while everything under it is asked for.
    /// </summary>
    [UnixFact]
    public async Task A_link_that_is_exchanged_meanwhile_never_leads_outside()
    {
        File.WriteAllText(Path.Join(_folder.Outside, "only-outside"), Secret);
        File.CreateSymbolicLink(_folder.PathOf("link"), _folder.PathOf("file"));
        Directory.CreateSymbolicLink(_folder.PathOf("links"), _folder.PathOf("folder"));
        await _folder.SettleAsync(_clock);
        await using ServedConnection served = await ServedConnection.StartAsync(
            TransportPair.Kinds[0], new() { Folder = _folder.Path, Clock = _clock, Browse = true });
        using CancellationTokenSource over = new();
        Task swapping = Task.Run(() =>
        {
            string next = Path.Join(_folder.Outside, "next");
            for (int i = 0; !over.IsCancellationRequested; i++)
            {
                File.CreateSymbolicLink(next, i % 2 == 0 ? _folder.PathOf("file") : Path.Join(_folder.Outside, "file"));
                File.Move(next, _folder.PathOf("link"), overwrite: true);
                File.Delete(_folder.PathOf("links"));
                Directory.CreateSymbolicLink(_folder.PathOf("links"), i % 2 == 0 ? _folder.PathOf("folder") : _folder.Outside);
            }
        });

        // Until both sides of the race were run, however the system shares out its time.
        int inside = 0;
        int outside = 0;
        using CancellationTokenSource limit = new(Waiting.Limit);
        try
        {
            for (int i = 0; i < 3000 || inside < 10 || outside < 10; i++)
            {
                limit.Token.ThrowIfCancellationRequested();
                string target = (i % 4) switch { 0 => "/link", 1 => "/links/file", 2 => "/links/", _ => "/links/only-outside" };
                HttpAnswer answer = await served.Client.GetAsync(target, "Accept: application/json");
                Assert.Contains(answer.Status, new[] { 200, 403, 404 });
                Assert.DoesNotContain(Secret, answer.Text, StringComparison.Ordinal);
                Assert.DoesNotContain("only-outside", answer.Text, StringComparison.Ordinal);
                if (i % 4 < 2)
                {
                    inside += answer.Status == 200 ? 1 : 0;
                    outside += answer.Status == 200 ? 0 : 1;
                }
            }
        }
        finally
        {
            await over.CancelAsync();
            await swapping;
        }
    }
}
