using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Terminal;

/// <summary>Sends what a session says, one after the other, while the session goes on.</summary>
/// <remarks>A peer that does not read holds up what is to be sent, and never the keyboard.</remarks>
internal sealed class SessionSender(TcpConnection connection, SaidLog log, CancellationToken leaving)
{
    private const int PieceBytes = 64 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private Task _last = Task.CompletedTask;
    private long _waiting;

    /// <summary>Sentences for the user.</summary>
    internal ConcurrentQueue<string> Notes { get; } = new();

    /// <summary>The fault that ended the connection while something was sent; null if there is none.</summary>
    internal NetLabException? Fault { get; private set; }

    /// <summary>Whether this side has ended its stream, or is about to.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Bytes that have not been handed to the system.</summary>
    internal long Waiting => Interlocked.Read(ref _waiting);

    /// <summary>Completes when everything was sent, or given up.</summary>
    internal Task Last => _last;

    /// <summary>Sends a message in the framing of the connection.</summary>
    internal void Send(byte[] message)
    {
        Interlocked.Add(ref _waiting, message.Length);
        Then(async () =>
        {
            try
            {
                if (await EncodeAsync(message).ConfigureAwait(false) is { } frame)
                {
                    await connection.SendAsync(frame, 1, leaving).ConfigureAwait(false);
                    log.Add(isPeer: false, message);
                }
            }
            finally
            {
                Interlocked.Add(ref _waiting, -message.Length);
            }
        });
    }

    /// <summary>Sends the content of a file as it is.</summary>
    /// <param name="opening">Opens the file; it is closed.</param>
    internal void SendFile(Task<FileStream> opening) => Then(async () =>
    {
        FileStream file;
        try
        {
            file = await opening.WaitAsync(leaving).ConfigureAwait(false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Notes.Enqueue(error.Message);
            return;
        }

        using (file)
        {
            long sent = 0;
            while (await ReadAsync(file).ConfigureAwait(false) is { Length: > 0 } piece)
            {
                await connection.SendAsync(piece, 0, leaving).ConfigureAwait(false);
                log.Add(isPeer: false, piece);
                sent += piece.Length;
            }

            Notes.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{sent} bytes of {Path.GetFileName(file.Name)} were sent."));
        }
    });

    /// <summary>Ends the stream of this side, after what is being sent.</summary>
    internal void HalfClose()
    {
        HasEnded = true;
        Then(() => connection.HalfCloseAsync(leaving).AsTask());
    }

    /// <summary>Closes the connection, after what is being sent if the peer takes it soon.</summary>
    internal void Close()
    {
        HasEnded = true;
        Task before = _last;
        _last = CloseAsync();

        async Task CloseAsync()
        {
            await before.WaitAsync(s_patience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            connection.Close(TcpCloseReason.LocalClosed);
        }
    }

    private void Then(Func<Task> work)
    {
        Task before = _last;
        _last = RunAsync();

        async Task RunAsync()
        {
            await before.ConfigureAwait(false);
            try
            {
                await work().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The session is over.
            }
            catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or NetLabException)
            {
                // After the end, there is a better reason than that nothing more can be sent.
                if (!connection.IsClosed)
                {
                    Fault = connection.Fail(error);
                }
            }
        }
    }

    /// <summary>The frame of a message; null, with a note, if the framing cannot carry it.</summary>
    private async ValueTask<byte[]?> EncodeAsync(byte[] message)
    {
        MessageFraming framing = connection.Frames;
        try
        {
            byte[] prepared = await framing.PrepareAsync(message, connection.Remote, leaving).ConfigureAwait(false);
            byte[] frame = new byte[framing.EncodedLength(prepared)];
            framing.Encode(prepared, frame);
            return frame;
        }
        catch (NetLabException fault)
        {
            Notes.Enqueue(fault.Message);
            return null;
        }
    }

    /// <summary>The next piece of a file; empty at its end, or if it cannot be read.</summary>
    private async Task<byte[]> ReadAsync(FileStream file)
    {
        await LoopThread.Leave();
        byte[] piece = new byte[PieceBytes];
        try
        {
            return piece[..await file.ReadAsync(piece, leaving).AsTask().WaitAsync(leaving).ConfigureAwait(false)];
        }
        catch (IOException error)
        {
            Notes.Enqueue(error.Message);
            return [];
        }
    }
}
