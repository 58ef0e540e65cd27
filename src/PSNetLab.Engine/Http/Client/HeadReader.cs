using System.Diagnostics.CodeAnalysis;
using System.Text;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Client;

/// <summary>Reads the heads of responses, one after the other: strictly, and where that fails, as well as it can.</summary>
/// <remarks>Does no I/O.</remarks>
/// <param name="peer">Who answers, for errors.</param>
/// <param name="limits">How large a head may be.</param>
/// <param name="mends">Whether to read malformed heads as well.</param>
internal sealed class HeadReader(string peer, HttpLimits limits, bool mends = true)
{
    /// <summary>Servers of others may send long cookies and policies.</summary>
    internal static readonly HttpLimits DefaultLimits = new() { StartLineBytes = 16 * 1024, HeaderBytes = 256 * 1024, HeaderCount = 1000 };

    private const int MostShownBytes = 24;

    private readonly ResponseHead _strict = new();
    private string? _complaint;
    private int _examined;

    /// <summary>Reads on.</summary>
    /// <param name="bytes">All bytes so far, from the first one of the head.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="head">The head, once it is complete; its length is how many of the bytes it took.</param>
    /// <returns>Whether it is complete.</returns>
    /// <exception cref="NetLabException">This cannot become a response.</exception>
    internal bool TryRead(ReadOnlySpan<byte> bytes, HttpMethod method, [NotNullWhen(true)] out ReceivedHead? head)
    {
        head = null;
        if (_complaint is null)
        {
            switch (_strict.Parse(bytes, limits))
            {
                case ParseStatus.Incomplete:
                    return false;
                case ParseStatus.Complete:
                    byte[] own = bytes[.._strict.HeadLength].ToArray();
                    head = new ReceivedHead(_strict, own, own, method, Remarks(own));
                    _strict.Reset();
                    return true;
                default:
                    _complaint = _strict.FailedReason;
                    break;
            }
        }

        if (!mends)
        {
            throw Malformed($"{char.ToLowerInvariant(_complaint[0])}{_complaint[1..].TrimEnd('.')}");
        }

        return TryMend(bytes, method, out head);
    }

    private bool TryMend(ReadOnlySpan<byte> bytes, HttpMethod method, [NotNullWhen(true)] out ReceivedHead? head)
    {
        head = null;
        if (!HeadRepair.MayBeResponse(bytes))
        {
            throw Malformed(WhatItIs(bytes));
        }

        int most = limits.StartLineBytes + limits.HeaderBytes;
        int length = HeadRepair.FindEnd(bytes[..Math.Min(bytes.Length, most)], _examined);
        _examined = bytes.Length;
        if (length < 0)
        {
            return bytes.Length < most ? false : throw Malformed($"its head is longer than {most} bytes");
        }

        if (HeadRepair.IsLonger(bytes[..length], limits.HeaderCount))
        {
            throw Malformed($"its header has more than {limits.HeaderCount} lines");
        }

        List<string> remarks = [];
        byte[] mended = HeadRepair.Repair(bytes[..length], remarks);
        if (remarks.Count == 0)
        {
            remarks.Add(_complaint!);
        }

        _strict.Reset();
        if (_strict.Parse(mended, limits) != ParseStatus.Complete)
        {
            throw Malformed(_strict.FailedReason.Length > 0
                ? $"{char.ToLowerInvariant(_strict.FailedReason[0])}{_strict.FailedReason[1..].TrimEnd('.')}"
                : "its head is malformed");
        }

        head = new ReceivedHead(_strict, mended, bytes[..length].ToArray(), method, remarks);
        _strict.Reset();
        _complaint = null;
        _examined = 0;
        return true;
    }

    /// <summary>What the parser lets pass, and others do not.</summary>
    private List<string> Remarks(ReadOnlySpan<byte> head)
    {
        List<string> remarks = [];
        if (head.IndexOf("\r\n "u8) >= 0 || head.IndexOf("\r\n\t"u8) >= 0)
        {
            remarks.Add("A value continues on the next line, which is obsolete (RFC 9112, section 5.2).");
        }

        // HTTP/1.1 200 without the space that must follow even if there is no reason.
        const int StatusEnd = 12;
        if (head[StatusEnd] == '\r')
        {
            remarks.Add("There is no space after the status (RFC 9112, section 4).");
        }

        bool hasFraming = _strict.Has(HttpHeader.ContentLength) || _strict.Has(HttpHeader.TransferEncoding);
        if (hasFraming && _strict.Status is < 200 or 204)
        {
            remarks.Add(
                $"A response with status {_strict.Status} has no body, so it must not say how long it is (RFC 9110, section 8.6).");
        }

        return remarks;
    }

    private static string WhatItIs(ReadOnlySpan<byte> bytes)
    {
        // RFC 8446, section 5.1: an alert. RFC 9113, section 3.4: a server begins with a SETTINGS frame.
        if (bytes.StartsWith("\x15\x03"u8))
        {
            return "it looks like TLS: use https";
        }

        if (bytes.Length >= 4 && bytes[0] == 0 && bytes[3] == 4)
        {
            return "it looks like HTTP/2, which this does not speak";
        }

        ReadOnlySpan<byte> start = bytes[..Math.Min(bytes.Length, MostShownBytes)];
        string text = Encoding.Latin1.GetString(start);
        return text.Any(char.IsControl) && text.TrimEnd('\r', '\n').Any(char.IsControl)
            ? $"it starts with the bytes {Convert.ToHexString(start)}"
            : $"it starts with '{text.TrimEnd('\r', '\n')}'";
    }

    private NetLabException Malformed(string why)
        => new(FaultKind.ResponseMalformed, $"The answer of {peer} is not HTTP/1: {why}. Check the port and the server.");
}
