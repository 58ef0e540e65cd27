using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Engine.Http.Stub;

/// <summary>Compares JSON with what is expected of it: members that are not mentioned may have any value.</summary>
internal static class JsonSubset
{
    /// <summary>
    /// The first difference as "place: expected this, got that"; null if the value has everything that is expected. Numbers are equal by
    /// value, members in any order; arrays must have the same elements in the same order.
    /// </summary>
    internal static string? FirstDifference(JsonElement expected, JsonElement actual, string place = "$")
    {
        if (expected.ValueKind == JsonValueKind.Object && actual.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in expected.EnumerateObject())
            {
                string inner = $"{place}.{member.Name}";
                string? difference = actual.TryGetProperty(member.Name, out JsonElement value)
                    ? FirstDifference(member.Value, value, inner)
                    : $"{inner}: expected {Show(member.Value)}, but it is missing";
                if (difference is not null)
                {
                    return difference;
                }
            }

            return null;
        }

        if (expected.ValueKind == JsonValueKind.Array && actual.ValueKind == JsonValueKind.Array)
        {
            int length = expected.GetArrayLength();
            if (length != actual.GetArrayLength())
            {
                return $"{place}: expected {length} elements, got {actual.GetArrayLength()}";
            }

            int index = 0;
            JsonElement.ArrayEnumerator others = actual.EnumerateArray();
            foreach (JsonElement element in expected.EnumerateArray())
            {
                others.MoveNext();
                if (FirstDifference(element, others.Current, $"{place}[{index++}]") is { } difference)
                {
                    return difference;
                }
            }

            return null;
        }

        return AreEqual(expected, actual) ? null : $"{place}: expected {Show(expected)}, got {Show(actual)}";
    }

    private static bool AreEqual(JsonElement expected, JsonElement actual)
    {
        if (expected.ValueKind != actual.ValueKind)
        {
            return false;
        }

        return expected.ValueKind switch
        {
            JsonValueKind.String => expected.GetString() == actual.GetString(),
            JsonValueKind.Number => JsonObjects.TryGetExact(expected, out decimal one)
                && JsonObjects.TryGetExact(actual, out decimal other) ? one == other
                : expected.GetDouble().Equals(actual.GetDouble()),
            JsonValueKind.Object or JsonValueKind.Array => false,
            _ => true,
        };
    }

    private static string Show(JsonElement value) => Shown.Short(value.GetRawText());
}
