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
public sealed class GetSocketOptionCommand : SocketOptionCmdlet
{
    /// <summary>
    /// The options: names, or a level and a number such as 6/23. Default: all that the module knows by name and that the
    /// socket has.
    /// </summary>
    [Parameter(Position = 1, ParameterSetName = ArgumentSet)]
    [Parameter(Position = 0, ParameterSetName = PipelineSet)]
    [ArgumentCompleter(typeof(SocketOptionCompleter))]
    public string[]? Name { get; set; }

    private protected override void Process(Socket socket)
    {
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
