namespace PSNetLab.Engine.Tests;

/// <summary>Handlers of messages that give all their answers at once.</summary>
internal static class Answers
{
    internal static Func<T, IAsyncEnumerable<byte[]>> Of<T>(Func<T, ValueTask<IReadOnlyList<byte[]>>> handler)
        => message => AnswerAsync(handler, message);

    internal static Func<TcpConnection, TcpMessage, IAsyncEnumerable<byte[]>> OfTcp(
        Func<TcpMessage, ValueTask<IReadOnlyList<byte[]>>> handler)
        => (_, message) => AnswerAsync(handler, message);

    private static async IAsyncEnumerable<byte[]> AnswerAsync<T>(Func<T, ValueTask<IReadOnlyList<byte[]>>> handler, T message)
    {
        foreach (byte[] answer in await handler(message))
        {
            yield return answer;
        }
    }
}
