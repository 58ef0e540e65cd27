using PSNetLab.Engine.Tcp;

namespace PSNetLab.Engine.Tests;

/// <summary>Handlers of messages that give all their answers at once.</summary>
internal static class Answers
{
    internal static Func<T, Func<byte[], ValueTask>, Task> Of<T>(Func<T, ValueTask<IReadOnlyList<byte[]>>> handler)
        => async (message, send) =>
        {
            foreach (byte[] answer in await handler(message))
            {
                await send(answer);
            }
        };

    internal static TcpAnswering OfTcp(Func<TcpMessage, ValueTask<IReadOnlyList<byte[]>>> handler)
        => (_, message, send, _) => Of(handler)(message!, send);
}
