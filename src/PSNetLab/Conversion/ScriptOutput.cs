using System.Management.Automation;
using System.Text;

namespace PSNetLab.Conversion;

/// <summary>
/// Turns a script's output into payloads as it comes. PowerShell passes on a byte array byte by byte, so adjacent bytes
/// are joined into one payload again.
/// </summary>
internal sealed class ScriptOutput(Encoding encoding, Action<byte[]> onPayload) : IScriptOutput
{
    private readonly List<byte> _bytes = [];
    private Exception? _error;

    /// <inheritdoc/>
    public void Take(IEnumerable<PSObject?> output)
    {
        foreach (PSObject? item in output)
        {
            if (item?.BaseObject is byte one)
            {
                _bytes.Add(one);
                continue;
            }

            EndBytes();
            if (item is not null)
            {
                Emit(() => Payload.From(item, encoding));
            }
        }
    }

    /// <inheritdoc/>
    public void End() => EndBytes();

    /// <summary>Throws the exception of the first output that could not be sent.</summary>
    internal void ThrowIfFailed()
    {
        if (_error is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_error);
        }
    }

    private void EndBytes()
    {
        if (_bytes.Count > 0)
        {
            byte[] bytes = [.. _bytes];
            _bytes.Clear();
            Emit(() => bytes);
        }
    }

    // Nothing is sent after a failure: the peer would take it for the missing answer.
    private void Emit(Func<byte[]> payload)
    {
        if (_error is not null)
        {
            return;
        }

        try
        {
            onPayload(payload());
        }
        catch (Exception error)
        {
            _error = error;
        }
    }
}
