using System.Net;

namespace PSNetLab.Engine.Primitives;

/// <summary>
/// What a property of the objects that users get shows of an endpoint: a text, so that JSON, CSV and comparisons have one, too.
/// </summary>
internal static class EndPointText
{
    /// <summary>Makes it. The module gives the text an Address and a Port; the engine knows nothing of PowerShell.</summary>
    internal static Func<IPEndPoint, object> Of { get; set; } = static endPoint => endPoint.ToString();
}
