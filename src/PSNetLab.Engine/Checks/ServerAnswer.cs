using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace PSNetLab.Engine.Checks;

/// <summary>What a server answered to a ClientHello.</summary>
internal enum ServerAnswerKind
{
    /// <summary>Nothing that is complete.</summary>
    None,

    /// <summary>A ServerHello, or the wish for another hello of the same version (RFC 8446, section 4.1.4).</summary>
    Hello,

    /// <summary>An alert that ends the handshake.</summary>
    Alert,

    /// <summary>Something that is not TLS.</summary>
    NotTls,
}

/// <summary>Reads the answer of a server to a ClientHello as it arrives. No I/O.</summary>
/// <param name="wantsCertificates">
/// Whether to read on to the certificates, which up to TLS 1.2 are not encrypted. Otherwise the ServerHello is all.
/// </param>
internal sealed class ServerAnswer(bool wantsCertificates)
{
    private const int HeaderBytes = 5;
    private const int MostRecordBytes = (16 * 1024) + 2048;
    private const int MostMessageBytes = 256 * 1024;
    private const int MostRecords = 1024;
    private const int ShownBytes = 60;

    // No chain has so many; a list without end must not keep a check busy.
    private const int MostCertificates = 64;

    private readonly List<byte> _bytes = [];
    private readonly List<byte> _messages = [];
    private readonly List<byte[]> _certificates = [];
    private int _records;

    internal ServerAnswerKind Kind { get; private set; }

    /// <summary>Whether nothing more is to be read.</summary>
    internal bool IsComplete { get; private set; }

    /// <summary>The version that the server chose.</summary>
    internal TlsVersion Version { get; private set; }

    /// <summary>The number of the algorithms that it chose.</summary>
    internal ushort CipherSuite { get; private set; }

    /// <summary>The number of the last alert; also of a warning, after which the server goes on.</summary>
    internal byte? Alert { get; private set; }

    /// <summary>The certificates, as they were sent.</summary>
    internal IReadOnlyList<byte[]> Certificates => _certificates;

    /// <summary>Whether the server asks for a certificate of the client.</summary>
    internal bool AsksForCertificate { get; private set; }

    /// <summary>The beginning of an answer that is not TLS, as text.</summary>
    internal string Beginning { get; private set; } = string.Empty;

    /// <summary>Takes what has arrived.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        if (IsComplete)
        {
            return;
        }

