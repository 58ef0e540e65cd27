using System.Management.Automation;

namespace PSNetLab;

/// <summary>Makes every error record of the module: id, category and target in one place.</summary>
internal static class Errors
{
    /// <summary>The record for a fault; its id is the name of the fault.</summary>
    /// <param name="error">What happened.</param>
    /// <param name="target">The endpoint, or whatever else the user named.</param>
    internal static ErrorRecord Record(Exception error, object? target)
    {
        FaultKind kind = (error as NetLabException)?.Kind ?? FaultKind.SocketError;
        return new ErrorRecord(error, kind.ToString(), Category(kind), (error as NetLabException)?.Subject ?? target);
    }

    internal static ErrorRecord Record(FaultKind kind, string message, object? target)
        => Record(new NetLabException(kind, message), target);

    private static ErrorCategory Category(FaultKind kind) => kind switch
    {
        FaultKind.PortInUse or FaultKind.FileExists => ErrorCategory.ResourceExists,
        FaultKind.PortNotPermitted or FaultKind.BroadcastNotPermitted => ErrorCategory.PermissionDenied,
        FaultKind.AddressNotLocal or FaultKind.InvalidFraming or FaultKind.InvalidDialogue or FaultKind.InvalidAddress
            or FaultKind.InvalidName
            or FaultKind.MessageLengthMismatch or FaultKind.MulticastRefused or FaultKind.InvalidParameters or FaultKind.InvalidRoute
            or FaultKind.InvalidOptionValue or FaultKind.NoSocket or FaultKind.ProxyLoop => ErrorCategory.InvalidArgument,
        FaultKind.HostNotFound or FaultKind.ConnectionNotFound or FaultKind.InterfaceNotFound or FaultKind.OptionNotFound
            or FaultKind.PathNotFound
            or FaultKind.RouteNotFound or FaultKind.RequestNotMatched or FaultKind.NetFaultNotFound => ErrorCategory.ObjectNotFound,
        FaultKind.ConnectionBusy => ErrorCategory.ResourceBusy,
        FaultKind.ConnectionRefused or FaultKind.HostUnreachable or FaultKind.ConnectionReset or FaultKind.ConnectionClosed
            or FaultKind.NoResponse or FaultKind.ProxyRefused or FaultKind.UpstreamFailed => ErrorCategory.ConnectionError,
        FaultKind.ConnectTimeout or FaultKind.SendTimeout or FaultKind.ReceiveTimeout or FaultKind.IdleTimeout
            or FaultKind.MessageTimeout or FaultKind.WaitTimeout => ErrorCategory.OperationTimeout,
        FaultKind.MessageTooLong or FaultKind.TooManyConnections or FaultKind.TooMuchPending => ErrorCategory.LimitsExceeded,
        FaultKind.TruncatedFrame or FaultKind.MalformedFrame or FaultKind.InvalidTranscript or FaultKind.ResponseTruncated
            or FaultKind.ResponseMalformed or FaultKind.CertificateUnreadable or FaultKind.CertificateKeyMissing
            or FaultKind.CertificateKeyMismatch
            => ErrorCategory.InvalidData,
        FaultKind.CertificateRejected or FaultKind.OwnCertificateRejected or FaultKind.TlsHandshakeFailed or FaultKind.StartTlsFailed
            or FaultKind.CertificatePasswordWrong => ErrorCategory.AuthenticationError,
        FaultKind.TooManyOpenFiles or FaultKind.NameServerFailed => ErrorCategory.ResourceUnavailable,
        FaultKind.OptionRefused or FaultKind.OptionReadOnly or FaultKind.NotInteractive => ErrorCategory.InvalidOperation,
        FaultKind.FileUnreadable => ErrorCategory.ReadError,
        FaultKind.AccessLogFailed or FaultKind.FileUnwritable => ErrorCategory.WriteError,
        FaultKind.ReplyScriptFailed or FaultKind.FramingScriptFailed
            or FaultKind.DialogueUnexpected or FaultKind.RequestFailed or FaultKind.HandlerFailed
            or FaultKind.RequestNotReceived => ErrorCategory.InvalidResult,
        _ => ErrorCategory.NotSpecified,
    };
}
