using System.Text;
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
    /// <param name="expected">What is expected.</param>
    /// <param name="actual">What there is.</param>
    /// <param name="secrets">Takes secrets out of what is shown; null to show them.</param>
    internal static string? FirstDifference(JsonElement expected, JsonElement actual, ISecrets? secrets = null)
        => FirstDifference(new Both(expected, Safe(expected, secrets)), new Both(actual, Safe(actual, secrets)), "$");

    /// <summary>What may be shown of a value.</summary>
    internal static JsonElement Safe(JsonElement value, ISecrets? secrets)
    {
        if (secrets is null)
        {
            return value;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(value.GetRawText());
        byte[]? safe = secrets.RedactBody(bytes, "application/json");
        using JsonDocument? parsed = safe == bytes ? null : JsonObjects.TryParse(safe, JsonObjects.MostDepth);
        return safe == bytes ? value : parsed?.RootElement.Clone() ?? JsonSerializer.SerializeToElement(ISecrets.Mark);
    }

    private static string? FirstDifference(Both expected, Both actual, string place)
    {
        if (expected.Value.ValueKind == JsonValueKind.Object && actual.Value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty member in expected.Value.EnumerateObject())
            {
                string inner = $"{place}.{member.Name}";
                Both wanted = expected.Inside(member.Name, member.Value);
                string? difference = actual.Value.TryGetProperty(member.Name, out JsonElement value)
                    ? FirstDifference(wanted, actual.Inside(member.Name, value), inner)
                    : $"{inner}: expected {wanted}, but it is missing";
                if (difference is not null)
                {
                    return difference;
                }
            }

            return null;
        }

        if (expected.Value.ValueKind == JsonValueKind.Array && actual.Value.ValueKind == JsonValueKind.Array)
        {
            int length = expected.Value.GetArrayLength();
            if (length != actual.Value.GetArrayLength())
            {
                return $"{place}: expected {length} elements, got {actual.Value.GetArrayLength()}";
            }

            int index = 0;
            JsonElement.ArrayEnumerator others = actual.Value.EnumerateArray();
            JsonElement.ArrayEnumerator safeElements = expected.SafeElements();
            JsonElement.ArrayEnumerator safeOthers = actual.SafeElements();
            foreach (JsonElement element in expected.Value.EnumerateArray())
            {
                others.MoveNext();
                Both one = expected.Inside(element, ref safeElements);
                Both other = actual.Inside(others.Current, ref safeOthers);
                if (FirstDifference(one, other, $"{place}[{index++}]") is { } difference)
                {
                    return difference;
                }
            }

            return null;
        }

        return AreEqual(expected.Value, actual.Value) ? null : $"{place}: expected {expected}, got {actual}";
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

    /// <summary>A value, and what of it may be shown: itself, or what stands in place of a secret, be it one around it.</summary>
    private readonly record struct Both(JsonElement Value, JsonElement Safe)
    {
        internal Both Inside(string name, JsonElement value)
            => new(value, Safe.ValueKind == JsonValueKind.Object && Safe.TryGetProperty(name, out JsonElement safe) ? safe : Safe);

        internal Both Inside(JsonElement value, ref JsonElement.ArrayEnumerator safe)
            => new(value, safe.MoveNext() ? safe.Current : Safe);

        internal JsonElement.ArrayEnumerator SafeElements() => Safe.ValueKind == JsonValueKind.Array ? Safe.EnumerateArray() : default;

        public override string ToString() => Shown.Short(Safe.GetRawText());
    }
}
