using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>The script blocks of -Framing.</summary>
/// <param name="Parse">Finds the first message in bytes.</param>
/// <param name="Format">Makes the bytes of a message; null if it is sent as it is.</param>
internal sealed record FramingBlocks(ScriptBlock Parse, ScriptBlock? Format);
