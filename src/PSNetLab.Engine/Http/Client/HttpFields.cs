using System.Collections;
using System.Diagnostics.CodeAnalysis;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>The fields of a header or trailer, in their order: lines that have a Name and a Value.</summary>
[SuppressMessage("Naming", "CA1710", Justification = "Its name in HTTP.")]
public sealed class HttpFields : IReadOnlyList<object>
{
    internal static readonly HttpFields None = new([]);

    private readonly HttpField[] _fields;

    internal HttpFields(IEnumerable<HttpField> fields) => _fields = [.. fields];

    /// <summary>Reads lines that the parser has found good.</summary>
    internal static HttpFields Read(FieldEnumerator lines)
    {
        List<HttpField> fields = [];
        while (lines.MoveNext())
        {
            fields.Add(new HttpField(HttpSyntax.ToText(lines.Name), HttpSyntax.ToText(lines.Value)));
        }

        return fields.Count == 0 ? None : new HttpFields(fields);
    }

    internal IReadOnlyList<HttpField> All => _fields;

    /// <summary>How many fields there are.</summary>
    public int Count => _fields.Length;

    /// <summary>The field at a place, from 0.</summary>
    public object this[int index] => PartedText.Of(_fields[index]);

    /// <summary>
    /// The value of a field, whatever the case of its name; of several, joined by ", " (RFC 9110, section 5.3); null without one.
    /// </summary>
    public string? this[string name]
    {
        get
        {
            string[] values =
                [.. _fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];
            return values.Length == 0 ? null : string.Join(", ", values);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<object> GetEnumerator() => _fields.Select(static field => PartedText.Of(field)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The fields, so that a cell of a CSV file has them, too.</summary>
    public override string ToString() => string.Join("; ", (IEnumerable<HttpField>)_fields);
}
