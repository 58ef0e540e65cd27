using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Checks;

/// <summary>Watches the beginning of a handshake for a server that does not speak TLS, on which SslStream might wait for ever.</summary>
/// <param name="onStrange">Called when the answer is known not to be TLS.</param>
internal sealed class FirstAnswer(Action onStrange) : ITap
{
    private readonly ServerAnswer _answer = new(wantsCertificates: false);

    /// <summary>The beginning of an answer that is not TLS; null if it is TLS.</summary>
    internal string? Strange => _answer.Kind == ServerAnswerKind.NotTls ? _answer.Beginning : null;

    /// <inheritdoc/>
    public void OnReceived(ReadOnlySpan<byte> bytes, long timestamp)
    {
        if (!_answer.IsComplete)
        {
            _answer.Take(bytes);
            if (Strange is not null)
            {
                onStrange();
            }
        }
    }

    /// <inheritdoc/>
    public void OnSent(ReadOnlySpan<byte> bytes, long timestamp)
    {
    }
}
