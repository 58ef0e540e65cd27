using System.Buffers.Binary;
using System.Text;
using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

/// <summary>A folder to serve, deleted at the end of the test.</summary>
internal sealed class WebFolder : IDisposable
{
    // So that there is an outside that belongs to the test.
    private readonly string _parent = Directory.CreateTempSubdirectory("psnetlab-").FullName;

    internal WebFolder()
    {
        Path = System.IO.Path.Join(_parent, "site");
        Outside = System.IO.Path.Join(_parent, "outside");
        Directory.CreateDirectory(Path);
        Directory.CreateDirectory(Outside);
    }

    internal string Path { get; }

    /// <summary>A folder beside the one that is served.</summary>
    internal string Outside { get; }

    internal string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    internal string Write(string name, byte[] content)
    {
        string path = PathOf(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Puts another file in the place of one, as a whole.</summary>
    internal void Replace(string name, byte[] content) => File.Move(Write(name + ".new", content), PathOf(name), overwrite: true);

    internal string PathOf(string name) => System.IO.Path.Join(Path, name);

    /// <summary>
    /// Sets the clock forward until the files are old enough that every change to them can be seen,
    /// and so may be kept in memory. What is written from now on is not.
    /// </summary>
    internal async Task SettleAsync(FakeTimeProvider clock)
    {
        FileStamp[] files =
            [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Select(file => new FilePath(file).Stat())];
        while (Array.Exists(files, file => file.MayChangeUnnoticed(clock)))
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        // The clock of the file system goes on in steps.
        long newest = files.Max(file => Math.Max(file.Modified, file.Changed));
        FilePath probe = new(System.IO.Path.Join(_parent, "probe"));
        await Waiting.Until(() =>
        {
            File.WriteAllText(probe.Text, string.Empty);
            return probe.Stat().Modified > newest + TimeSpan.TicksPerMillisecond;
        });
    }

    /// <summary>Text that compresses well, but not to nothing.</summary>
    internal static byte[] Prose(int length, int seed = 1)
    {
        const string Words = "socket stream datagram port address listen accept connect send receive close ";
        Random random = new(seed);
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++)
        {
            text[i] = (byte)(i % 7 == 0 ? ' ' : Words[random.Next(Words.Length)]);
        }

        return text;
    }

    /// <summary>Bytes that do not compress.</summary>
    internal static byte[] Noise(int length, int seed = 1)
    {
        // SplitMix64: the seeded Random needs longer than most tests for 32 MiB.
        byte[] noise = new byte[length];
        ulong state = (ulong)seed;
        Span<byte> last = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < length; i += sizeof(ulong))
        {
            state += 0x9E3779B97F4A7C15;
            ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            BinaryPrimitives.WriteUInt64LittleEndian(last, mixed ^ (mixed >> 31));
            last[..Math.Min(sizeof(ulong), length - i)].CopyTo(noise.AsSpan(i));
        }

        return noise;
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
