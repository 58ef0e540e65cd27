using System.Diagnostics;
using PSNetLab.Engine.Http.Files;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Server;

/// <content>What is told of a request.</content>
internal sealed partial class HttpConnection
{
    /// <param name="head">The head of the request; empty when it did not come to its end.</param>
    /// <param name="resource">What it is answered with.</param>
    /// <returns>Null when nobody wants to know.</returns>
    private HttpRequestRecord? NewRecord(ReadOnlySpan<byte> head, Resource resource)
    {
        if (_options.Sink is null && _options.Log is null)
        {
            return null;
        }

        HttpRequestRecord record = !head.IsEmpty && _request.FailedStatus == 0
            ? new(this, head.ToArray())
            : new(this, [string.Empty, string.Empty, VersionText]);
        record.Path = resource is FileForm form ? form.File.Text : resource.Source?.Text;
        return record;
    }

    private string VersionText => _request.Version switch
    {
        HttpVersion.Http10 => "HTTP/1.0",
        HttpVersion.Http11 => "HTTP/1.1",
        _ => string.Empty,
    };

    private void Complete(HttpRequestRecord record, int status, long bytes, long started, bool completed)
    {
        record.Status = status;
        record.BytesSent = bytes;
        record.Duration = Stopwatch.GetElapsedTime(started);
        record.Completed = completed;

        // A server that answers by itself never waits for whoever reads the records.
        _options.Sink?.TryAdd(record);
        _options.Log?.Write(
            record.RemoteEndPoint.Address, _user, record.Time, record.Method, record.Target, record.Version, record.Status, record.BytesSent, record.Referer, record.UserAgent);
    }

    private void Count(long bytes) => Totals = Totals with { MessagesReceived = Totals.MessagesReceived + 1, MessagesSent = Totals.MessagesSent + 1, BytesSent = Totals.BytesSent + bytes };
}
