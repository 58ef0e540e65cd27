using System.Buffers.Binary;

namespace PSNetLab.Engine.Http.Files;

/// <summary>The checksum of gzip (RFC 1952, section 8), eight bytes at a time.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Step = 8;

    // For each byte of a step, what it adds to the checksum after the bytes that follow it in the step.
    private static readonly uint[] s_table = MakeTable();

    /// <param name="checksum">The checksum of what comes before; 0 for nothing.</param>
    /// <param name="data">More data.</param>
    internal static uint Append(uint checksum, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<uint> table = s_table;
        uint crc = ~checksum;
        while (data.Length >= Step)
        {
            uint low = crc ^ BinaryPrimitives.ReadUInt32LittleEndian(data);
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
            crc = table[0x700 + (byte)low] ^ table[0x600 + (byte)(low >> 8)]
                ^ table[0x500 + (byte)(low >> 16)] ^ table[0x400 + (int)(low >> 24)]
                ^ table[0x300 + (byte)high] ^ table[0x200 + (byte)(high >> 8)]
                ^ table[0x100 + (byte)(high >> 16)] ^ table[(int)(high >> 24)];
            data = data[Step..];
        }

        foreach (byte one in data)
        {
            crc = table[(byte)(crc ^ one)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] MakeTable()
    {
        uint[] table = new uint[Step * 256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint crc = i < 256 ? i : table[i - 256];
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ Polynomial;
            }

            table[i] = crc;
        }

        return table;
    }
}
