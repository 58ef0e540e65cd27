namespace PSNetLab.Engine.Primitives;

/// <summary>Reads files that may never give anything, such as a named pipe that nobody writes to.</summary>
/// <remarks>
/// Nothing can abort the opening of such a pipe, so it happens on a thread of its own, which is abandoned by who gives up. It ends when
/// the pipe or the process does.
/// </remarks>
internal static class SlowFile
{
    /// <summary>Opens or reads a file. Whoever does not want to wait any longer may leave the task alone.</summary>
    internal static Task<T> ReadAsync<T>(Func<T> read)
        => Task.Factory.StartNew(read, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Blocks the thread until the file is open or read.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    internal static T Read<T>(Func<T> read, CancellationToken cancellationToken)
    {
        Task<T> reading = ReadAsync(read);
        try
        {
            return reading.WaitAsync(cancellationToken).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // What is opened after all is closed at once.
            _ = reading.ContinueWith(
                static late =>
                {
                    _ = late.Exception;
                    if (late.IsCompletedSuccessfully)
                    {
                        (late.Result as IDisposable)?.Dispose();
                    }
                },
                TaskScheduler.Default);
            throw;
        }
    }
}
