using PSNetLab.Engine.IO;
using PSNetLab.Engine.Tcp;

namespace PSNetLab;

/// <content>Lending: another protocol has the connection for a while, both ways.</content>
public sealed partial class TcpConnection
{
    /// <summary>Waits for what is being sent, and lends the connection.</summary>
    /// <exception cref="NetLabException">It is closed, this side has ended sending, or somebody else receives from it.</exception>
    internal async Task<Loan> LendAsync(CancellationToken cancellationToken)
    {
        if (!Enter())
        {
            throw Closed();
        }

        bool hasTurn = false;
        try
        {
            await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasTurn = true;
            return IsClosed ? throw Closed() : _sendClosed ? throw TcpFaults.SendingEnded(Remote) : new Loan(this);
        }
        catch
        {
            if (hasTurn)
            {
                _sending.Release();
            }

            Exit();
            throw;
        }
    }

    private NetLabException Closed() => TcpFaults.Closed(Remote);

    /// <summary>A connection in the hands of another protocol, until it is disposed of.</summary>
    internal sealed class Loan : IDisposable
    {
        private readonly TcpConnection _owner;

        internal Loan(TcpConnection owner)
        {
            _owner = owner;
            Received = owner.Reader.LeaveToOther();
        }

        internal Transport Transport => _owner._transport;

        /// <summary>What was received and not yet taken. What is left in it at the end belongs to the connection again.</summary>
        internal ReceiveBuffer Received { get; }

        /// <summary>Bytes that were sent meanwhile.</summary>
        internal long Sent { get; set; }

        /// <summary>Bytes that were received meanwhile.</summary>
        internal long Got { get; set; }

        /// <summary>Whether this side has ended its stream meanwhile.</summary>
        internal bool HasSentEnd { get; set; }

        /// <summary>Whether the peer has ended its stream meanwhile.</summary>
        internal bool HasPeerEnded { get; set; }

        /// <summary>Returns the connection.</summary>
        public void Dispose()
        {
            _owner.Reader.LeaveToOther();
            _owner.BytesSent += Sent;
            _owner.BytesReceived += Got;
            _owner._sendClosed |= HasSentEnd;
            _owner._receiveClosed |= HasPeerEnded;
            _owner.Touch();
            _owner._sending.Release();
            _owner.Exit();
        }
    }
}
