using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Server;

/// <summary>Lets scripts of any origin read the answers (the CORS protocol of the Fetch standard).</summary>
internal static class CrossOrigin
{
    /// <summary>The fields to add to every answer.</summary>
    internal static KeyValuePair<string, string>[] Fields =>
    [
        FieldLines.Field("Access-Control-Allow-Origin", "*"),
        FieldLines.Field("Access-Control-Expose-Headers", "*"),
    ];

    /// <summary>The same, for answers that may have such fields of their own.</summary>
    internal static readonly (byte[] Name, byte[] Value)[] Usual =
        [.. Fields.Select(field => (Encoding.ASCII.GetBytes(field.Key), Encoding.ASCII.GetBytes(field.Value)))];

    /// <summary>The fields to add to the answer of a preflight request; none for other requests.</summary>
    internal static KeyValuePair<string, string>[] Permissions(HttpExchange exchange, string methods)
    {
        if (!exchange.Request.Has(HttpHeader.AccessControlRequestMethod))
        {
            return [];
        }

        bool namesFields = exchange.Request.Has(HttpHeader.AccessControlRequestHeaders);
        string fields = namesFields ? Encoding.Latin1.GetString(exchange.Get(HttpHeader.AccessControlRequestHeaders)) : "*";
        return
        [
            FieldLines.Field("Access-Control-Allow-Methods", methods),
            FieldLines.Field("Access-Control-Allow-Headers", fields),
            FieldLines.Field("Access-Control-Max-Age", "600"),
        ];
    }
}
