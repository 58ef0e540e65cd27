using System.Management.Automation;

namespace PSNetLab.Commands;

/// <summary>A -Name with which things are found.</summary>
internal static class NamePattern
{
    /// <summary>Whether something has this name, as it is or as a pattern with wildcards.</summary>
    internal static Func<string, bool> Filter(string name)
    {
        WildcardPattern pattern = new(name, WildcardOptions.IgnoreCase);
        return other => other.Equals(name, StringComparison.OrdinalIgnoreCase) || pattern.IsMatch(other);
    }
}
