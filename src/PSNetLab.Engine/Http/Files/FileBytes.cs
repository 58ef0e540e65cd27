using Microsoft.Win32.SafeHandles;

namespace PSNetLab.Engine.Http.Files;

/// <summary>Reads parts of files.</summary>
internal static class FileBytes
{
    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>How many bytes were read.</returns>
    internal static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int count = 0;
        while (count < buffer.Length && RandomAccess.Read(file, buffer[count..], offset + count) is > 0 and int read)
        {
            count += read;
        }

        return count;
    }
}
