using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using System.Net.Sockets;
using PSNetLab.Binding;
using PSNetLab.Engine.Inspection;

namespace PSNetLab.Commands;

/// <summary>Reads options of a socket.</summary>
[Cmdlet(VerbsCommon.Get, "SocketOption")]
[OutputType(typeof(SocketOption))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetSocketOptionCommand : NetCmdlet
{
    /// <summary>
    /// The object whose options to read: a server job or connection of this module, or a Socket, TcpClient, TcpListener
    /// or UdpClient of .NET.
    /// </summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public object? InputObject { get; set; }

    /// <summary>
    /// The options: names, or a level and a number such as 6/23. Default: all that the module knows by name and that the
    /// socket has.
    /// </summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(SocketOptionCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            Socket socket = SocketSource.Find(InputObject).Socket;
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
            Report(fault, InputObject);
        }
        catch (ObjectDisposedException error)
        {
            Report(OwnSockets.Closed(error), InputObject);
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
