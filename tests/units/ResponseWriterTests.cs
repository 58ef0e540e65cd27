using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

public class ResponseWriterTests
{
    [Fact]
    public void The_thread_keeps_the_buffer_for_the_next_answer()
    {
        Write(1000);
        Assert.InRange(Allocation.Of(() => Write(1000)), 0, 1000);
    }

    /// <summary>As several ranges of a file need, which may overlap.</summary>
    [Fact]
    public void A_buffer_that_has_become_large_is_given_back()
    {
        Write(2_000_000);
        Assert.Equal(0, Allocation.Of(() => Write(1000)) / 100_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Write(2_000_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 2_000_000, long.MaxValue);
    }

    private static void Write(int length)
    {
        using ResponseWriter writer = ResponseWriter.Lend();
        writer.Append(new ReadOnlySpan<byte>(s_bytes, 0, length));
    }

    private static readonly byte[] s_bytes = new byte[2_000_000];
}
