using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;
using PSNetLab.Conversion;
using PSNetLab.Engine.Capture;
using PSNetLab.Jobs;

namespace PSNetLab.Binding;

/// <summary>Completes ports with those of the running servers of a kind.</summary>
/// <typeparam name="TJob">The kind.</typeparam>
public sealed class ServerPortCompleter<TJob> : WordCompleter
    where TJob : ServerJob
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words
        => LiveJobs.Jobs.OfType<TJob>().OrderBy(job => job.Id).Select(job => (
            job.Port.ToString(CultureInfo.InvariantCulture), $"{job.PSJobTypeName} {job.Name} on {job.Local}"));
}

/// <summary>Completes -Job with the running servers of a kind.</summary>
/// <typeparam name="TJob">The kind.</typeparam>
public sealed class ServerJobCompleter<TJob> : WordCompleter
    where TJob : ServerJob
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => Jobs;

    private protected override bool AreExpressions => true;

    internal static IEnumerable<(string Word, string Tooltip)> Jobs
        => LiveJobs.Jobs.OfType<TJob>().OrderBy(job => job.Id)
            .Select(job => ($"(Get-Job {job.Id})", $"{job.PSJobTypeName} {job.Name} on {job.Local}"));
}

/// <summary>Completes -Connection with those opened here that are still open.</summary>
public sealed class ConnectionCompleter : WordCompleter
{
    private protected override IEnumerable<(string Word, string Tooltip)> Words => Connections;

    private protected override bool AreExpressions => true;

    internal static IEnumerable<(string Word, string Tooltip)> Connections
        => LiveJobs.Connections.Select(connection => ($"(Get-TcpConnection -Id {connection.Id})", connection.ToString()));
}

/// <summary>
/// Completes -Id and -ConnectionId with the open connections of the server that -Job chooses; -Id without it, with those opened here.
/// </summary>
public sealed class ConnectionIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        IEnumerable<TcpConnection> connections = JobReference.Find<TcpServerJob>(fakeBoundParameters, commandAst) is { } servers
            ? servers.SelectMany(server => server.Connections).OrderBy(connection => connection.Id)
            : parameterName == "Id" ? LiveJobs.Connections : [];
        IEnumerable<CompletionResult> found = from connection in connections
                                              let id = connection.Id.ToString(CultureInfo.InvariantCulture)
                                              where id.StartsWith(wordToComplete, StringComparison.Ordinal)
                                              select Offer.Value(id, id, connection.ToString());
        return found.OrTyped(wordToComplete);
    }
}

/// <summary>Completes -ConnectionId with what the job that -Job chooses has recorded; without it, with what was recorded lately.</summary>
public sealed class TranscriptConnectionIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        IEnumerable<Transcript> transcripts = JobReference.Find<ServerJob>(fakeBoundParameters, commandAst) is { } jobs
            ? jobs.Select(job => job.Transcript).OfType<Transcript>()
            : Recordings.All;
        IEnumerable<CompletionResult> found = from conversation in transcripts.SelectMany(transcript => transcript.Conversations())
                                              orderby conversation.Id
                                              let id = conversation.Id.ToString(CultureInfo.InvariantCulture)
                                              where id.StartsWith(wordToComplete, StringComparison.Ordinal)
                                              select Offer.Value(id, id, $"{conversation.Client} - {conversation.Server}");
        return found.OrTyped(wordToComplete);
    }
}

/// <summary>The job that a line being completed means with -Job.</summary>
internal static partial class JobReference
{
    private const string Job = "Job";

    /// <summary>The running jobs that are meant: all that may come by the pipeline; null if none is named.</summary>
    internal static IEnumerable<TJob>? Find<TJob>(IDictionary bound, CommandAst command)
        where TJob : ServerJob
    {
        IEnumerable<TJob> all = LiveJobs.Jobs.OfType<TJob>();

        // PowerShell evaluates variables and constants here, but not what completion of -Job inserts.
        object? chosen = bound[Job].Unwrapped();
        Match byId = JobById().Match(command.ToString());
        string? asked = chosen is null && byId.Success ? byId.Groups[1].Value : chosen?.ToString();
        if (asked is not null)
        {
            return all.Where(server => server == chosen || server.Id.ToString(CultureInfo.InvariantCulture) == asked
                || server.Name.Equals(asked, StringComparison.OrdinalIgnoreCase));
        }

        bool isPiped = command.Parent is PipelineAst pipeline && pipeline.PipelineElements[0] != command;
        bool isUnknown = StaticParameterBinder.BindCommand(command, resolve: true).BoundParameters.ContainsKey(Job);
        return isUnknown ? [] : isPiped ? all : null;
    }

    [GeneratedRegex(@"\(Get-Job (\d+)\)", RegexOptions.IgnoreCase)]
    private static partial Regex JobById();
}
