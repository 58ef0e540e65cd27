using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Engine;
using PSNetLab.Jobs;

namespace PSNetLab.Parameters;

/// <summary>A completer over a list of words, each with a tooltip.</summary>
public abstract class WordCompleter : IArgumentCompleter
{
    private protected abstract IEnumerable<(string Word, string Tooltip)> Words { get; }

    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string typed = wordToComplete.Trim('\'', '"');
        return from entry in Words
               where entry.Word.StartsWith(typed, StringComparison.OrdinalIgnoreCase)
               select new CompletionResult(entry.Word, entry.Word, CompletionResultType.ParameterValue, entry.Tooltip);
    }
}

/// <summary>Completes -Framing.</summary>
public sealed class FramingCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => FramingParser.Forms.Select(form => (form.Text.Split('<')[0], form.Meaning));
}

/// <summary>Completes -Encoding.</summary>
public sealed class EncodingCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => EncodingTransformationAttribute.Names.Select(name => (name, name));
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

/// <summary>Completes the names of socket options, each with what it does.</summary>
public sealed class SocketOptionCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => SocketOptions.Known.Select(option => (option.Name, option.Meaning));
}

/// <summary>Completes the names of processes.</summary>
public sealed class ProcessNameCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => System.Diagnostics.Process.GetProcesses().Select(process => process.ProcessName).Distinct().Order().Select(name => (name, name));
}

/// <summary>Completes -Port of a client with the ports of the running servers.</summary>
public sealed class ServerPortCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.Select(job => (job.Port.ToString(CultureInfo.InvariantCulture), $"{job.PSJobTypeName} {job.Name} on {job.LocalEndPoint}"));
}

/// <summary>Completes -Id and -ConnectionId with the open connections.</summary>
public sealed class ConnectionIdCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.OfType<TcpServerJob>().SelectMany(job => job.Connections).Concat(LiveJobs.Connections)
            .Select(connection => (connection.Id.ToString(CultureInfo.InvariantCulture), connection.ToString()));
}

/// <summary>Completes -CacheControl.</summary>
public sealed class CacheControlCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words =>
    [
        ("no-cache", "Ask each time whether the file has changed (the default)"),
        ("no-store", "Keep nothing"),
        ("max-age=3600", "Use it for an hour without asking"),
        ("'public, max-age=31536000, immutable'", "Use it for a year: for files whose name changes with their content"),
    ];
}
