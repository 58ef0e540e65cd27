namespace PSNetLab.Engine.Tests;

/// <summary>Every client gets its own bytes, whatever others do, and however many event loops there are.</summary>
public class OwnBytesTests
{
    private const int Seconds = 2;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public Task Every_client_gets_its_own_bytes(int loops) => OwnProcess.RunAsync(["own-bytes", $"{Seconds}"], processors: 2 * loops);
}
