using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>
/// Passes on a script's output as it comes. PowerShell passes on a byte array byte by byte, so adjacent bytes are joined into one array
/// again.
/// </summary>
/// <param name="onItem">Gets each object, or such an array.</param>
internal sealed class ScriptOutput(Action<object> onItem) : IScriptOutput
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
                Emit(item);
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
            Emit(bytes);
        }
    }

    // Nothing is sent after a failure: the peer would take it for the missing answer.
    private void Emit(object item)
    {
        if (_error is not null)
        {
            return;
        }

        try
        {
            onItem(item);
        }
        catch (Exception error)
        {
            _error = error;
        }
    }
}
