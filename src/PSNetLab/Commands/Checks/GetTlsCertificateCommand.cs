using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using PSNetLab.Binding;
using PSNetLab.Engine.Checks;
using PSNetLab.Jobs;

namespace PSNetLab.Commands;

/// <summary>Gets the certificates of servers, or of files, with what is wrong with them.</summary>
[Cmdlet(VerbsCommon.Get, "TlsCertificate", DefaultParameterSetName = HostSet)]
[OutputType(typeof(CertificateInfo), typeof(bool))]
[SuppressMessage("Performance", "CA1819", Justification = "PowerShell parameters are arrays.")]
public sealed class GetTlsCertificateCommand : TlsCheckCmdlet
{
    private const string PathSet = "Path";

    /// <inheritdoc/>
    [Parameter(
        Mandatory = true, Position = 0, ParameterSetName = HostSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("HostName", "IPAddress")]
    [ValidateNotNullOrEmpty]
    [HostTransformation(LeavesFiles = true)]
    [ArgumentCompleter(typeof(ComputerNameCompleter))]
    public override string[] ComputerName { get; set; } = [];

    /// <inheritdoc/>
    [Parameter(Position = 1, ParameterSetName = HostSet, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, 65535)]
    [PortTransformation]
    [ArgumentCompleter(typeof(ServerPortCompleter<StreamServerJob>))]
    public override int[]? Port { get; set; }

    /// <summary>Paths of certificate files: PEM with any number of certificates, PFX, DER or PKCS#7. Wildcards are allowed.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PathSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[] Path { get; set; } = [];

    private protected override string Activity => "Getting certificates";

    private protected override bool SkipsVersions => true;

    private protected override void AddInput()
    {
        if (ParameterSetName == HostSet)
        {
            base.AddInput();
            return;
        }

        foreach (string path in Path)
        {
            Add(FilesOf(path).Select(file => new CertificateFileCheck(file, Password, Options.Tls, CheckTimeout)).ToArray());
        }
    }

    private protected override bool IsGood(object row) => ((CertificateInfo)row).Problems.Count == 0;

    private protected override void Take(object row)
    {
        switch (row)
        {
            case TlsEndpointResult { Seen: { } certificate }:
                base.Take(certificate);
                break;
            case TlsEndpointResult endpoint:
                string none = $"{endpoint.Target} sent no certificate.";
                Tell(endpoint.Fault ?? new NetLabException(FaultKind.TlsHandshakeFailed, none), endpoint.Target);
                break;
            case NetLabException fault:
                Tell(fault, null);
                break;
            default:
                base.Take(row);
                break;
        }
    }

    private void Tell(NetLabException fault, object? target)
    {
        if (Quiet)
        {
            EndAsBad();
        }
        else
        {
            ReportBad(fault, target);
        }
    }

    /// <summary>The files of a path. One that is not there is told when it is read.</summary>
    private string[] FilesOf(string path)
    {
        try
        {
            string file = GetUnresolvedProviderPathFromPSPath(path);
            bool isPattern = WildcardPattern.ContainsWildcardCharacters(path) && !File.Exists(file);
            string[] files = isPattern ? [.. GetResolvedProviderPathFromPSPath(path, out _)] : [file];
            if (files.Length == 0)
            {
                Tell(new NetLabException(FaultKind.PathNotFound, $"No file is named '{path}'. Check the path."), path);
            }

            return files;
        }
        catch (SessionStateException error)
        {
            Tell(new NetLabException(FaultKind.PathNotFound, $"'{path}' is not there: {error.Message} Check the path.", error), path);
            return [];
        }
    }
}
