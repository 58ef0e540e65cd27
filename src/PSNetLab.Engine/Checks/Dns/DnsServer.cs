using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Checks.Dns;

/// <summary>A server to ask.</summary>
/// <param name="Name">Its name or address.</param>
/// <param name="Port">Its port.</param>
internal sealed record DnsServer(CheckedName Name, int Port)
{
    internal const int DefaultPort = 53;

    public override string ToString() => Port == DefaultPort ? Name.Text : Addresses.Join(Name.Text, Port);
}
