using Microsoft.Win32.SafeHandles;
using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>The body of an answer while it is sent: bytes, or an open file.</summary>
internal sealed class AnswerBody : IDisposable
{
    // A slow body comes in so many pieces a second, at most.
    private const int MostPiecesPerSecond = 20;
    private const int MostBytesAtOnce = 64 * 1024;

    private readonly byte[] _bytes;
    private SafeFileHandle? _file;

    private AnswerBody(byte[] bytes, SafeFileHandle? file)
    {
        _bytes = bytes;
        _file = file;
        Length = file is null ? bytes.Length : RandomAccess.GetLength(file);
    }

    internal long Length { get; }

    /// <exception cref="IOException">The file is not there.</exception>
    internal static AnswerBody Open(StubAnswer answer) => new(
        answer.Bytes,
        answer.File is null ? null
            : File.OpenHandle(answer.File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete,
                FileOptions.Asynchronous));

    /// <summary>When the file was modified; null without one.</summary>
    internal DateTime? Modified => _file is null ? null : File.GetLastWriteTimeUtc(_file);

    /// <summary>The same body for somebody else, who closes it.</summary>
    internal AnswerBody Keep()
    {
        AnswerBody kept = new(_bytes, _file);
        _file = null;
        return kept;
    }

    /// <summary>The content of an answer, which closes the file.</summary>
    internal Content ToContent()
    {
        if (_file is not { } file)
        {
            return Content.Of(_bytes);
        }

        _file = null;
        return Content.OfFile(Length).From(file);
    }

    /// <summary>Sends a part of the body.</summary>
    /// <param name="send">Sends a piece.</param>
    /// <param name="start">Where the part begins.</param>
    /// <param name="count">Its length.</param>
    /// <param name="bytesPerSecond">How fast; 0 for as fast as possible.</param>
    /// <param name="delay">Waits.</param>
    internal async ValueTask SendAsync(Func<ReadOnlyMemory<byte>, ValueTask> send, long start, long count, int bytesPerSecond,
        Func<TimeSpan, ValueTask> delay)
    {
        int piece = bytesPerSecond == 0 ? MostBytesAtOnce : Math.Clamp(bytesPerSecond / MostPiecesPerSecond, 1, MostBytesAtOnce);
        byte[] buffer = new byte[_file is null ? 0 : piece];
        long end = Math.Min(start + count, Length);
        while (start < end)
        {
            int length = (int)Math.Min(piece, end - start);
            if (bytesPerSecond > 0)
            {
                await delay(TimeSpan.FromSeconds((double)length / bytesPerSecond)).ConfigureAwait(false);
            }

            if (_file is null)
            {
                await send(_bytes.AsMemory((int)start, length)).ConfigureAwait(false);
            }
            else
            {
                length = await RandomAccess.ReadAsync(_file, buffer.AsMemory(0, length), start).ConfigureAwait(false);
                if (length == 0)
                {
                    throw new EndOfStreamException("The file has become shorter.");
                }

                await send(buffer.AsMemory(0, length)).ConfigureAwait(false);
            }

            start += length;
        }
    }

    public void Dispose() => _file?.Dispose();
}
