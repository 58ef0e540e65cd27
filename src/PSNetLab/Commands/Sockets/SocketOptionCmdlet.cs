using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Binding;

namespace PSNetLab.Commands;

/// <summary>A cmdlet for options of a socket, which is its first argument or comes by pipeline.</summary>
public abstract class SocketOptionCmdlet : NetCmdlet
{
    private protected const string ArgumentSet = "Argument";
    private protected const string PipelineSet = "Pipeline";

    /// <summary>
    /// The object whose socket to use: a server job or connection of this module, or a Socket, TcpClient, TcpListener or UdpClient
    /// of .NET.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = PipelineSet)]
    [ArgumentCompleter(typeof(SocketObjectCompleter))]
    public virtual object? InputObject { get; set; }

    /// <summary>The same as -InputObject, as the first argument.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ArgumentSet)]
    [ArgumentCompleter(typeof(SocketObjectCompleter))]
    public object? SocketObject { get; set; }

    /// <summary>The object whose socket to use.</summary>
    private protected virtual object? Source => SocketObject ?? InputObject;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        object? source = Source;
        try
        {
            SocketSource.Use(source, Process);
        }
        catch (NetLabException fault)
        {
            Report(fault, source);
        }
    }

    private protected abstract void Process(Socket socket);
}
