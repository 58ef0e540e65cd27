using System.Collections.Specialized;
using System.Text;
using System.Text.Json;
using PSNetLab.Engine.Http.Protocol;
using PSNetLab.Engine.Http.Recordings;
using PSNetLab.Engine.Http.Stub;

namespace PSNetLab.Engine.Tests;

/// <summary>JSON as the dictionaries, arrays and numbers that scripts get.</summary>
public sealed class JsonObjectsTests
{
    [Fact]
    public async Task Names_that_come_again_and_again_take_time_in_proportion_to_their_number()
    {
        const int Names = 150_000;
        IEnumerable<string> first = Enumerable.Range(0, Names).Select(i => $"\"n{i}\":0");
        IEnumerable<string> again = Enumerable.Range(1, Names).Select(i => $"\"n{Names - 1}\":{i}");
        string json = $"{{{string.Join(',', first.Concat(again))}}}";

        OrderedDictionary members = await Task.Run(() => Read<OrderedDictionary>(json)).Soon();

        Assert.Equal((Names, (long)Names), (members.Count, members[Names - 1]));
    }

    [Fact]
    public void Names_keep_the_place_of_their_first_and_the_value_of_their_last()
    {
        OrderedDictionary members = Read<OrderedDictionary>("""{"b":1,"a":2,"b":3}""");

        Assert.Equal(["b", "a"], members.Keys.Cast<string>());
        Assert.Equal([3L, 2L], members.Values.Cast<long>());
        Assert.Equal(3L, members["B"]);
    }

    [Theory]
    [InlineData("6.62607015e-34", 6.62607015e-34)]
    [InlineData("1.6021766340000001e-19", 1.6021766340000001e-19)]
    [InlineData("-1e-30", -1e-30)]
    [InlineData("1e300", 1e300)]
    public void What_a_decimal_would_round_away_is_a_floating_point_number(string json, double expected)
        => Assert.Equal(expected, Read<double>(json));

    [Theory]
    [InlineData("0.1")]
    [InlineData("0.0")]
    [InlineData("-12345678901234567890.12345678")]
    [InlineData("3.1415926535897932384626433833")]
    [InlineData("0.0000000000015")]
    public void What_a_decimal_keeps_is_one(string json)
        => Assert.Equal(decimal.Parse(json, System.Globalization.CultureInfo.InvariantCulture), Read<decimal>(json));

    [Theory]
    [InlineData("1e-30", "1e-40", false)]
    [InlineData("1e-30", "0", false)]
    [InlineData("1e-30", "1e-30", true)]
    [InlineData("1.50", "1.5", true)]
    public void Small_numbers_are_compared_by_their_value(string one, string other, bool areEqual)
    {
        using JsonDocument first = JsonDocument.Parse(one);
        using JsonDocument second = JsonDocument.Parse(other);

        Assert.Equal(areEqual, JsonSubset.FirstDifference(first.RootElement, second.RootElement) is null);
        Assert.Equal(areEqual, Normal(one) == Normal(other));

        static string Normal(string json) => RecordedBody.Normal(Encoding.UTF8.GetBytes(json), "application/json");
    }

    private static T Read<T>(string json)
    {
        Assert.True(JsonObjects.TryRead(Encoding.UTF8.GetBytes(json), out object? value));
        return Assert.IsType<T>(value);
    }
}
