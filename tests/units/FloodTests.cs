namespace PSNetLab.Engine.Tests;

/// <summary>Who asks for little gets its answer soon, whatever others do.</summary>
public class FloodTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Nobody_waits_long_because_of_a_flood(bool portable) => OwnProcess.RunAsync(["floods"], portable: portable);
}
