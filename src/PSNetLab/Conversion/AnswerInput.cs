using System.Globalization;
using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Stub;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Conversion;

/// <summary>
/// What an answer is given as: a number is a status, text a text body, bytes bytes, a script block a script, a route the answers of that
/// route, and anything else JSON.
/// </summary>
internal static class AnswerInput
{
    internal const string ContentType = "Content-Type";

    private const string PlainText = "text/plain; charset=utf-8";
    private const string Json = "application/json";
    private const string AnyBytes = "application/octet-stream";

    /// <summary>The answers in an argument: a list is a sequence, but a list of bytes is one answer.</summary>
    /// <param name="value">The argument.</param>
    /// <param name="caller">The cmdlet, for the variables of scripts.</param>
    internal static IReadOnlyList<StubAnswer> FromArgument(object? value, PSCmdlet caller)
    {
        object? item = value.Unwrapped();
        if (item is not object[] list)
        {
            list = item is System.Collections.IList and not byte[] and not System.Collections.IDictionary
                ? [.. ((System.Collections.IEnumerable)item).Cast<object>()] : [value!];
        }

        bool isBytes = list.Length > 0 && Array.TrueForAll(list, element => element.Unwrapped() is byte);
        return isBytes
            ? [WithBody(new StubAnswer(), Array.ConvertAll(list, element => (byte)element.Unwrapped()!))]
            : [.. list.SelectMany(element => From(element, caller))];
    }

    /// <summary>Gives an answer a body: text, bytes, or anything else as JSON.</summary>
    internal static StubAnswer WithBody(StubAnswer answer, object? body) => body.Unwrapped() switch
    {
        string text => Typed(answer, PlainText) with { Bytes = TextEncoding.Default.GetBytes(text), Kind = "text" },
        byte[] bytes => Typed(answer, AnyBytes) with { Bytes = bytes, Kind = "bytes" },
        _ => Typed(answer, Json) with { Bytes = JsonText.From(body), Kind = "JSON" },
    };

    /// <summary>Sets the Content-Type, unless there is one.</summary>
    internal static StubAnswer Typed(StubAnswer answer, string type)
        => answer.Fields.Any(field => field.Key.Equals(ContentType, StringComparison.OrdinalIgnoreCase))
            ? answer
            : answer with { Fields = [FieldLines.Field(ContentType, type), .. answer.Fields] };

    /// <summary>A status that can be sent.</summary>
    /// <exception cref="NetLabException">It cannot.</exception>
    internal static int CheckStatus(long status)
        => status == 101
            ? throw new NetLabException(FaultKind.InvalidRoute, "Status 101 (Switching Protocols) would end HTTP on the connection. "
                + "Choose another one.") { Subject = status }
            : status is >= HttpStatus.Least and <= HttpStatus.Most ? (int)status
            : throw new NetLabException(FaultKind.InvalidRoute,
                $"{status} is not a status: those have three digits, from 100 to 999.") { Subject = status };

    /// <summary>The answer that a script has put out.</summary>
    /// <param name="items">Its output: a status, a body, or a status and then a body.</param>
    /// <param name="route">The answer of the route, whose status and fields hold unless the output says otherwise.</param>
    internal static StubAnswer FromOutput(IReadOnlyList<object?> items, StubAnswer route)
    {
        StubAnswer answer = route with { Script = null, DelayMilliseconds = default };
        int start = 0;
        if (items.Count > 0 && StatusOf(items[0]) is { } status and >= HttpStatus.Least and <= HttpStatus.Most)
        {
            answer = answer with { Status = CheckStatus(status) };
            start = 1;
        }

        object?[] rest = [.. items.Skip(start)];
        return rest.Length switch
        {
            // Nothing to send is 204 (No Content), but a status of its own stays.
            0 => start == 0 && answer.Status == 200 ? answer with { Status = 204 } : answer,
            1 when rest[0].Unwrapped() is HttpRoute other => other.Steps[0].Script is null ? other.Steps[0]
                : throw new NetLabException(FaultKind.InvalidRoute, "A script block must not answer with a route that has a script "
                    + "block itself."),
            1 => WithBody(answer, rest[0]),
            _ when Array.TrueForAll(rest, item => item.Unwrapped() is string) => WithBody(answer, Lines(rest)),
            _ => WithBody(answer, rest),
        };
    }

    private static IEnumerable<StubAnswer> From(object? value, PSCmdlet caller) => value.Unwrapped() switch
    {
        null => [new StubAnswer { Status = 204 }],
        HttpRoute route => route.Steps,
        ScriptBlock script => [new StubAnswer { Script = new JobScript(script, caller) }],
        var item when StatusOf(item) is { } status => [new StubAnswer { Status = CheckStatus(status) }],
        _ => [WithBody(new StubAnswer(), value)],
    };

    /// <summary>The number of a status; null if it is something else.</summary>
    internal static long? StatusOf(object? item) => item.Unwrapped() switch
    {
        HttpStatusCode status => (long)status,
        int or long or short or ushort or uint => Convert.ToInt64(item.Unwrapped(), CultureInfo.InvariantCulture),
        _ => null,
    };

    private static string Lines(object?[] items)
    {
        StringBuilder text = new();
        foreach (object? item in items)
        {
            text.Append((string)item.Unwrapped()!).Append('\n');
        }

        return text.ToString();
    }
}
