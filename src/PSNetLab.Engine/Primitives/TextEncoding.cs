using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>The default text encoding.</summary>
internal static class TextEncoding
{
    /// <summary>UTF-8 without a byte order mark.</summary>
    internal static readonly Encoding Default = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}
