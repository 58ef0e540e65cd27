using System.Collections;
using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Engine.Checks.Dns;
using PSNetLab.Engine.Framing;
using PSNetLab.Engine.Inspection;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>What a completer offers.</summary>
internal static class Offer
{
    /// <summary>The words that were found or, without any, what was typed: PowerShell would offer files in place of nothing.</summary>
    /// <remarks>Others choose the names of their processes. What a terminal would obey, or could not show, is left out.</remarks>
    internal static IEnumerable<CompletionResult> OrTyped(this IEnumerable<CompletionResult> found, string typed)
    {
        IEnumerable<CompletionResult> fit = found.Where(one => PeerText.Visible(one.ListItemText) == one.ListItemText);
        return typed.Length == 0 ? fit : fit.DefaultIfEmpty(Value(typed, typed, "Nothing that is known here begins like this"));
    }

    /// <summary>A word, in quotes if PowerShell would read it as something else without them.</summary>
    internal static CompletionResult Word(string word, string tooltip)
    {
        bool isBare = word.Length > 0 && word.All(one => char.IsLetterOrDigit(one) || MayBeBare.Contains(one))
            && !SpecialAtStart.Contains(word[0]);
        return Value(isBare ? word : Quoted(word), word, tooltip);
    }

    /// <summary>A word that is read as a pattern with wildcards.</summary>
    internal static CompletionResult Pattern(string word, string tooltip)
    {
        string pattern = WildcardPattern.Escape(word);
        return pattern == word ? Word(word, tooltip) : Value(Quoted(pattern), word, tooltip);
    }

    /// <summary>What is inserted as it stands, such as an expression.</summary>
    internal static CompletionResult Value(string text, string shown, string tooltip)
        => new(text, shown, CompletionResultType.ParameterValue, PeerText.Visible(tooltip));

    private static string Quoted(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    private const string MayBeBare = "._-/\\:+~%=@#*?!^[]";
    private const string SpecialAtStart = "-@#";
}

/// <summary>A completer over a list of words, each with a tooltip.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    private protected abstract IEnumerable<(string Word, string Tooltip)> Words { get; }

    /// <summary>Whether the words are expressions, which are not put in quotes.</summary>
    private protected virtual bool AreExpressions => false;

    /// <summary>Whether the words are read as patterns with wildcards.</summary>
    private protected virtual bool ArePatterns => false;

    private bool IsExpression(string word) => AreExpressions || word.StartsWith("@{", StringComparison.Ordinal);

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        typed = ArePatterns ? WildcardPattern.Unescape(typed) : typed;
        IEnumerable<CompletionResult> found = from entry in Words
                                              where entry.Word.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
                                              select IsExpression(entry.Word)
                                                  ? Offer.Value(entry.Word, entry.Word, entry.Tooltip)
                                                  : ArePatterns ? Offer.Pattern(entry.Word, entry.Tooltip)
                                                  : Offer.Word(entry.Word, entry.Tooltip);
        return found.OrTyped(wordToComplete);
    }
}

/// <summary>Completes -Framing.</summary>
public sealed class FramingCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => FramingParser.Forms.Select(form => (form.Text.Split('<')[0], form.Meaning))
            .Append(("@{ Parse = { } }", "A script block finds the first message in $_, the bytes so far: slow"));
}

/// <summary>Completes -Encoding.</summary>
public sealed class EncodingCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => EncodingTransformationAttribute.Names.Select(name => (name, name));
}

/// <summary>Completes -Address with the addresses of this machine.</summary>
public sealed class LocalAddressCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("Loopback", "127.0.0.1: this machine only (the default)"),
        ("IPv6Loopback", "::1: this machine only"),
        ("Any", "All addresses of this machine, IPv4 and IPv6"),
        .. OwnAddresses,
    ];

    internal static IEnumerable<(string Word, string Tooltip)> OwnAddresses => from card in NetworkCard.Up
                                                                               from address in card.Addresses
                                                                               select (address.Address.ToString(), card.Alias);
}

/// <summary>Completes the addresses of this machine.</summary>
public sealed class OwnAddressCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => LocalAddressCompleter.OwnAddresses;
}

/// <summary>Completes -InterfaceAlias with the interfaces that are up.</summary>
public sealed class InterfaceCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => NetworkCard.Up.Select(card => (card.Alias, string.Join(", ", card.Addresses.Select(address => address.Address))));
}

