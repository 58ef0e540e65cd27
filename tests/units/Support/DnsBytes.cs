using System.Buffers.Binary;
using System.Text;
using PSNetLab.Engine.Checks.Dns;

namespace PSNetLab.Engine.Tests;

/// <summary>Writes DNS messages as a server would.</summary>
internal sealed class DnsBytes
{
    private readonly List<byte> _bytes = [];

    /// <summary>A header; the counts are of questions, answers, authorities and additional records.</summary>
    internal DnsBytes(int id, int flags, params int[] counts)
    {
        UInt16(id).UInt16(flags);
        for (int i = 0; i < 4; i++)
        {
            UInt16(i < counts.Length ? counts[i] : 0);
        }
    }

    internal int Length => _bytes.Count;

    internal DnsBytes Byte(params int[] values)
    {
        _bytes.AddRange(values.Select(value => (byte)value));
        return this;
    }

    internal DnsBytes UInt16(int value) => Byte(value >> 8, value);

    internal DnsBytes UInt32(long value) => UInt16((int)(value >> 16)).UInt16((int)value);

    internal DnsBytes Name(string name)
    {
        _bytes.AddRange(DnsNames.Encode(name));
        return this;
    }

    /// <summary>A pointer to an earlier name.</summary>
    internal DnsBytes Pointer(int offset) => UInt16(0xC000 | offset);

    internal DnsBytes Text(string text) => Byte(text.Length).Byte([.. Encoding.Latin1.GetBytes(text).Select(value => (int)value)]);

    internal DnsBytes Question(string name, int type) => Name(name).UInt16(type).UInt16(1);

    /// <summary>A record behind its name.</summary>
    internal DnsBytes Record(int type, long timeToLive, Action<DnsBytes> data)
    {
        UInt16(type).UInt16(1).UInt32(timeToLive).UInt16(0);
        int start = Length;
        data(this);
        BinaryPrimitives.WriteUInt16BigEndian(
            System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_bytes)[(start - 2)..], (ushort)(Length - start));
        return this;
    }

    internal DnsBytes Hex(string hex)
    {
        _bytes.AddRange(Convert.FromHexString(hex.Replace(" ", string.Empty, StringComparison.Ordinal)));
        return this;
    }

    internal byte[] ToArray() => [.. _bytes];

    /// <summary>An answer with one record of each kind of field that there is.</summary>
    internal static byte[] Everything() => new DnsBytes(7, 0x8580, 1, 8, 1, 1)
        .Question("www.example.com", 255)
        .Pointer(12).Record(1, 300, data => data.Byte(192, 0, 2, 7))
        .Pointer(12).Record(28, 300, data => data.Hex("20010db8 00000000 00000000 00000001"))
        .Pointer(12).Record(15, 300, data => data.UInt16(10).Byte(4, 'm', 'a', 'i', 'l').Pointer(16))
        .Pointer(12).Record(16, 300, data => data.Text("v=spf1 ").Text("-all"))
        .Pointer(12).Record(
            65,
            300,
            data => data.UInt16(1)
                .Name(".")
                .UInt16(1)
                .UInt16(6)
                .Text("h2")
                .Text("h3")
                .UInt16(3)
                .UInt16(2)
                .UInt16(8443)
                .UInt16(4)
                .UInt16(4)
                .Byte(192, 0, 2, 7))
        .Pointer(12).Record(47, 300, data => data.Name("a.example.com").Byte(0, 6).Hex("400000080003"))
        .Pointer(12).Record(50, 300, data => data.Byte(1, 0).UInt16(10).Byte(2, 0xAB, 0xCD).Byte(2, 0xFF, 0x00).Byte(0, 1, 0x40))
        .Pointer(12).Record(
            46,
            300,
            data => data.UInt16(1)
                .Byte(13, 3)
                .UInt32(300)
                .UInt32(1767225600)
                .UInt32(1764547200)
                .UInt16(4711)
                .Name("example.com")
                .Hex("0102"))
        .Pointer(16).Record(
            6,
            60,
            data => data.Name("ns1.example.com")
                .Name("host\\.master.example.com")
                .UInt32(1)
                .UInt32(2)
                .UInt32(3)
                .UInt32(4)
                .UInt32(4294967295))
        .Byte(0).UInt16(41).UInt16(1232).UInt32(0x8000).UInt16(8).UInt16(15).UInt16(4).UInt16(18).Byte('n', 'o')
        .ToArray();
}
