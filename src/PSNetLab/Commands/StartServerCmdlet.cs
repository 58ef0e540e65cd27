using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using PSNetLab.Binding;
using PSNetLab.Engine.IO;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>The parameters of every cmdlet that starts a server, and how they become a job.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class StartServerCmdlet : TranscriptCmdlet
{
    private protected const string RecordSet = "Record";
    private protected const string EchoSet = "Echo";
    private protected const string ReplySet = "Reply";
    private protected const string ScriptSet = "ScriptBlock";
    private protected const string DialogueSet = "Dialogue";
    private protected const string DialogueFileSet = "DialogueFile";

    static StartServerCmdlet() => Rehearsal.Add(static () => _ = EpollLoop.IsSupported);

    /// <summary>The port to listen on, 0 to 65535; 0 takes a free one, shown by the job. Default: 0.</summary>
    /// <remarks>Position 0 is for the main object of a server that has one, such as a folder.</remarks>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    [NoFiles]
    public virtual int Port { get; set; }

    /// <summary>
    /// The local address to listen on: an IP address, Loopback, IPv6Loopback, or Any for all,
    /// which lets other machines in. Default: Loopback (127.0.0.1).
    /// </summary>
    [Parameter(Position = 2)]
    [AddressTransformation(IsToListen = true)]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public virtual IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>The only peers to accept: addresses or CIDR ranges. Default: all.</summary>
    [Parameter]
    [NoFiles]
    public string[]? AllowAddress { get; set; }

    /// <summary>Peers to turn away: addresses or CIDR ranges. Takes precedence over -AllowAddress.</summary>
    [Parameter]
    [NoFiles]
    public string[]? DenyAddress { get; set; }

    /// <summary>The maximum number of messages waiting in the job; there is also a limit of 64 MiB. Default: 65536.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    [NoFiles]
    public virtual int BufferLimit { get; set; } = RecordOptions.DefaultBufferLimit;

    /// <summary>Keeps no messages; only counts and answers them.</summary>
    [Parameter]
    public virtual SwitchParameter NoRecord { get; set; }

    /// <summary>The name of the job. Default: JobN.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [NoFiles]
    public string? Name { get; set; }

    /// <summary>The action for ShouldProcess.</summary>
    private protected abstract string Action { get; }

    /// <summary>The line that starts the server, for its job.</summary>
    private protected string CommandLine => MyInvocation.Line.Trim();

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IPEndPoint endPoint = new(Address, Port);
        try
        {
            if (!ShouldProcess(endPoint.ToString(), Action))
            {
                return;
            }

            ServerJob job = Bind(endPoint);
            LiveJobs.Add(job);
            Recordings.Add(job.Transcript, job);
            JobRepository.Add(job);
            job.Run();
            WriteObject(job);
        }
        catch (NetLabException fault)
        {
            Report(fault, endPoint);
        }
    }

    /// <summary>Opens the port of a server that is not running yet.</summary>
    private protected abstract ServerJob Bind(IPEndPoint endPoint);

    /// <summary>Makes the filter of -AllowAddress and -DenyAddress. Warns if an IPv6 range looks as if it covered IPv4.</summary>
    private protected AddressFilter? CreateFilter()
    {
        if (AllowAddress is null && DenyAddress is null)
        {
            return null;
        }

        AddressFilter filter = new(AllowAddress, DenyAddress);
        if (filter.AllowedWithoutIPv4 is { } allowed)
        {
            WriteWarning(
                $"-AllowAddress {allowed} covers only IPv6, so peers with an IPv4 address are refused. "
                    + "To accept them, add 0.0.0.0/0.");
        }

        if (filter.DeniedWithoutIPv4 is { } denied)
        {
            WriteWarning(
                $"-DenyAddress {denied} covers only IPv6, so peers with an IPv4 address are accepted. "
                    + "To refuse them, add 0.0.0.0/0.");
        }

        return filter;
    }

    private protected RecordOptions Records(WhenFull whenFull) => new(!NoRecord, BufferLimit, whenFull);
}