/// <summary>Completes the names of socket options, and says what each does.</summary>
public sealed class SocketOptionCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => SocketOptions.Known.Select(option => (option.Name, option.Meaning));
}

/// <summary>Completes the value of a socket option that is on or off.</summary>
public sealed class SocketOptionValueCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string? name = fakeBoundParameters["Name"] as string;
        bool isSwitch = SocketOptions.Known.Any(
            option => option.Unit is null && option.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        IEnumerable<string> words = isSwitch ? ["$true", "$false"] : [];
        return words.Where(word => word.StartsWith(wordToComplete, StringComparison.OrdinalIgnoreCase))
            .Select(word => new CompletionResult(word))
            .OrTyped(wordToComplete);
    }
}

/// <summary>Completes the names of processes. Threads of the Linux kernel are none: they have no command line, and no sockets.</summary>
public sealed class ProcessNameCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => WithSockets.Select(process => process.ProcessName).Distinct().Order().Select(name => (name, name));

    private protected override bool ArePatterns => true;

    internal static IEnumerable<Process> WithSockets => Process.GetProcesses()
        .Where(process => !OperatingSystem.IsLinux() || HasCommandLine(process.Id));

    private static bool HasCommandLine(int process)
    {
        try
        {
            using FileStream line = File.OpenRead($"/proc/{process}/cmdline");
            return line.ReadByte() >= 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended, or is hidden
        }
    }
}

/// <summary>Completes the ids of processes, with their names.</summary>
public sealed class ProcessIdCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => ProcessNameCompleter.WithSockets.OrderBy(process => process.Id)
            .Select(process => (process.Id.ToString(CultureInfo.InvariantCulture), process.ProcessName));
}

/// <summary>Completes -ComputerName with this machine.</summary>
public sealed class ComputerNameCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("localhost", "This machine, over IPv6 or IPv4"),
        .. LocalAddressCompleter.OwnAddresses,
    ];
}

/// <summary>Completes the broadcast addresses of the interfaces.</summary>
public sealed class BroadcastAddressCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => from card in NetworkCard.Up
           from network in card.Broadcasts()
           select (network.Broadcast.ToString(), $"{card.Alias}, from {network.Source}");
}

/// <summary>Completes multicast groups: some well-known ones, and some for experiments.</summary>
public sealed class MulticastGroupCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("239.255.0.1", "Free for private use within a site (RFC 2365)"),
        ("ff05::1234", "Free for private use within a site (RFC 4291)"),
        ("224.0.0.1", "All hosts on the network (RFC 1112)"),
        ("ff02::1", "All nodes on the link (RFC 4291)"),
        ("224.0.0.251", "Multicast DNS (RFC 6762)"),
        ("ff02::fb", "Multicast DNS (RFC 6762)"),
        ("239.255.255.250", "SSDP, which finds UPnP devices"),
    ];
}

/// <summary>Completes an object with a socket: the open connections and the running servers.</summary>
public sealed class SocketObjectCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => [.. ConnectionCompleter.Connections, .. ServerJobCompleter<ServerJob>.Jobs];

    private protected override bool AreExpressions => true;
}

/// <summary>Completes states of sockets, also from the words of ss and netstat.</summary>
public sealed class SocketStateCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => SocketStates.StartingWith(wordToComplete.Trim('\'', '"'))
            .Select(state => new CompletionResult(state.ToString()))
            .OrTyped(wordToComplete);
}

/// <summary>Completes -Alpn.</summary>
public sealed class AlpnCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("http/1.1", "HTTP/1.1 (RFC 9112)"),
        ("h2", "HTTP/2 (RFC 9113)"),
        ("smtp", "SMTP"),
        ("imap", "IMAP"),
        ("mqtt", "MQTT"),
        ("postgresql", "PostgreSQL"),
    ];
}

/// <summary>Completes the types of DNS records.</summary>
public sealed class DnsTypeCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => DnsWords.Types.Select(type => (type, type));
}

/// <summary>Completes -Server with the name servers of this machine.</summary>
public sealed class NameServerCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => NameServers.Find().Select(address => (address.ToString(), "A name server that this machine is set up with"));
}
