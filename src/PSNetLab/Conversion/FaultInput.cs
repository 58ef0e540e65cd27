using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Reflection;
using PSNetLab.Engine.Proxies;

namespace PSNetLab.Conversion;

/// <summary>Reads faults as users give them.</summary>
internal static class FaultInput
{
    private static readonly PropertyInfo[] s_settings = typeof(NetFaultSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance);

    /// <summary>The faults in an argument: objects of New-NetFault, and tables with its parameters as keys; one or a list.</summary>
    /// <param name="value">The argument.</param>
    /// <param name="caller">The cmdlet, for the variables of scripts.</param>
    /// <exception cref="NetLabException">Something is not a fault.</exception>
    internal static IEnumerable<NetFault> FromArgument(object? value, PSCmdlet caller) => value.Unwrapped() switch
    {
        null => [],
        NetFault fault => [fault],
        IDictionary table => FromTable(table, caller),
        IEnumerable list and not string => [.. list.Cast<object?>().SelectMany(item => FromArgument(item, caller))],
        var item => throw Invalid(item, $"'{item}' is not a fault. Use New-NetFault, or a table such as @{{ LatencyMs = 100 }}."),
    };

    /// <summary>The faults of a known network.</summary>
    /// <exception cref="NetLabException">It is not known.</exception>
    internal static IEnumerable<NetFault> FromProfile(string? name)
        => name is null ? [] : FaultProfiles.Of(name).Select(spec => new NetFault(spec));

    /// <summary>The faults that a table describes.</summary>
    internal static IEnumerable<NetFault> FromTable(IDictionary table, PSCmdlet caller)
        => Apply(table, new NetFaultSpec(), caller).Split().Select(spec => new NetFault(spec));

    /// <summary>What a fault becomes with the settings of a table.</summary>
    /// <exception cref="NetLabException">They do not go with it.</exception>
    internal static NetFaultSpec Change(NetFault fault, IDictionary table, PSCmdlet caller)
    {
        IReadOnlyList<NetFaultSpec> changed = Apply(table, fault.Spec, caller).Split();
        return changed.Count == 1 && changed[0].Kinds[0] == fault.Kind
            ? changed[0]
            : throw Invalid(fault.Name, $"'{fault.Name}' is a fault of the kind {fault.Kind} and stays one. Add another with Add-NetFault, "
                + "and take this one away with Remove-NetFault.");
    }

    private static NetFaultSpec Apply(IDictionary table, NetFaultSpec basis, PSCmdlet caller)
    {
        NetFaultSpec spec = basis with { };
        foreach (DictionaryEntry entry in table)
        {
            string name = LanguagePrimitives.ConvertTo<string>(entry.Key);
            PropertyInfo setting = Array.Find(s_settings, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                ?? throw Invalid(name, $"A fault has no setting '{name}'. It may have "
                    + $"{string.Join(", ", s_settings.Select(one => one.Name))}.");
            if (setting.Name == nameof(NetFaultSpec.Match))
            {
                spec = Match(spec, entry.Value, caller);
                continue;
            }

            try
            {
                Type type = setting.PropertyType;
                bool mayBeNull = !type.IsValueType || Nullable.GetUnderlyingType(type) is not null;
                setting.SetValue(spec, mayBeNull && entry.Value.Unwrapped() is null
                    ? null
                    : LanguagePrimitives.ConvertTo(entry.Value, type, CultureInfo.InvariantCulture));
            }
            catch (PSInvalidCastException error)
            {
                throw Invalid(name, $"'{entry.Value}' is not a value for {setting.Name}: {error.Message}");
            }
        }

        return spec;
    }

    /// <summary>A fault with addresses of clients, a script block that chooses chunks, or both.</summary>
    private static NetFaultSpec Match(NetFaultSpec spec, object? value, PSCmdlet caller)
    {
        object?[] parts = value.Unwrapped() switch
        {
            null => [],
            IEnumerable list and not string => [.. list.Cast<object?>().Select(PSObjects.Unwrapped)],
            var one => [one],
        };
        ScriptBlock[] scripts = [.. parts.OfType<ScriptBlock>()];
        if (scripts.Length > 1)
        {
            throw Invalid(nameof(NetFaultSpec.Match), "-Match takes one script block. Join the conditions with -or, or make two faults.");
        }

        string[] clients = [.. parts.Where(part => part is not ScriptBlock).Select(part => LanguagePrimitives.ConvertTo<string>(part))];
        return spec with
        {
            Match = clients.Length > 0 ? clients : null,
            Script = scripts.Length > 0 ? new JobScript(scripts[0], caller) : null,
        };
    }

    private static NetLabException Invalid(object? subject, string message)
        => new(FaultKind.InvalidParameters, message) { Subject = subject };
}
