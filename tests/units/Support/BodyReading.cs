using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Tests;

/// <summary>Reads bodies in one go.</summary>
internal static class BodyReading
{
    /// <summary>Reads on through all bytes, and leaves the data.</summary>
    internal static ParseStatus Skip(this ref ChunkedBody body, ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = 0;
        ParseStatus status;
        int now;
        do
        {
            status = body.Read(bytes[consumed..], out now, out _);
            consumed += now;
        }
        while (now > 0);
        return status;
    }

    /// <summary>Reads on through all bytes, and collects the data.</summary>
    internal static ParseStatus ReadAll(this ref BodyReader body, ReadOnlySpan<byte> bytes, List<byte> data, out int consumed)
    {
        consumed = 0;
        int now;
        do
        {
            body.Read(bytes[consumed..], out now, out ReadOnlySpan<byte> run);
            data.AddRange(run);
            consumed += now;
        }
        while (now > 0);
        return body.Status;
    }
}
