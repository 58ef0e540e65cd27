using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Engine;
using PSNetLab.Jobs;
using PSNetLab.Parameters;

namespace PSNetLab.Commands;

/// <summary>The parameters of the cmdlets that start a server of messages, and the way from them to a job.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class StartServerCmdlet : NetCmdlet
{
    private protected const string RecordSet = "Record";
    private protected const string EchoSet = "Echo";
    private protected const string ReplySet = "Reply";
    private protected const string ScriptSet = "ScriptBlock";

    /// <summary>The port to listen on, 0 to 65535; 0 takes a free one, which the job tells. Default: 0.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>The local address to listen on: an IP address, Loopback, IPv6Loopback, or Any for all, which lets other machines in. Default: Loopback (127.0.0.1).</summary>
    [Parameter(Position = 1)]
    [AddressTransformation]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>How text becomes bytes and back. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = EncodingTransformationAttribute.Default;

    /// <summary>Sends every message back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EchoSet)]
    public SwitchParameter Echo { get; set; }

    /// <summary>Answers every message with this text or these bytes; with a list, by one message per element.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReplySet)]
    [AllowEmptyString]
    public object Reply { get; set; } = string.Empty;

    /// <summary>Answers every message with what this script block puts out; the message is $_.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptSet)]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>The only peers to let in: addresses or CIDR ranges. Default: all.</summary>
    [Parameter]
    public string[]? AllowAddress { get; set; }

    /// <summary>Peers to turn away: addresses or CIDR ranges. Comes before -AllowAddress.</summary>
    [Parameter]
    public string[]? DenyAddress { get; set; }

    /// <summary>The most messages that wait in the job to be received; whatever their number, 64 MiB are enough, too. Default: 65536.</summary>
    [Parameter]
    [ValidateRange(1, int.MaxValue)]
    public int BufferLimit { get; set; } = RecordOptions.DefaultBufferLimit;

    /// <summary>Keeps no messages; only counts and answers them.</summary>
    [Parameter]
    public SwitchParameter NoRecord { get; set; }

    /// <summary>The name of the job. Default: JobN.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>What ShouldProcess says is going to be done.</summary>
    private protected abstract string Action { get; }

    private protected AddressFilter? Filter => AllowAddress is null && DenyAddress is null ? null : new AddressFilter(AllowAddress, DenyAddress);

    private protected byte[][] Replies => ParameterSetName == ReplySet ? [.. Payload.FromArgument(Reply, Encoding)] : [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IPEndPoint endPoint = new(Address, Port);
        if (!ShouldProcess(endPoint.ToString(), Action))
        {
            return;
        }

        try
        {
            SocketJob job = Start(endPoint);
            LiveJobs.Add(job);
            JobRepository.Add(job);
            WriteObject(job);
        }
        catch (NetLabException fault)
        {
            Report(fault, endPoint);
        }
    }

    /// <summary>Starts the server; the port is open when this returns.</summary>
    private protected abstract SocketJob Start(IPEndPoint endPoint);

    private protected RecordOptions Records(WhenFull whenFull) => new(!NoRecord, BufferLimit, whenFull);

    private protected ReplyScript? Script(int throttleLimit, MessageFraming framing)
        => ScriptBlock is null ? null : new ReplyScript(ScriptBlock, UsingValues.Evaluate(ScriptBlock, this), throttleLimit, Encoding, framing);
}
