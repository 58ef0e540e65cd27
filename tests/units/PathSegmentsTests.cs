using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public class PathSegmentsTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("/", "")]
    [InlineData("///", "")]
    [InlineData("a", "a")]
    [InlineData("/a", "a")]
    [InlineData("/a/", "a")]
    [InlineData("/a/b c/d.e", "a|b c|d.e")]
    [InlineData("//a///b//", "a|b")]
    [InlineData("/./..", ".|..")]
    public void Names_between_slashes(string path, string expected)
    {
        List<string> names = [];
        foreach (Range range in new PathSegments(path))
        {
            names.Add(path[range]);
        }

        Assert.Equal(expected, string.Join('|', names));
    }
}
