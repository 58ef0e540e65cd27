using System.Text;

namespace PSNetLab.Engine.Primitives;

/// <summary>How text becomes bytes and back where nothing else was asked for.</summary>
internal static class TextEncoding
{
    /// <summary>UTF-8 without a byte order mark.</summary>
    internal static readonly Encoding Default = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}
