using System.Collections.Specialized;

namespace PSNetLab.Engine.Http.Protocol;

/// <summary>Collects names with their values, in their order; a name that occurs several times gets a list.</summary>
internal sealed class NamedValues(StringComparer names)
{
    private readonly OrderedDictionary _lists = new(names);

    internal void Add(string name, object value)
    {
        if (_lists[name] is List<object> list)
        {
            list.Add(value);
        }
        else
        {
            _lists[name] = new List<object> { value };
        }
    }

    /// <summary>The values: one as it is, several as an array.</summary>
    internal OrderedDictionary ToDictionary()
    {
        OrderedDictionary values = new(names);
        foreach (string name in _lists.Keys)
        {
            List<object> list = (List<object>)_lists[name]!;
            values[name] = list.Count == 1 ? list[0]
                : list.TrueForAll(value => value is string) ? list.ConvertAll(value => (string)value).ToArray()
                : list.ToArray();
        }

        return values;
    }
}
