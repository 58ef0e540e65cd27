namespace PSNetLab.Engine.IO;

/// <summary>Told when a send has to wait, on the thread that sends.</summary>
internal interface ISendWaits
{
    /// <summary>Nothing leaves until <see cref="OnResumed"/>.</summary>
    void OnPaused();

    /// <summary>The send goes on: what the system accepts next may be the last of it.</summary>
    void OnResumed();
}
