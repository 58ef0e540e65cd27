using System.Net.Sockets;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Http.Client;

/// <summary>What can go wrong with a response.</summary>
internal static class ResponseFaults
{
    /// <summary>The connection has ended or failed before the response was complete.</summary>
    /// <param name="peer">Who answered.</param>
    /// <param name="error">How it failed; null if it ended in good order.</param>
    /// <param name="length">How many bytes of the head, or of the body, had arrived.</param>
    /// <param name="hasHead">Whether the head was complete.</param>
    internal static NetLabException Ended(string peer, Exception? error, long length, bool hasHead)
    {
        if (error is not null && Transport.IsResetError(error))
        {
            string when = hasHead ? $"after {length} bytes of the body"
                : length > 0 ? "in the middle of the head of its answer"
                : "without an answer";
            return new NetLabException(
                FaultKind.ConnectionReset, $"{peer} reset the connection {when}. Look into its log for the reason.", error);
        }

        if (error is SocketException failure)
        {
            return SocketFaults.Other(failure, $"The connection to {peer} failed");
        }

        if (error is not null)
        {
            return new NetLabException(FaultKind.SocketError, $"The connection to {peer} failed: {error.Message}", error);
        }

        return length == 0
            ? new NetLabException(
                FaultKind.NoResponse,
                $"{peer} closed the connection without an answer. Check that it speaks HTTP on this port, and look into its log.")
            : new NetLabException(
                FaultKind.ResponseTruncated,
                $"{peer} closed the connection in the middle of the head of its answer, after {length} bytes.");
    }

    /// <summary>The body cannot be read on.</summary>
    internal static NetLabException Broken(string peer, ReceivedHead head, BodyReader body, bool hasEnded)
    {
        if (!hasEnded)
        {
            return new NetLabException(
                FaultKind.ResponseMalformed,
                $"The chunks of the answer of {peer} are malformed after {body.Length} bytes of the body (RFC 9112, section 7.1).");
        }

        if (body.Framing == BodyFraming.UntilClose)
        {
            return new NetLabException(
                FaultKind.ResponseTruncated,
                $"{peer} ended the connection after {body.Length} bytes of the body, but not TLS, so that the rest may be missing "
                    + "(RFC 9112, section 9.8).");
        }

        string whole = head.ContentLength >= 0
            ? $"{body.Length} of {head.ContentLength} bytes"
            : $"{body.Length} bytes, and without the last chunk";
        return new NetLabException(FaultKind.ResponseTruncated, $"{peer} closed the connection in the middle of the body, after {whole}.");
    }

    internal static NetLabException TooLarge(string peer, long most)
        => new(FaultKind.MessageTooLong, $"The body of the answer of {peer} is longer than {most} bytes. Raise -MaxBodyBytes.");

    internal static NetLabException TooMuchFraming(string peer, long framing, long length)
        => new(FaultKind.MessageTooLong, $"The answer of {peer} has {framing} bytes of chunk sizes and line ends for only {length} bytes "
            + "of its body. Raise -MaxBodyBytes if that is right.");

    internal static NetLabException TooManyInterim(string peer, int most)
        => new(FaultKind.ResponseMalformed, $"{peer} sent more than {most} interim responses (1xx) and no final one.");

    /// <summary>The time is over.</summary>
    internal static NetLabException TimedOut(string peer, TimeSpan limit, ReceivedHead? head, long received, long bodyLength)
    {
        string what = head is not null ? $"sent {bodyLength} bytes of the body but not the rest"
            : received > 0 ? "did not complete the head of its answer"
            : "did not answer";
        return new NetLabException(
            FaultKind.ReceiveTimeout,
            $"{peer} {what} within {TimeText.Seconds(limit)}. Allow more time with -TimeoutSec, or look into its log.");
    }
}
