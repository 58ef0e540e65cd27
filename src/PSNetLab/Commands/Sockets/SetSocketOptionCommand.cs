using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Conversion;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Commands;

/// <summary>Sets an option of a socket.</summary>
[Cmdlet(VerbsCommon.Set, "SocketOption", SupportsShouldProcess = true, DefaultParameterSetName = PipelineSet)]
[OutputType(typeof(SocketOption))]
public sealed class SetSocketOptionCommand : SocketOptionCmdlet
{
    /// <inheritdoc/>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PipelineSet)]
    [Parameter(ValueFromPipeline = true, ParameterSetName = ArgumentSet)]
    [ArgumentCompleter(typeof(SocketObjectCompleter))]
    public override object? InputObject { get; set; }

    /// <summary>The option: a name, or a level and a number such as 6/23.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ArgumentSet)]
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = PipelineSet)]
    [ArgumentCompleter(typeof(SocketOptionCompleter))]
    public string Name { get; set; } = string.Empty;

    /// <summary>The value: a whole number in the unit of the option, $true or $false, or bytes for an option by number.</summary>
    [Parameter(Position = 2, ParameterSetName = ArgumentSet)]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = PipelineSet)]
    [ArgumentCompleter(typeof(SocketOptionValueCompleter))]
    public object? Value { get; set; }

    /// <summary>Emits the option as it is now: the system may have adjusted the value.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>
    /// The socket from the pipeline, also in $connection | Set-SocketOption -Name NoDelay $true, where PowerShell takes the value for
    /// the first argument.
    /// </summary>
    private protected override object? Source => InputObject ?? SocketObject;

    private protected override void Process(Socket socket)
    {
        if (InputObject is not null && SocketObject is not null && Value is not null)
        {
            throw new NetLabException(FaultKind.InvalidParameters, "There is an object from the pipeline and another as the first "
                + $"argument. Leave one of them out: $connection | Set-SocketOption {Name} <value>.");
        }

        object value = (Value ?? (InputObject is null ? null : SocketObject)).Unwrapped() ?? throw new NetLabException(
            FaultKind.InvalidParameters, $"There is no value for {Name}. Add it: Set-SocketOption $connection {Name} <value>.");
        SocketOptions.Check(Name, value);
        if (!ShouldProcess(socket.LocalEndPoint?.ToString() ?? $"unbound {socket.ProtocolType} socket", $"Set {Name} to {value}"))
        {
            return;
        }

        SocketOptions.Set(socket, Name, value);
        SocketOption now = SocketOptions.Get(socket, Name);
        WriteVerbose($"{socket.LocalEndPoint}: {now}");
        if (PassThru)
        {
            WriteObject(now);
        }
    }
}
