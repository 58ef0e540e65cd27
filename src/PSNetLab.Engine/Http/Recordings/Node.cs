using System.Globalization;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>A value in a file of JSON that people edit: what is wrong with it is said with its place.</summary>
/// <param name="Value">The value.</param>
/// <param name="Place">Where it is, such as $.entries[2].request.</param>
/// <param name="File">The name of the file, and the entry, for errors.</param>
internal readonly record struct Node(JsonElement Value, string Place, string File)
{
    internal static Node Read(byte[] json, string path)
    {
        string name = Path.GetFileName(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                json.AsMemory(json.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0),
                new JsonDocumentOptions
                {
                    AllowTrailingCommas = true,
                    CommentHandling = JsonCommentHandling.Skip,
                    MaxDepth = JsonObjects.MostDepth, // a body is deeper here than it was by itself
                });
            return new Node(document.RootElement.Clone(), "$", name);
        }
        catch (JsonException error)
        {
            string where = string.Create(
                CultureInfo.InvariantCulture, $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}");
            string why = error.Message.Split(" LineNumber:")[0];
            throw new NetLabException(FaultKind.InvalidRecording, $"{name} is not valid JSON ({where}): {why}", error) { Subject = path };
        }
    }

    internal bool Has(string name) => Value.ValueKind == JsonValueKind.Object && Value.TryGetProperty(name, out _);

    /// <summary>A member, which must be there.</summary>
    internal Node Get(string name) => TryGet(name) ?? throw Fail($"'{name}' is missing");

    /// <summary>A member; null if it is not there, or null.</summary>
    internal Node? TryGet(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object)
        {
            throw Fail($"an object is expected, not {Kind}");
        }

        return Value.TryGetProperty(name, out JsonElement member) && member.ValueKind != JsonValueKind.Null
            ? new Node(member, $"{Place}.{name}", File)
            : null;
    }

    internal string Text
    {
        get
        {
            try
            {
                return Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Fail($"a text is expected, not {Kind}");
            }
            catch (InvalidOperationException)
            {
                throw Fail("this text has half of a character, such as \\ud800 without its other half");
            }
        }
    }

    internal string? TextOf(string name) => TryGet(name)?.Text;

    internal double Number => Value.ValueKind == JsonValueKind.Number && Value.TryGetDouble(out double number)
        ? number : throw Fail($"a number is expected, not {Kind}");

    internal int Status => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out int status) && status is >= 200 and <= 999
        ? status : throw Fail($"a status from 200 to 999 is expected, not {Value.GetRawText()}");

    internal byte[] Base64 => Value.ValueKind == JsonValueKind.String && Value.TryGetBytesFromBase64(out byte[]? bytes)
        ? bytes : throw Fail("this is not base64");

    internal IEnumerable<Node> Elements
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Array)
            {
                throw Fail($"a list is expected, not {Kind}");
            }

            (string place, string file) = (Place, File);
            return Value.EnumerateArray().Select((element, index) => new Node(element, $"{place}[{index}]", file));
        }
    }

    internal IEnumerable<(string Name, Node Value)> Members
    {
        get
        {
            if (Value.ValueKind != JsonValueKind.Object)
            {
                throw Fail($"an object is expected, not {Kind}");
            }

            (string place, string file) = (Place, File);
            return Value.EnumerateObject().Select(member => (member.Name, new Node(member.Value, $"{place}.{member.Name}", file)));
        }
    }

    /// <summary>Fails if there is a member of another name, which is most often a slip of the pen.</summary>
    internal void Allow(params string[] names)
    {
        foreach ((string name, Node value) in Members)
        {
            if (!names.Contains(name))
            {
                throw value.Fail($"there is no '{name}' here; known are {string.Join(", ", names)}");
            }
        }
    }

    /// <summary>The same value as a part of an entry, counted from 1.</summary>
    internal Node Entry(int number) => this with { File = $"{File}, entry {number}" };

    internal NetLabException Fail(string what)
        => new(FaultKind.InvalidRecording, $"{File} ({Place}): {what}.") { Subject = File };

    private string Kind => Value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}
