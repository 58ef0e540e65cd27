using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>What PowerShell hands over.</summary>
internal static class PSObjects
{
    /// <summary>The object itself, if PowerShell has wrapped it.</summary>
    [return: NotNullIfNotNull(nameof(item))]
    internal static object? Unwrapped(this object? item) => item is PSObject wrapped ? wrapped.BaseObject : item;
}
