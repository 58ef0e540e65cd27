namespace PSNetLab.Jobs;

/// <summary>
/// Goes through the parts of a first start that touch nothing outside, on another thread: after the import, what PowerShell does when it
/// is told about the objects; once a server starts, what is its own, while PowerShell still reads the parameters. Nearly all that a first
/// start does is to compile, and this has both cores compile.
/// </summary>
/// <remarks>
/// What comes out is thrown away. A fault stays in a task that nobody awaits: the start meets it as well, and has somebody to tell.
/// </remarks>
internal static class Rehearsal
{
    private static readonly object s_gate = new();
    private static Task s_last = Task.CompletedTask;

    /// <summary>Goes through a part, after those before it.</summary>
    internal static void Add(Action part)
    {
        lock (s_gate)
        {
            Task next = s_last.ContinueWith(_ => part(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            s_last = Task.WhenAll(s_last, next);
        }
    }
}
