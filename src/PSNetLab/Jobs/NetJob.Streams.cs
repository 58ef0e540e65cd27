using System.Management.Automation;
using Newtonsoft.Json;

namespace PSNetLab.Jobs;

/// <content>
/// What every job of PowerShell has and no file can hold: the streams and the children, which Receive-Job reads. Hidden, they are there for
/// whoever names them, but a row of a CSV file has no names of types, and ConvertTo-Json does not look into every message that waits.
/// </content>
public abstract partial class NetJob
{
    /// <summary>The messages that wait.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<PSObject> Output => base.Output;

    /// <summary>The errors.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<ErrorRecord> Error => base.Error;

    /// <summary>The warnings.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<WarningRecord> Warning => base.Warning;

    /// <summary>What happened, such as connections that opened and closed.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<InformationRecord> Information => base.Information;

    /// <summary>The verbose stream.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<VerboseRecord> Verbose => base.Verbose;

    /// <summary>The debug stream.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<DebugRecord> Debug => base.Debug;

    /// <summary>The progress stream.</summary>
    [Hidden]
    [JsonIgnore]
    public new PSDataCollection<ProgressRecord> Progress => base.Progress;

    /// <summary>None: a server is one job.</summary>
    [Hidden]
    [JsonIgnore]
    public new IList<Job> ChildJobs => base.ChildJobs;

    /// <summary>Set when the job has ended.</summary>
    [Hidden]
    [JsonIgnore]
    public new WaitHandle Finished => base.Finished;

    /// <summary>See <see cref="StartedAt"/>, which is the same in every language.</summary>
    [Hidden]
    [JsonIgnore]
    public new DateTime? PSBeginTime => base.PSBeginTime;

    /// <summary>See <see cref="EndedAt"/>.</summary>
    [Hidden]
    [JsonIgnore]
    public new DateTime? PSEndTime => base.PSEndTime;
}
