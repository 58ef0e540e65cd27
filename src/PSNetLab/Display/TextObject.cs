using System.Management.Automation;
using System.Net;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Display;

/// <summary>A text to print, compare, group and export, whose parts are properties.</summary>
internal static class TextObject
{
    internal static object Of(IPEndPoint endPoint)
        => Of(endPoint.ToString(), (nameof(IPEndPoint.Address), endPoint.Address.ToString()), (nameof(IPEndPoint.Port), endPoint.Port));

    internal static object Of(IPartedText source) => Of(source.ToString()!, [.. source.Parts]);

    private static PSObject Of(string text, params (string Name, object? Value)[] parts)
    {
        PSObject shown = new(text);
        foreach ((string name, object? value) in parts)
        {
            shown.Properties.Add(new PSNoteProperty(name, value));
        }

        return shown;
    }
}
