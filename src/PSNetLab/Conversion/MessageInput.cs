using System.Buffers;
using System.Management.Automation;
using System.Text;

namespace PSNetLab.Conversion;

/// <summary>The messages in what a cmdlet is given, one argument or pipeline object after the other.</summary>
/// <param name="cmdlet">The cmdlet, which warns when the pipeline takes bytes apart.</param>
/// <param name="joins">Whether everything together is one message (-Raw).</param>
internal sealed class MessageInput(PSCmdlet cmdlet, bool joins)
{
    private readonly ArrayBufferWriter<byte> _joined = new();
    private bool _hasJoined;
    private bool _followsByte;
    private bool _warned;

    /// <summary>The messages to send now; none if they are to be joined.</summary>
    internal IEnumerable<byte[]> Take(object? message, Encoding encoding)
    {
        if (!joins)
        {
            Watch(message);
            return Payload.FromArgument(message, encoding);
        }

        foreach (byte[] part in Payload.FromArgument(message, encoding))
        {
            _joined.Write(part);
            _hasJoined = true;
        }

        return [];
    }

    /// <summary>The one message of -Raw, when there is no more input for it; none otherwise.</summary>
    internal IEnumerable<byte[]> TakeRest()
    {
        if (!_hasJoined)
        {
            return [];
        }

        byte[] joined = _joined.WrittenSpan.ToArray();
        _joined.ResetWrittenCount();
        _hasJoined = false;
        return [joined];
    }

    /// <summary>Warns at the second of two single bytes in a row: somebody piped a byte array.</summary>
    private void Watch(object? message)
    {
        bool isByte = cmdlet.MyInvocation.ExpectingInput && message.Unwrapped() is byte;
        if (isByte && _followsByte && !_warned)
        {
            _warned = true;
            cmdlet.WriteWarning("The pipeline takes a byte array apart, so each byte is sent as a message. "
                + "Pass the array with -Message to send it as one message, or use -Raw to send all bytes together as they are.");
        }

        _followsByte = isByte;
    }
}