        _bytes.AddRange(bytes);
        while (!IsComplete && TryTakeRecord())
        {
        }
    }

    private bool TryTakeRecord()
    {
        ReadOnlySpan<byte> all = CollectionsMarshal.AsSpan(_bytes);
        if ((all.Length > 0 && all[0] is not (ContentAlert or ContentHandshake)) || (all.Length > 1 && all[1] != 3))
        {
            EndAsStrange(all);
            return false;
        }

        if (all.Length < HeaderBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(all[3..]);
        if (length is 0 or > MostRecordBytes || ++_records > MostRecords)
        {
            EndAsStrange(all);
            return false;
        }

        if (all.Length < HeaderBytes + length)
        {
            _records--;
            return false;
        }

        ReadOnlySpan<byte> content = all.Slice(HeaderBytes, length);
        if (all[0] == ContentAlert)
        {
            TakeAlert(content, all);
        }
        else
        {
            _messages.AddRange(content);
            int taken = 0;
            while (!IsComplete && TryTakeMessage(ref taken))
            {
            }

            _messages.RemoveRange(0, taken);
        }

        _bytes.RemoveRange(0, HeaderBytes + length);
        return true;
    }

    private void TakeAlert(ReadOnlySpan<byte> content, ReadOnlySpan<byte> all)
    {
        const byte Warning = 1;
        const byte CloseNotify = 0;
        if (content.Length != 2)
        {
            EndAsStrange(all);
            return;
        }

        Alert = content[1];
        if (content[0] != Warning || Alert == CloseNotify)
        {
            // After a hello, what matters is known.
            Kind = Kind == ServerAnswerKind.Hello ? Kind : ServerAnswerKind.Alert;
            IsComplete = true;
        }
    }

    /// <summary>Takes a message; those before it are removed together, because a record may have thousands.</summary>
    private bool TryTakeMessage(ref int taken)
    {
        ReadOnlySpan<byte> all = CollectionsMarshal.AsSpan(_messages)[taken..];
        if (all.Length < 4)
        {
            return false;
        }

        int length = (all[1] << 16) | (all[2] << 8) | all[3];
        bool isExpected = Kind == ServerAnswerKind.Hello || all[0] is MessageHelloRequest or MessageServerHello;
        if (!isExpected || length > MostMessageBytes)
        {
            EndAsStrange(all);
            return false;
        }

        if (all.Length < 4 + length)
        {
            return false;
        }

        ReadOnlySpan<byte> body = all.Slice(4, length);
        switch (all[0])
        {
            case MessageServerHello when Kind != ServerAnswerKind.Hello:
                if (!TryReadHello(body))
                {
                    EndAsStrange(all);
                    return false;
                }

                Kind = ServerAnswerKind.Hello;
                IsComplete = !wantsCertificates || Version >= TlsVersion.Tls13;
                break;
            case MessageCertificate:
                ReadCertificates(body);
                break;
            case MessageCertificateRequest:
                AsksForCertificate = true;
                break;
            case MessageHelloDone:
                IsComplete = true;
                break;
        }

        taken += 4 + length;
        return true;
    }

    private bool TryReadHello(ReadOnlySpan<byte> body)
    {
        const int SessionAt = 34;
        const int SupportedVersions = 43;
        if (body.Length <= SessionAt || body.Length < SessionAt + 1 + body[SessionAt] + 3)
        {
            return false;
        }

        ushort version = BinaryPrimitives.ReadUInt16BigEndian(body);
        ReadOnlySpan<byte> rest = body[(SessionAt + 1 + body[SessionAt])..];
        CipherSuite = BinaryPrimitives.ReadUInt16BigEndian(rest);
        rest = rest[3..];
        if (rest.Length >= 2)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
            if (length > rest.Length - 2)
            {
                return false;
            }

            rest = rest.Slice(2, length);
            while (rest.Length >= 4)
            {
                int size = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
                if (size > rest.Length - 4)
                {
                    return false;
                }

                if (BinaryPrimitives.ReadUInt16BigEndian(rest) == SupportedVersions && size == 2)
                {
                    version = BinaryPrimitives.ReadUInt16BigEndian(rest[4..]);
                }

                rest = rest[(4 + size)..];
            }
        }

        Version = (TlsVersion)version;
        return Enum.IsDefined(Version);
    }

    private void ReadCertificates(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> rest = body.Length >= 3 ? body[3..] : [];
        while (rest.Length >= 3 && _certificates.Count < MostCertificates)
        {
            int size = (rest[0] << 16) | (rest[1] << 8) | rest[2];
            if (size > rest.Length - 3)
            {
                break;
            }

            _certificates.Add(rest.Slice(3, size).ToArray());
            rest = rest[(3 + size)..];
        }
    }

    /// <summary>Reads no further. What was said after a hello does not make the hello a lie.</summary>
    private void EndAsStrange(ReadOnlySpan<byte> all)
    {
        IsComplete = true;
        if (Kind != ServerAnswerKind.Hello)
        {
            Kind = ServerAnswerKind.NotTls;
            Beginning = Encoding.Latin1.GetString(all[..Math.Min(all.Length, ShownBytes)]);
        }
    }

    private const byte ContentAlert = 21;
    private const byte ContentHandshake = 22;
    private const byte MessageHelloRequest = 0;
    private const byte MessageServerHello = 2;
    private const byte MessageCertificate = 11;
    private const byte MessageCertificateRequest = 13;
    private const byte MessageHelloDone = 14;
}
