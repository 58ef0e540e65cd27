using System.Buffers.Binary;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Files;

/// <summary>Reads transcripts and captures from files, whose beginning tells their format.</summary>
internal static class TranscriptFile
{
    private const int MagicBytes = 4;
    private const int BufferBytes = 256 * 1024;

    /// <summary>Reads a file, as slowly as its events are taken.</summary>
    /// <param name="path">The file.</param>
    /// <param name="remarks">Gets what is left out, at the end.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="NetLabException">There is no such file, it cannot be read, or it is malformed. Also while enumerating.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled. Also while enumerating.</exception>
    internal static IEnumerable<NetTranscriptEvent> Read(string path, ICollection<string> remarks, CancellationToken cancellationToken)
    {
        string name = PeerText.Visible(Path.GetFileName(path));
        using FileStream file = SlowFile.Read(() => Open(path), cancellationToken);
        byte[] magic = new byte[MagicBytes];
        int count = file.ReadAtLeast(magic, MagicBytes, throwOnEndOfStream: false);

        // Some editors and Windows PowerShell put a mark before text.
        int mark = magic.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        file.Position = mark;
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(magic);
        IEnumerable<NetTranscriptEvent> events = first == Pcapng.SectionHeader && count == MagicBytes
                ? CaptureReader.Read(new PcapngReader(file, name), remarks, cancellationToken)
            : PcapReader.Recognizes(first) && count == MagicBytes
                ? CaptureReader.Read(new PcapReader(file, name), remarks, cancellationToken)
            : magic[mark] == '{'
                ? new JsonLinesReader(file, name).Read(cancellationToken)
            : throw new NetLabException(
                FaultKind.InvalidTranscript,
                $"{name} is neither a capture (pcapng or pcap) nor a transcript of JSON Lines. Export-NetTranscript writes .pcapng "
                    + "and .jsonl.")
            {
                Subject = path,
            };
        foreach (NetTranscriptEvent item in events)
        {
            // One packet or line may make many, and the end of a capture all that was held back.
            cancellationToken.ThrowIfCancellationRequested();
            yield return item;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferBytes);
            if (file.CanSeek)
            {
                return file;
            }

            file.Dispose();
            throw new IOException("it is not a regular file.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetLabException(FaultKind.PathNotFound, $"There is no file {path}.", error) { Subject = path };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NetLabException(FaultKind.FileUnreadable, $"The file {path} cannot be read: {error.Message}", error)
            {
                Subject = path,
            };
        }
    }
}
