using System.Text;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Tests;

/// <summary>A response as a client reads it.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Head">The status line and the fields, without the empty line.</param>
/// <param name="Body">The content.</param>
internal sealed record HttpAnswer(int Status, string Head, byte[] Body)
{
    internal string Text => Encoding.UTF8.GetString(Body);

    internal IEnumerable<string> FieldNames => Head.Split("\r\n").Skip(1).Select(line => line[..line.IndexOf(':')]);

    /// <summary>The value of a field; null when it is not there. One that is there twice fails the test.</summary>
    internal string? this[string field]
    {
        get
        {
            string name = $"\r\n{field}:";
            int start = Head.IndexOf(name, StringComparison.OrdinalIgnoreCase);
            if (start < 0)
            {
                return null;
            }

            start += name.Length;
            Assert.True(Head.IndexOf(name, start, StringComparison.OrdinalIgnoreCase) < 0, $"{field} is there twice: {Head}");
            int end = Head.IndexOf("\r\n", start, StringComparison.Ordinal);
            return Head[start..(end < 0 ? Head.Length : end)].Trim();
        }
    }

    public override string ToString() => $"{Head}\r\n\r\n{Body.Length} bytes";
}
