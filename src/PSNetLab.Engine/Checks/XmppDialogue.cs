using System.Security;
using System.Text;

namespace PSNetLab.Engine.Checks;

/// <summary>STARTTLS of XMPP (RFC 6120, section 5).</summary>
/// <param name="host">The name of the service.</param>
internal sealed class XmppDialogue(string host) : StartTlsDialogue
{
    private bool _hasOpened;
    private bool _hasBegun;
    private bool _isOffered;
    private bool _hasAsked;

    /// <inheritdoc/>
    internal override StartTlsStep Next(ReadOnlySpan<byte> received)
    {
        if (!_hasOpened)
        {
            _hasOpened = true;
            return Say($"<?xml version='1.0'?><stream:stream to='{SecurityElement.Escape(host)}' version='1.0' xmlns='jabber:client' "
                + "xmlns:stream='http://etherx.jabber.org/streams'>");
        }

        ReadOnlySpan<byte> content = received.TrimStart(" \t\r\n"u8);
        if (!_hasBegun && !content.IsEmpty && content[0] != '<')
        {
            return Refuse(received.Length, Encoding.Latin1.GetString(received));
        }

        int end = TagEnd(received);
        if (end < 0)
        {
            return default;
        }

        _hasBegun = true;
        return OnTag(Encoding.UTF8.GetString(received[..end]), end);
    }

    /// <summary>What follows from a tag of the server, with the text before it.</summary>
    private StartTlsStep OnTag(string tag, int used)
    {
        bool isEmptyElement = tag.EndsWith("/>", StringComparison.Ordinal);
        string name = Name(tag);
        switch (name)
        {
            case "starttls":
                _isOffered = true;
                return new(used);
            case "/features" or "features" when isEmptyElement || name[0] == '/':
                _hasAsked = true;
                return _isOffered
                    ? Say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") with { Used = used }
                    : new(used, Refusal: "the server does not offer STARTTLS");
            case "/proceed" or "proceed" when _hasAsked && (isEmptyElement || name[0] == '/'):
                return new(used, IsDone: true);
            case "failure" or "error" or "/stream":
                return Refuse(used, tag);
            default:
                return new(used); // the XML declaration, the beginning of the stream, other features
        }
    }

    /// <summary>The name of the tag without its prefix, with the slash of an end tag.</summary>
    private static string Name(string tag)
    {
        string inside = tag[(tag.IndexOf('<', StringComparison.Ordinal) + 1)..].TrimEnd('>').TrimEnd('/');
        bool isEnd = inside.StartsWith('/');
        string name = inside.TrimStart('/').Split(' ', '\t', '\r', '\n')[0];
        return (isEnd ? "/" : string.Empty) + name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Where the first tag ends; -1 if it does not yet. What stands in quotes may contain a bracket.</summary>
    private static int TagEnd(ReadOnlySpan<byte> received)
    {
        byte quote = 0;
        bool isInside = false;
        for (int i = 0; i < received.Length; i++)
        {
            byte one = received[i];
            if (!isInside)
            {
                isInside = one == '<';
            }
            else if (quote != 0)
            {
                quote = one == quote ? (byte)0 : quote;
            }
            else if (one is (byte)'"' or (byte)'\'')
            {
                quote = one;
            }
            else if (one == '>')
            {
                return i + 1;
            }
        }

        return -1;
    }

    private static StartTlsStep Say(string text) => new(0, Encoding.UTF8.GetBytes(text));
}
