using System.Runtime.ExceptionServices;

namespace PSNetLab.Engine.Tests;

/// <summary>Runs something in a thread with half of the stack that a thread of an event loop has.</summary>
internal static class SmallStack
{
    private const int Bytes = 256 * 1024;

    internal static async Task<T> Run<T>(Func<T> action)
    {
        TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(
            () =>
            {
                try
                {
                    done.SetResult(action());
                }
                catch (Exception error)
                {
                    done.SetException(ExceptionDispatchInfo.SetCurrentStackTrace(error));
                }
            },
            Bytes) { IsBackground = true };
        thread.Start();
        return await done.Task.Soon();
    }
}
