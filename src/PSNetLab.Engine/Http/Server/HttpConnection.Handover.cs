using System.Diagnostics;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Http.Server;

/// <content>Lets readers of records wait for a record that is about to be written.</content>
internal sealed partial class HttpConnection : ISendWaits
{
    // On which side of the Handover the send is counted; -1 while there is none, or while it waits.
    private int _side = -1;
    private bool _isSending;
    private long _sendingSince;

    void ISendWaits.OnPaused() => Uncount();

    void ISendWaits.OnResumed()
    {
        // The end of a TLS stream is sent, too, but no record follows it.
        if (_isSending)
        {
            Count();
        }
    }

    /// <summary>
    /// From here to <see cref="EndSend"/>, a reader of records waits for this connection, unless the send itself has to wait.
    /// </summary>
    private void BeginSend()
    {
        _isSending = true;
        Count();
    }

    private void EndSend()
    {
        _isSending = false;
        Uncount();
    }

    private void Count()
    {
        if (_options.Observer is { } observer)
        {
            _side = observer.Handover.Begin();
            _sendingSince = Stopwatch.GetTimestamp();
        }
    }

    private void Uncount()
    {
        if (_side >= 0)
        {
            _options.Observer!.Handover.End(_side);
            _side = -1;
        }
    }
}
