using System.Collections;
using System.Management.Automation;
using System.Runtime.CompilerServices;
using PSNetLab.Conversion;

namespace PSNetLab.Binding;

/// <summary>
/// Reads input that comes by pipeline. What cannot be read is bound all the same, so that the cmdlet gets to know of it: of a row that
/// is not bound, PowerShell writes an error, but the cmdlet would never hear, and would call good what was never checked.
/// </summary>
public abstract class InputTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly ConditionalWeakTable<object, NetLabException> s_faults = [];

    /// <inheritdoc/>
    public sealed override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return Read(inputData);
        }
        catch (ArgumentTransformationMetadataException error) when (error.InnerException is not PSInvalidCastException)
        {
            string typed = inputData.Unwrapped() is { } input ? PSObject.AsPSObject(input).ToString() : string.Empty;
            object unread = Unread(typed.Length > 0 ? typed : "nothing");
            s_faults.Add(unread, new NetLabException(FaultKind.InvalidParameters, error.Message, error) { Subject = typed });
            return unread;
        }
    }

    /// <summary>Why a value that was bound cannot be used; null if it can.</summary>
    internal static NetLabException? FaultOf(object? bound)
        => bound is not null && s_faults.TryGetValue(bound, out NetLabException? fault) ? fault : null;

    /// <summary>Reads the value of the parameter.</summary>
    /// <exception cref="ArgumentTransformationMetadataException">
    /// It cannot be read. With a PSInvalidCastException inside, PowerShell tries other parameters that take pipeline input.
    /// </exception>
    private protected abstract Array Read(object? inputData);

    /// <summary>A new value of the parameter's type, to be bound in place of one that cannot be read.</summary>
    /// <param name="typed">What was typed.</param>
    private protected virtual Array Unread(string typed) => new[] { typed };

    /// <summary>The elements of a list, or the one thing.</summary>
    private protected static IEnumerable<object?> Items(object? inputData)
        => inputData.Unwrapped() is IEnumerable list and not (string or IDictionary) ? list.Cast<object?>() : [inputData];
}
