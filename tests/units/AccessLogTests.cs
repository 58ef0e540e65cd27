using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

public sealed class AccessLogTests : IDisposable
{
    private static readonly DateTime s_time = new(2000, 10, 10, 13, 55, 36, DateTimeKind.Local);
    private static readonly string s_offset = s_time.ToString("zzz", CultureInfo.InvariantCulture)
        .Replace(":", "", StringComparison.Ordinal);

    private readonly string _folder = Directory.CreateTempSubdirectory("PSNetLab").FullName;
    private readonly ConcurrentQueue<NetLabException> _faults = new();
    private readonly FakeTimeProvider _clock = new();

    private string LogPath => Path.Combine(_folder, "access.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(AccessLogFormat.Common, "127.0.0.1 - frank [10/Oct/2000:13:55:36 #] \"GET /a HTTP/1.1\" 200 2326\n")]
    [InlineData(AccessLogFormat.Combined, "127.0.0.1 - frank [10/Oct/2000:13:55:36 #] \"GET /a HTTP/1.1\" 200 2326 "
        + "\"http://localhost/\" \"curl/8\"\n")]
    public async Task Lines_are_appended_in_the_format(AccessLogFormat format, string expected)
    {
        expected = expected.Replace("#", s_offset, StringComparison.Ordinal);
        await File.WriteAllTextAsync(LogPath, "earlier\n");
        await using (AccessLog log = Open(format))
        {
            Assert.Equal("earlier\n", ReadLog());
            log.Write([Record("GET /a HTTP/1.1\r\nReferer: http://localhost/\r\nHost: a\r\nuser-agent: curl/8\r\n\r\n", "frank", 2326)]);
            await Waiting.Until(() => ReadLog() == "earlier\n" + expected);
            log.Write([Record("GET /a HTTP/1.1\r\nReferer: http://localhost/\r\nHost: a\r\nuser-agent: curl/8\r\n\r\n", "frank", 2326)]);
        }

        Assert.Equal("earlier\n" + expected + expected, ReadLog());
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task The_first_line_is_soon_on_the_disk_and_a_busy_server_writes_ten_times_a_second()
    {
        WaitingClock clock = new();
        await using AccessLog log = Open(clock: clock);
        Write(log, "/first");
        await Waiting.Until(() => clock.Waits.Count == 1);
        Write(log, "/with-it");
        clock.Advance(TimeSpan.FromSeconds(1));
        await Waiting.Until(() => clock.Waits.Count == 2);
        Assert.Equal(["/first", "/with-it"], Targets(ReadLog().Split('\n')));
        Assert.Equal([TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100)], clock.Waits);
    }

    [Fact]
    public async Task Lines_of_several_threads_are_whole_and_in_order()
    {
        const int Threads = 4;
        const int Each = 5_000;
        await using (AccessLog log = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                for (int i = 0; i < Each; i++)
                {
                    Write(log, $"/{thread}/{i}");
                }
            }))).Soon();
        }

        string[] targets = Targets(LogPath);
        for (int thread = 0; thread < Threads; thread++)
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"/{thread}/{i}"), targets.Where(
                target => target.StartsWith($"/{thread}/", StringComparison.Ordinal)));
        }

        Assert.Equal(Threads * Each, targets.Length);
        Assert.Empty(_faults);
    }

    [LinuxFact]
    public async Task Two_logs_share_a_file()
    {
        const int Each = 3_000;
        await using (AccessLog first = Open())
        await using (AccessLog second = Open())
        {
            for (int i = 0; i < Each; i++)
            {
                Write(first, $"/1/{i}");
                Write(second, $"/2/{i}");
                if (i % 100 == 0)
                {
                    await Task.Yield();
                }
            }
        }

        Assert.Equal(2 * Each, Targets(LogPath).Distinct().Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as logrotate's "create" does
    public async Task After_a_rotation_lines_go_to_the_new_file(bool isMadeByTheRotation)
    {
        string rotated = LogPath + ".1";
        int count = 0;
        await using (AccessLog log = Open(clock: _clock))
        {
            Write(log, $"/{count++}");
            await PassAsync(() => ReadLog().Length > 0);
            File.Move(LogPath, rotated);
            if (isMadeByTheRotation)
            {
                await File.WriteAllTextAsync(LogPath, "");
            }

            await PassAsync(() =>
            {
                Write(log, $"/{count++}");
                return File.Exists(LogPath) && new FileInfo(LogPath).Length > 0;
            });
        }

        Assert.Equal(Enumerable.Range(0, count).Select(i => $"/{i}"), [.. Targets(rotated), .. Targets(LogPath)]);
        Assert.Empty(_faults);
    }

    [Fact]
    public async Task A_file_that_was_cut_grows_from_its_new_end()
    {
        await using (AccessLog log = Open())
        {
            Write(log, "/before");
            await Waiting.Until(() => ReadLog().Length > 0);
            using (FileStream other = new(LogPath, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                other.SetLength(0);
            }

            Write(log, "/after");
        }

        Assert.Equal(["/after"], Targets(LogPath));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_told_at_once()
    {
        foreach (string path in new[] { Path.Combine(_folder, "missing", "access.log"), _folder, "", "a\0b" })
        {
            NetLabException fault = Assert.Throws<NetLabException>(() => new AccessLog(path, AccessLogFormat.Common, _faults.Enqueue));
            Assert.Equal(FaultKind.AccessLogFailed, fault.Kind);
            Assert.Contains("cannot be opened", fault.Message, StringComparison.Ordinal);
        }
    }

    [LinuxFact]
    public async Task A_full_disk_is_told_once_and_tried_again()
    {
        File.CreateSymbolicLink(LogPath, "/dev/full");
        await using (AccessLog log = Open(clock: _clock))
        {
            Write(log, "/first");
            await PassAsync(() => !_faults.IsEmpty);
            Write(log, "/second");
            Relink(LogPath + ".real");
            await PassAsync(() => File.Exists(LogPath + ".real") && ReadLog().Contains("/second", StringComparison.Ordinal));

            Assert.Equal(["/first", "/second"], Targets(LogPath));
            NetLabException fault = Assert.Single(_faults);
            Assert.Equal(FaultKind.AccessLogFailed, fault.Kind);
            Assert.Contains("No space left", fault.Message, StringComparison.Ordinal);
            Assert.Contains(LogPath, fault.Message, StringComparison.Ordinal);

            Relink("/dev/full");
            await PassAsync(() =>
            {
                Write(log, "/third");
                return _faults.Count == 2; // a new failure
            });
        }

        Assert.Contains("lost", _faults.Last().Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task What_does_not_fit_is_dropped_and_told_once()
    {
        File.CreateSymbolicLink(LogPath, "/dev/full");
        string target = "/" + new string('a', 10_000);
        await using (AccessLog log = Open())
        {
            for (int written = 0; written < 2 * AccessLog.MostBytes; written += target.Length)
            {
                Write(log, target);
            }

            await Waiting.Until(() => _faults.Any(fault => fault.Message.Contains("dropped", StringComparison.Ordinal)));
            Relink(LogPath + ".real");
        }

        Assert.InRange(new FileInfo(LogPath + ".real").Length, AccessLog.MostBytes - 20_000, AccessLog.MostBytes);
        Assert.All(Targets(LogPath), line => Assert.Equal(target, line));
        Assert.Single(_faults, fault => fault.Message.Contains("dropped", StringComparison.Ordinal));
        Assert.Single(_faults, fault => fault.Message.Contains("cannot be written", StringComparison.Ordinal));
        Assert.Equal(2, _faults.Count);
    }

    [LinuxFact]
    public async Task Lines_are_lost_with_a_word_when_the_disk_is_full_to_the_end()
    {
        File.CreateSymbolicLink(LogPath, "/dev/full");
        AccessLog log = Open();
        Write(log, "/");
        await log.DisposeAsync().Soon();

        Assert.Contains(_faults, fault => fault.Message.Contains("lost", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_its_end_a_log_takes_nothing_and_lets_go_of_the_file()
    {
        AccessLog log = Open();
        Write(log, "/1");
        await log.DisposeAsync();
        Write(log, "/2");
        await log.DisposeAsync();

        using FileStream alone = new(LogPath, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Equal(["/1"], Targets(new StreamReader(alone).ReadToEnd().Split('\n')));
    }

    private static void Write(AccessLog log, string target)
        => log.Write([Record($"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n", user: null, bytes: 0)]);

    private static HttpRequestRecord Record(string head, string? user, long bytes)
        => new(1, new IPEndPoint(IPAddress.Loopback, 1), HttpHead.Bytes(head)) { Moment = s_time, User = user, Status = 200,
            BytesSent = bytes };

    private static string[] Targets(string path) => Targets(File.ReadAllLines(path));

    // Every line must be whole.
    private static string[] Targets(string[] lines) => [.. lines.Where(line => line.Length > 0).Select(line =>
    {
        string[] words = line.Split(' ');
        Assert.Equal(["127.0.0.1", "-", "-", "[10/Oct/2000:13:55:36", s_offset + "]", "\"GET", words[6], "HTTP/1.1\"", "200", "0"], words);
        return words[6];
    })];

    private void Relink(string target)
    {
        string link = LogPath + ".link";
        File.CreateSymbolicLink(link, target);
        File.Move(link, LogPath, overwrite: true);
    }

    private AccessLog Open(AccessLogFormat format = AccessLogFormat.Common, TimeProvider? clock = null)
        => new(LogPath, format, _faults.Enqueue, clock);

    private Task PassAsync(Func<bool> condition) => Waiting.Until(
        () =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            return condition();
        },
        tries: 0);

    private string ReadLog()
    {
        using FileStream file = new(LogPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return new StreamReader(file).ReadToEnd();
    }
    /// <summary>Knows for how long it was asked to wait.</summary>
    private sealed class WaitingClock : FakeTimeProvider
    {
        internal ConcurrentQueue<TimeSpan> Waits { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Waits.Enqueue(dueTime);
            return timer;
        }
    }
}
