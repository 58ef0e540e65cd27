using System.Management.Automation;
using System.Net;

namespace PSNetLab.Display;

/// <summary>An endpoint as a property shows it: text to print, compare, group and export, with an Address and a Port.</summary>
internal static class EndPointObject
{
    internal static object Of(IPEndPoint endPoint)
    {
        PSObject text = new(endPoint.ToString());
        text.Properties.Add(new PSNoteProperty(nameof(IPEndPoint.Address), endPoint.Address.ToString()));
        text.Properties.Add(new PSNoteProperty(nameof(IPEndPoint.Port), endPoint.Port));
        return text;
    }
}
