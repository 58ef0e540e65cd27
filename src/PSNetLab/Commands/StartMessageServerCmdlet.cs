using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net;
using System.Text;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Primitives;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>The parameters of the cmdlets that start a message server, and how they become a job.</summary>
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public abstract class StartMessageServerCmdlet : StartServerCmdlet
{
    private protected const string RecordSet = "Record";
    private protected const string EchoSet = "Echo";
    private protected const string ReplySet = "Reply";
    private protected const string ScriptSet = "ScriptBlock";

    /// <summary>The port to listen on, 0 to 65535; 0 takes a free one, shown by the job. Default: 0.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>The local address to listen on: an IP address, Loopback, IPv6Loopback, or Any for all, which lets other machines in. Default: Loopback (127.0.0.1).</summary>
    [Parameter(Position = 1)]
    [AddressTransformation(IsToListen = true)]
    [ArgumentCompleter(typeof(LocalAddressCompleter))]
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>How text becomes bytes and back. Default: UTF-8.</summary>
    [Parameter]
    [EncodingTransformation]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public Encoding Encoding { get; set; } = TextEncoding.Default;

    /// <summary>Sends every message back.</summary>
    [Parameter(Mandatory = true, ParameterSetName = EchoSet)]
    public SwitchParameter Echo { get; set; }

    /// <summary>Answers every message with this text or these bytes; a list is one message per element.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ReplySet)]
    [AllowEmptyString]
    public object Reply { get; set; } = string.Empty;

    /// <summary>Answers every message with the output of this script block; the message is $_.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptSet)]
    public ScriptBlock? ScriptBlock { get; set; }

    private protected override IPEndPoint EndPoint => new(Address, Port);

    private protected byte[][] Replies => ParameterSetName == ReplySet ? [.. Payload.FromArgument(Reply, Encoding)] : [];

    private protected ScriptRunner? Script(int throttleLimit, MessageFraming framing)
        => ScriptBlock is null ? null : new ScriptRunner(ScriptBlock, this, throttleLimit, Encoding, framing);
}
