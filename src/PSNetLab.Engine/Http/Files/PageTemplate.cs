using System.Security.Cryptography;
using System.Text;

namespace PSNetLab.Engine.Http.Files;

/// <summary>
/// A page from the folder Pages. In it, {{file.ext}} is replaced by another of these files and {{name}} by a value.
/// </summary>
internal sealed class PageTemplate
{
    private readonly List<(byte[] Markup, string Field)> _parts = [];
    private readonly List<string> _styles = [];
    private readonly List<string> _scripts = [];
    private readonly StringBuilder _markup = new();

    internal PageTemplate(string file)
    {
        Read(Resource(file));
        EndPart("");
        ContentSecurityPolicy =
            $"default-src 'none'; {Source("style-src", _styles)}; {Source("script-src", _scripts)}; "
            + "img-src data:; base-uri 'none'; form-action 'none'";
    }

    /// <summary>A policy (Content Security Policy Level 3) that allows only the page's own styles and scripts.</summary>
    internal string ContentSecurityPolicy { get; }

    /// <summary>Writes the page.</summary>
    /// <param name="page">Receives the page.</param>
    /// <param name="fill">Writes the value with the given name.</param>
    internal void Write(PageWriter page, Action<string> fill)
    {
        foreach ((byte[] markup, string field) in _parts)
        {
            page.Markup(markup);
            if (field.Length > 0)
            {
                fill(field);
            }
        }
    }

    private static string Source(string directive, List<string> texts) =>
        texts.Count == 0
            ? $"{directive} 'none'"
            : directive + string.Concat(texts.Select(text => $" 'sha256-{Hash(text)}'"));

    private static string Hash(string text) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Resource(string file)
    {
        using Stream stream = typeof(PageTemplate).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"There is no page {file}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private void Read(ReadOnlySpan<char> text)
    {
        int open;
        while ((open = text.IndexOf("{{")) >= 0)
        {
            int close = open + text[open..].IndexOf("}}");
            _markup.Append(text[..open]);
            Place(text[(open + 2)..close].ToString());
            text = text[(close + 2)..];
        }

        _markup.Append(text);
    }

    private void Place(string name)
    {
        switch (Path.GetExtension(name))
        {
            case ".html":
                Read(Resource(name).TrimEnd());
                break;
            case ".css":
                _styles.Add(Resource(name));
                _markup.Append(_styles[^1]);
                break;
            case ".js":
                _scripts.Add(Resource(name));
                _markup.Append(_scripts[^1]);
                break;
            default:
                EndPart(name);
                break;
        }
    }

    private void EndPart(string field)
    {
        _parts.Add((Encoding.UTF8.GetBytes(_markup.ToString()), field));
        _markup.Clear();
    }
}
