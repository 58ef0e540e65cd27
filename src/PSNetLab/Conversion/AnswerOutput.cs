using System.Management.Automation;
using System.Runtime.ExceptionServices;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Conversion;

/// <summary>Output that may turn out to be of no use.</summary>
internal interface ICheckedOutput
{
    /// <summary>Throws if something about the output was wrong.</summary>
    void ThrowIfFailed();
}

/// <summary>Makes an answer of what a script puts out.</summary>
/// <param name="route">The answer of the route, whose status and fields hold unless the script says otherwise.</param>
/// <param name="mostBytes">The most bytes of text and bytes together.</param>
internal sealed class AnswerOutput(StubAnswer route, int mostBytes) : IScriptOutput, ICheckedOutput
{
    private readonly List<object?> _items = [];
    private readonly List<byte> _bytes = [];
    private long _size;
    private Exception? _error;

    /// <summary>The answer; call this when the script has ended.</summary>
    internal StubAnswer? Answer { get; private set; }

    /// <inheritdoc/>
    /// <remarks>On the script's thread: properties that are scripts themselves need its runspace.</remarks>
    public void Take(IEnumerable<PSObject?> output)
    {
        try
        {
            TakeAll(output);
        }
        catch (Exception error)
        {
            // On this thread it would be an error of the script, who knows where.
            _error ??= error;
        }
    }

    /// <inheritdoc/>
    public void End()
    {
        EndBytes();
        try
        {
            Answer = _error is null ? AnswerInput.FromOutput(_items, route) : null;
        }
        catch (Exception error)
        {
            _error = error;
        }
    }

    /// <inheritdoc/>
    public void ThrowIfFailed()
    {
        if (_error is not null)
        {
            ExceptionDispatchInfo.Throw(_error);
        }
    }

    private void TakeAll(IEnumerable<PSObject?> output)
    {
        foreach (PSObject? item in output)
        {
            object? value = item.Unwrapped();
            _size += value switch
            {
                string text => text.Length,
                byte[] bytes => bytes.Length,
                _ => 1,
            };
            if (_size > mostBytes)
            {
                _items.Clear();
                _bytes.Clear();
                _error ??= new InvalidOperationException($"Its output is longer than {mostBytes} bytes");
                return;
            }

            // PowerShell passes on a byte array byte by byte, unless a comma keeps it whole.
            if (value is byte one)
            {
                _bytes.Add(one);
            }
            else if (value is byte[] whole)
            {
                _bytes.AddRange(whole);
            }
            else
            {
                EndBytes();
                _items.Add(value is null or string or HttpRoute || AnswerInput.StatusOf(value) is not null
                    ? value
                    : new JsonFragment(JsonText.From(item)));
            }
        }
    }

    private void EndBytes()
    {
        if (_bytes.Count > 0)
        {
            _items.Add(_bytes.ToArray());
            _bytes.Clear();
        }
    }
}

/// <summary>Reads what a script puts out as a condition, as if does.</summary>
internal sealed class ConditionOutput : IScriptOutput, ICheckedOutput
{
    private readonly List<object?> _items = [];

    internal bool IsTrue => LanguagePrimitives.IsTrue(_items.Count == 1 ? _items[0] : _items.ToArray());

    /// <inheritdoc/>
    public void Take(IEnumerable<PSObject?> output)
    {
        if (_items.Count < 2)
        {
            _items.AddRange(output);
        }
    }

    /// <inheritdoc/>
    public void End()
    {
    }

    /// <inheritdoc/>
    public void ThrowIfFailed()
    {
    }
}
