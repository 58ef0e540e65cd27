using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>What has no end to append to is refused, and nobody waits for its reader.</summary>
public sealed class AppendedFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("PSNetLab").FullName;
    private readonly FakeTimeProvider _clock = new();

    private string LogPath => Path.Combine(_folder, "access.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [ToolFact("mkfifo")]
    public async Task A_pipe_is_refused_at_once()
    {
        await Tool.RunAsync("mkfifo", LogPath);
        NetLabException fault = await Assert.ThrowsAsync<NetLabException>(
            () => Task.Run(() => new AccessLog(LogPath, AccessLogFormat.Common, _ => { })).Soon());

        Assert.Equal(FaultKind.AccessLogFailed, fault.Kind);
        Assert.Contains("is not a regular file. Choose another file", fault.Message, StringComparison.Ordinal);
    }

    [ToolFact("mkfifo")]
    public async Task A_pipe_in_place_of_the_file_is_refused_until_there_is_a_file_again()
    {
        using AppendedFile file = new(LogPath, _clock);
        File.Delete(LogPath);
        await Tool.RunAsync("mkfifo", LogPath);
        _clock.Advance(TimeSpan.FromSeconds(2));
        for (int time = 0; time < 2; time++)
        {
            IOException error = await Assert.ThrowsAsync<IOException>(
                () => Task.Run(() => file.AppendAsync("x"u8.ToArray()).AsTask()).Soon());
            Assert.Contains("is not a regular file", error.Message, StringComparison.Ordinal);
        }

        File.Delete(LogPath);
        Assert.Equal(1, await file.AppendAsync("x"u8.ToArray()));
        Assert.Equal("x", await File.ReadAllTextAsync(LogPath));
    }

    [LinuxFact]
    public async Task A_device_without_an_end_of_its_own_is_refused_and_one_that_takes_all_is_not()
    {
        using AppendedFile file = new("/dev/null", _clock);
        Assert.Equal(1, await file.AppendAsync("x"u8.ToArray()));
        Assert.Throws<IOException>(() => new AppendedFile("/dev/ptmx", _clock));
    }
}
