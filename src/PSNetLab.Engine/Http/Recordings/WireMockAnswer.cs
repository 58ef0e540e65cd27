using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Reads the answers of stub mappings of WireMock.</summary>
internal static class WireMockAnswer
{
    /// <param name="response">The answer.</param>
    /// <param name="path">The file it is in: files with bodies are in the folder __files beside it, or beside its folder.</param>
    internal static StubAnswer Read(Node response, string path)
    {
        response.Allow("status", "statusMessage", "headers", "body", "jsonBody", "base64Body", "bodyFileName", "fixedDelayMilliseconds",
            "delayDistribution", "fault");
        IEnumerable<KeyValuePair<string, string>> fields = response.TryGet("headers") is { } headers
            ? headers.Members.SelectMany(field => field.Value.Value.ValueKind == JsonValueKind.Array
                ? field.Value.Elements.Select(value => FieldLines.Field(field.Name, value.Text))
                : [FieldLines.Field(field.Name, field.Value.Text)])
            : [];
        byte[] body = response.TryGet("jsonBody") is { } json ? Encoding.UTF8.GetBytes(json.Value.GetRawText())
            : response.TryGet("base64Body") is { } bytes ? bytes.Base64
            : response.TryGet("bodyFileName") is { } file ? ReadBody(file, path)
            : Encoding.UTF8.GetBytes(response.TextOf("body") ?? string.Empty);
        return new StubAnswer
        {
            Status = response.TryGet("status")?.Status ?? 200,
            Fields = RecordingReader.Fields(fields, response),
            Bytes = body,
            DelayMilliseconds = Delay(response),
            Fault = response.TryGet("fault") is { } fault ? Fault(fault) : null,
            Kind = "imported",
        };
    }

    private static (int Least, int Most) Delay(Node response)
    {
        if (response.TryGet("fixedDelayMilliseconds") is { } fixedDelay)
        {
            return Range(fixedDelay.Number, fixedDelay.Number);
        }

        if (response.TryGet("delayDistribution") is not { } distribution)
        {
            return default;
        }

        return distribution.Get("type").Text switch
        {
            "uniform" => Range(distribution.Get("lower").Number, distribution.Get("upper").Number),
            "fixed" => Range(distribution.Get("milliseconds").Number, distribution.Get("milliseconds").Number),
            var type => throw distribution.Fail($"there is no counterpart for '{type}' here; known are uniform and fixed"),
        };

        (int Least, int Most) Range(double least, double most) => least >= 0 && least <= most && most < int.MaxValue
            ? ((int)least, (int)most) : throw response.Fail("a delay is a number of milliseconds");
    }

    private static HttpFault Fault(Node fault) => fault.Text switch
    {
        "EMPTY_RESPONSE" => HttpFault.Empty,
        "CONNECTION_RESET_BY_PEER" => HttpFault.Reset,
        "MALFORMED_RESPONSE_CHUNK" => HttpFault.ChunkError,
        "RANDOM_DATA_THEN_CLOSE" => HttpFault.Garbage,
        var name => throw fault.Fail($"'{name}' is not a fault of WireMock"),
    };

    private static byte[] ReadBody(Node file, string path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string name = file.Text;
        foreach (string root in new[] { Path.Combine(folder, "__files"), Path.Combine(folder, "..", "__files"), folder })
        {
            string full = Path.GetFullPath(Path.Combine(root, name));
            if (full.StartsWith(Path.GetFullPath(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal) && File.Exists(full))
            {
                return RecordingReader.ReadFile(full);
            }
        }

        throw file.Fail($"there is no file '{name}' in __files");
    }
}
