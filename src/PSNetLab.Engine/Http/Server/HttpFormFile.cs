using System.Text;

namespace PSNetLab;

/// <summary>A file in a form that a web server received.</summary>
public sealed class HttpFormFile
{
    internal HttpFormFile(string fileName, string contentType, byte[] data)
    {
        FileName = fileName;
        ContentType = contentType;
        Data = data;
    }

    /// <summary>The name of the file, as the client gave it. It may contain anything: do not use it as a path.</summary>
    public string FileName { get; }

    /// <summary>The Content-Type of the file; empty if the client gave none.</summary>
    public string ContentType { get; }

    /// <summary>The length of the file in bytes.</summary>
    public int Length => Data.Length;

    /// <summary>The content.</summary>
    public byte[] Data { get; }

    /// <summary>The content as text, in UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Data);

    /// <summary>The name of the file.</summary>
    public override string ToString() => FileName;
}
