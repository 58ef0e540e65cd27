using System.Management.Automation;
using System.Text;
using PSNetLab.Engine;

namespace PSNetLab.Parameters;

/// <summary>Makes bytes to send of whatever comes down a pipeline.</summary>
internal static class Payload
{
    /// <summary>Bytes as they are, a received message as its bytes, text in the encoding, anything else by its string form.</summary>
    internal static byte[] From(object? item, Encoding encoding) => (item is PSObject wrapped ? wrapped.BaseObject : item) switch
    {
        null => [],
        byte[] bytes => bytes,
        byte one => [one],
        TcpMessage message => message.Data,
        string text => encoding.GetBytes(text),
        object[] items when IsBytes(items) => Array.ConvertAll(items, element => (byte)Unwrap(element)!),
        var other => encoding.GetBytes(PSObject.AsPSObject(item ?? other).ToString()),
    };

    /// <summary>Whether an array holds nothing but bytes, as a byte array does after PowerShell has passed it on.</summary>
    internal static bool IsBytes(object[] items) => items.Length > 0 && Array.TrueForAll(items, element => Unwrap(element) is byte);

    /// <summary>The payloads of a script's output. PowerShell hands a byte array on byte by byte, so neighbouring bytes are one payload again.</summary>
    internal static IReadOnlyList<byte[]> FromOutput(IEnumerable<PSObject> output, Encoding encoding)
    {
        List<byte[]> payloads = [];
        List<byte> bytes = [];
        foreach (PSObject item in output)
        {
            if (item?.BaseObject is byte one)
            {
                bytes.Add(one);
                continue;
            }

            FlushBytes();
            if (item is not null)
            {
                payloads.Add(From(item, encoding));
            }
        }

        FlushBytes();
        return payloads;

        void FlushBytes()
        {
            if (bytes.Count > 0)
            {
                payloads.Add([.. bytes]);
                bytes.Clear();
            }
        }
    }

    private static object? Unwrap(object? element) => element is PSObject wrapped ? wrapped.BaseObject : element;
}
