using PSNetLab.Engine.Http.Client;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>A request as it went over the wire.</summary>
public sealed class HttpSentRequest
{
    private readonly int _headLength;

    /// <param name="head">What was sent first: the whole head, unless it is malformed.</param>
    /// <param name="content">What was sent after it: the body with its framing.</param>
    internal HttpSentRequest(byte[] head, byte[] content)
    {
        AllBytes = content.Length == 0 ? head : [.. head, .. content];
        int end = HeadRepair.FindEnd(AllBytes, examined: 0);
        int headLength = end < 0 ? AllBytes.Length : end;

        // What is malformed on purpose is taken apart, too.
        string[] lines = Array.ConvertAll(
            HttpSyntax.ToText(AllBytes.AsSpan(0, headLength)).TrimStart('\r', '\n').Split('\n'), static line => line.TrimEnd('\r'));
        string[] words = lines[0].Split(' ', 3);
        (Method, Target, Version) = (words[0], words.ElementAtOrDefault(1) ?? string.Empty, words.ElementAtOrDefault(2) ?? string.Empty);
        Headers = new HttpFields(lines.Skip(1).Where(line => line.Contains(':', StringComparison.Ordinal)).Select(Field));
        _headLength = headLength;
    }

    /// <summary>The method, such as GET.</summary>
    public string Method { get; }

    /// <summary>The target, such as /path?query.</summary>
    public string Target { get; }

    /// <summary>The version, such as HTTP/1.1.</summary>
    public string Version { get; }

    /// <summary>The header fields, in their order.</summary>
    public HttpFields Headers { get; }

    /// <summary>What follows the head: the body with its framing. With -Raw, what follows the first empty line.</summary>
    public object Content => FileValue.With(ContentBytes);

    /// <summary>All bytes.</summary>
    public object Bytes => FileValue.With(AllBytes);

    /// <summary>All bytes as text.</summary>
    public string Text => ShownBody.Decode(AllBytes, Headers["Content-Type"]);

    internal byte[] ContentBytes => AllBytes[_headLength..];

    internal byte[] AllBytes { get; }

    /// <summary>The request line.</summary>
    public override string ToString() => $"{Method} {Target} {Version}".TrimEnd();

    private static HttpField Field(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return new HttpField(line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
    }
}
