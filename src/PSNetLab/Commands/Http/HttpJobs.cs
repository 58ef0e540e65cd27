using PSNetLab.Engine.Http.Stub;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Finds the routes behind a job.</summary>
internal static class HttpJobs
{
    /// <exception cref="NetLabException">The job has none.</exception>
    internal static StubHandler Routes(this HttpServerJob job) => job.Handler as StubHandler
        ?? throw new NetLabException(FaultKind.InvalidParameters, $"The server on {job.Local} serves files and has no routes. Start "
            + $"one with Start-HttpServer.");
}
