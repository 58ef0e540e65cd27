using System.Collections;
using System.Management.Automation;

namespace PSNetLab.Conversion;

/// <summary>Reads hashtables.</summary>
internal static class Tables
{
    /// <summary>The entries of a table. A list is one entry for each of its elements.</summary>
    internal static List<KeyValuePair<string, string>> Pairs(IDictionary? table)
    {
        List<KeyValuePair<string, string>> pairs = [];
        foreach (DictionaryEntry entry in table ?? new Hashtable())
        {
            string key = LanguagePrimitives.ConvertTo<string>(entry.Key);
            foreach (object? value in LanguagePrimitives.GetEnumerable(entry.Value) ?? new[] { entry.Value })
            {
                pairs.Add(new(key, LanguagePrimitives.ConvertTo<string>(value)));
            }
        }

        return pairs;
    }
}
