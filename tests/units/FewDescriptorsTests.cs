namespace PSNetLab.Engine.Tests;

/// <summary>Servers in a process that has few descriptors, and in one that has none left.</summary>
public class FewDescriptorsTests
{
    [LinuxFact]
    public Task Servers_leave_some_to_others_and_go_on_when_there_are_more() => RunAsync(portable: false);

    [LinuxFact]
    public Task Portable_servers_do_so_too() => RunAsync(portable: true);

    private static Task RunAsync(bool portable)
        => OwnProcess.RunAsync(["few-descriptors", portable.ToString()], descriptors: 400, portable: portable);
}
