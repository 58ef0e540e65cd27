using System.Management.Automation;
using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Framing;

namespace PSNetLab.Jobs;

/// <summary>The script block that answers datagrams.</summary>
internal sealed class UdpScript : IDisposable
{
    private readonly ScriptRunner _runner;
    private readonly AnswerScript _answer;

    /// <param name="script">The script block.</param>
    /// <param name="caller">The cmdlet that starts the server.</param>
    /// <param name="throttleLimit">How many may run at once.</param>
    /// <param name="encoding">How text becomes bytes.</param>
    internal UdpScript(ScriptBlock script, PSCmdlet caller, int throttleLimit, Encoding encoding)
    {
        _runner = new ScriptRunner(caller, throttleLimit);
        _answer = new AnswerScript(new JobScript(script, caller), _runner, encoding, RawFraming.Instance);
    }

    /// <summary>Answers a datagram.</summary>
    internal Task AnswerAsync(UdpMessage message, NetJob job, Func<byte[], ValueTask> send)
        => _answer.RunAsync(message, () => $"message {message.Sequence} of {message.Remote}", message.Remote, job, send, _ => { });

    /// <inheritdoc cref="ScriptRunner.Prepare"/>
    internal void Prepare() => _runner.Prepare();

    /// <inheritdoc cref="ScriptRunner.Stop"/>
    internal void Stop() => _runner.Stop();

    /// <inheritdoc/>
    public void Dispose() => _runner.Dispose();
}
