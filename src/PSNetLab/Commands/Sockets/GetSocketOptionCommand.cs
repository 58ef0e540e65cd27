using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Commands;

/// <summary>Reads options of a socket.</summary>
[Cmdlet(VerbsCommon.Get, "SocketOption", DefaultParameterSetName = PipelineSet)]
[OutputType(typeof(SocketOption))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetSocketOptionCommand : NetCmdlet
{
    private const string ArgumentSet = "Argument";
    private const string PipelineSet = "Pipeline";

    /// <summary>
    /// The object whose options to read: a server job or connection of this module, or a Socket, TcpClient, TcpListener
    /// or UdpClient of .NET.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PipelineSet)]
    public object? InputObject { get; set; }

    /// <summary>The same as -InputObject, as the first argument.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ArgumentSet)]
    public object? SocketObject { get; set; }

    /// <summary>
    /// The options: names, or a level and a number such as 6/23. Default: all that the module knows by name and that the
    /// socket has.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = ArgumentSet)]
    [Parameter(Position = 0, ParameterSetName = PipelineSet)]
    [ArgumentCompleter(typeof(SocketOptionCompleter))]
    public string[]? Name { get; set; }

    private object? Source => SocketObject ?? InputObject;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Socket socket = SocketSource.Find(Source).Socket;
            if (Name is null)
            {
                WriteObject(SocketOptions.GetAll(socket), enumerateCollection: true);
                return;
            }

            foreach (string name in Name)
            {
                Read(socket, name);
            }
        }
        catch (NetLabException fault)
        {
            Report(fault, Source);
        }
        catch (ObjectDisposedException error)
        {
            Report(OwnSockets.Closed(error), Source);
        }
    }

    private void Read(Socket socket, string name)
    {
        try
        {
            WriteObject(SocketOptions.Get(socket, name));
        }
        catch (NetLabException fault)
        {
            Report(fault, name);
        }
    }
}
