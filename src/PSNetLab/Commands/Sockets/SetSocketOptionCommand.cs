using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Commands;

/// <summary>Sets an option of a socket.</summary>
[Cmdlet(VerbsCommon.Set, "SocketOption", SupportsShouldProcess = true)]
[OutputType(typeof(SocketOption))]
public sealed class SetSocketOptionCommand : NetCmdlet
{
    /// <summary>The object whose socket to change: a server job or connection of this module, or a Socket, TcpClient, TcpListener or UdpClient of .NET.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>The option: a name, or a level and a number such as 6/23.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ArgumentCompleter(typeof(SocketOptionCompleter))]
    public string Name { get; set; } = string.Empty;

    /// <summary>The value: a whole number in the unit of the option, $true or $false, or bytes for an option by number.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ArgumentCompleter(typeof(SocketOptionValueCompleter))]
    public object Value { get; set; } = 0;

    /// <summary>Emits the option as it is now: the system may have adjusted the value.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Socket socket = SocketSource.Find(InputObject).Socket;
            object value = Value is PSObject wrapped ? wrapped.BaseObject : Value;
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
        catch (NetLabException fault)
        {
            Report(fault, InputObject);
        }
        catch (ObjectDisposedException error)
        {
            Report(OwnSockets.Closed(error), InputObject);
        }
    }
}
