using System.Management.Automation;
using System.Text;

namespace PSNetLab.Conversion;

/// <summary>Makes payloads of a script's output as it comes. PowerShell hands a byte array on byte by byte, so neighbouring bytes are one payload again.</summary>
internal sealed class ScriptOutput(Encoding encoding, Action<byte[]> onPayload)
{
    private readonly List<byte> _bytes = [];
    private Exception? _error;

    internal void Take(IEnumerable<PSObject?> output)
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

    /// <summary>Says that this was all.</summary>
    internal void End() => EndBytes();

    /// <summary>Throws what the first output that could not be sent has thrown.</summary>
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

    // What comes after a failure is not sent: the peer would take it for the answer that is missing.
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
