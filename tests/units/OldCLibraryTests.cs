using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>A C library that lacks calls costs time, and nothing else.</summary>
public class OldCLibraryTests
{
    [LinuxFact]
    public Task Files_are_served_with_an_old_c_library() => OwnProcess.RunAsync(["old-c-library", "statx preadv2 memfd_create"]);

    /// <summary>A process of 32 bits does not use the calls whose offsets may be too short there.</summary>
    [LinuxFact]
    public Task Files_are_served_without_offsets_of_64_bits() => OwnProcess.RunAsync(["old-c-library", "sendfile preadv2"]);
}

/// <summary>What the process of such a test does.</summary>
internal static class OldCLibraryRun
{
    internal static async Task RunAsync()
    {
        using WebFolder folder = new();
        byte[] large = WebFolder.Noise(8 * 1024 * 1024);
        byte[] middle = WebFolder.Noise(MemoryFile.LeastBytes);
        FakeTimeProvider clock = new(DateTimeOffset.UtcNow.AddHours(1)); // so that files are kept
        folder.Write("large", large);
        folder.Write("middle", middle);
        folder.Write("text.txt", WebFolder.Prose(10_000));
        folder.Write("folder/name", "content");
        File.WriteAllText(Path.Join(folder.Outside, "file"), "secret");
        File.CreateSymbolicLink(folder.PathOf("link"), Path.Join(folder.Outside, "file"));
        await using TestHttpServer server = new(folder, new() { Folder = folder.Path, Browse = true, Clock = clock });
        using HttpPeer client = await server.ConnectAsync();
        for (int round = 0; round < 3; round++)
        {
            Assert.Equal(large, (await client.GetAsync("/large")).Body);
            Assert.Equal(large[1000..5_000_001], (await client.GetAsync("/large", "Range: bytes=1000-5000000")).Body);
            Assert.Equal(middle, (await client.GetAsync("/middle")).Body);
            Assert.Equal(WebFolder.Prose(10_000), Codings.Decode(await client.GetAsync("/text.txt", "Accept-Encoding: br")));
            Assert.Equal(404, (await client.GetAsync("/missing")).Status);
            Assert.Equal(404, (await client.GetAsync("/link")).Status);
            string listing = (await client.GetAsync("/", "Accept: application/json")).Text;
            Assert.All(
                ["large", "middle", "text.txt", "folder"], name => Assert.Contains($"\"{name}\"", listing, StringComparison.Ordinal));
            Assert.DoesNotContain("\"link\"", listing, StringComparison.Ordinal);
            Assert.Contains("\"name\"", (await client.GetAsync("/folder/", "Accept: application/json")).Text, StringComparison.Ordinal);
        }

        Assert.Equal(0, server.Observer.FaultCount);
    }
}
