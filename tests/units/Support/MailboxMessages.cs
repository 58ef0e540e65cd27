using PSNetLab.Engine.Messages;

namespace PSNetLab.Engine.Tests;

internal static class MailboxMessages
{
    /// <summary>Waits for so many messages and takes them.</summary>
    internal static async Task<List<T>> TakeAsync<T>(this Mailbox<T> mailbox, int count)
        where T : class
    {
        List<T> all = [];
        T[] some = new T[Math.Min(count, 100)];
        while (all.Count < count)
        {
            await mailbox.WaitForDataAsync(CancellationToken.None).Soon();
            Assert.False(mailbox.IsCompleted && mailbox.Count == 0, $"The messages ended after {all.Count} of {count}.");
            int taken = mailbox.Take(some.AsSpan(0, Math.Min(some.Length, count - all.Count)));
            all.AddRange(some.AsSpan(0, taken));
        }

        return all;
    }
}
