using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public class ListingOrderTests
{
    [Theory]
    [InlineData("file2", "file10")]
    [InlineData("file", "file1")]
    [InlineData("a", "B")]
    [InlineData("b", "C")]
    [InlineData("A", "a")]
    [InlineData("a01", "a1")]
    [InlineData("a01b", "a1c")]
    [InlineData("v1.9.2", "v1.10.0")]
    [InlineData("99999999999999999999998", "99999999999999999999999")]
    [InlineData("9", "10000000000000000000000000")]
    [InlineData("0", "1")]
    [InlineData("2024-02-29", "2024-03-01")]
    [InlineData("", "a")]
    public void A_name_comes_before_another(string first, string second)
    {
        Assert.True(Compare(first, second) < 0);
        Assert.True(Compare(second, first) > 0);
    }

    [Fact]
    public void A_folder_comes_before_a_file() =>
        Assert.True(ListingOrder.Instance.Compare(new("z", true, 0, default), new("a", false, 0, default)) < 0);

    [Fact]
    public void The_order_has_no_loops_and_only_equal_names_are_equal()
    {
        var random = new Random(20240229);
        string[] names = Enumerable.Range(0, 120).Select(_ => new string(random.GetItems<char>("aAb019._眼", random.Next(6)))).ToArray();
        Array.Sort(names, Compare);
        for (int i = 0; i < names.Length; i++)
        {
            for (int j = i; j < names.Length; j++)
            {
                Assert.True(Compare(names[i], names[j]) <= 0, $"'{names[i]}' came before '{names[j]}'");
                Assert.Equal(names[i] == names[j], Compare(names[i], names[j]) == 0);
            }
        }
    }

    private static int Compare(string left, string right) =>
        ListingOrder.Instance.Compare(new ListingEntry(left, false, 0, default), new ListingEntry(right, false, 0, default));
}
