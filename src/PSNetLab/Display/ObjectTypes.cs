using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using PSNetLab.Conversion;
using PSNetLab.Jobs;

namespace PSNetLab.Display;

/// <summary>
/// What PowerShell is told about the objects: short lists for where a table does not fit, table headings as aliases, time spans beside
/// milliseconds, certificates beside their names, and what is serialized.
/// </summary>
/// <remarks>
/// The first cmdlet of the module that runs in a runspace tells it, because a types file would take 15 of the 50 ms that the import may
/// take. Aliases, time spans and certificates are hidden, so that JSON, CSV and copies have each value once.
/// </remarks>
internal static partial class ObjectTypes
{
    // The prefix of a type that was serialized, to which PowerShell does not apply what it knows of the live one.
    private const string Copy = "Deserialized.";

    private static readonly Lazy<TypeData[]> s_types = new(() =>
    [
        .. Describe<TcpMessage>(
            "Time RemoteEndPoint ConnectionId Sequence Length Text", "Peer=RemoteEndPoint Conn=ConnectionId Seq=Sequence"),
        .. Describe<UdpMessage>("Time RemoteEndPoint Interface Length Text", "Peer=RemoteEndPoint Lost=LostBytes"),
        .. Describe<BroadcastResult>("Time Interface Source BroadcastAddress Bytes Error", "Peer=BroadcastAddress Length=Bytes"),
        .. Describe<HttpRequestRecord>(
            "Time RemoteEndPoint Method Target Status BytesSent Milliseconds",
            "Client=RemoteEndPoint Bytes=BytesSent ms=Milliseconds",
            nameof(Request),
            nameof(Duration),
            nameof(Gap)),
        .. Describe<HttpRoute>("Name Method Path Answer Hits", string.Empty),
        .. Describe<WebSocketConnection>(
            "Id RemoteEndPoint Route Protocol IsOpen MessagesReceived MessagesSent",
            "Client=RemoteEndPoint In=MessagesReceived Out=MessagesSent"),
        .. Describe<HttpExchangeResult>("Uri StatusCode Request Response Complete TotalMilliseconds Remarks Reason", string.Empty),
        .. Describe<HttpSentRequest>("Method Target Version Headers Text", string.Empty),
        .. Describe<HttpReceivedResponse>("Version StatusCode ReasonPhrase Headers BodyText Trailers", string.Empty),
        .. Describe<HttpEndpointResult>(
            "Uri Passed Status StatusCode TotalMilliseconds DaysLeft Hops Remarks Reason",
            "Code=StatusCode ms=TotalMilliseconds",
            nameof(Phases)),
        .. Describe<HttpHop>("Method Uri StatusCode Location Address Reused TotalMilliseconds", string.Empty),
        Enum(typeof(HttpEndpointStatus)),
        .. Describe<TcpConnection>(
            "Id State LocalEndPoint RemoteEndPoint BytesReceived BytesSent CloseReason",
            "Local=LocalEndPoint Remote=RemoteEndPoint In=BytesReceived Out=BytesSent"),
        .. Describe<DialogueRun>(
            "RemoteEndPoint Step Steps Completed Expected Unexpected",
            "Peer=RemoteEndPoint Conn=ConnectionId Done=Completed"),
        .. Describe<TlsInfo>(
            "Protocol CipherSuite Alpn ServerName PeerSubject PeerThumbprint", string.Empty, nameof(PeerCertificate), nameof(PeerChain)),
        .. Describe<SocketInfo>(
            "Protocol State LocalEndPoint RemoteEndPoint ProcessId ProcessName ReceiveQueue SendQueue",
            "Prot=Protocol Local=LocalEndPoint Remote=RemoteEndPoint PID=ProcessId Process=ProcessName RecvQ=ReceiveQueue "
                + "SendQ=SendQueue"),
        .. Describe<TcpInfo>(
            "RoundTripMilliseconds CongestionWindow MaximumSegmentSize TotalRetransmits DeliveryRate",
            string.Empty,
            nameof(RoundTripTime),
            nameof(RoundTripVariance),
            nameof(MinimumRoundTripTime),
            nameof(RetransmissionTimeout)),
        .. Describe<SocketOption>("Level Name Value Unit", string.Empty),
        .. Describe<ServerJob>(
            "Id Name State LocalEndPoint ConnectionCount MessageCount Waiting Dropped", "Open=ConnectionCount Messages=MessageCount"),
        .. Describe<ProxyConnection>(
            "Number State ClientEndPoint UpstreamEndPoint BytesToServer BytesToClient Faults CloseReason CloseDetail",
            "Client=ClientEndPoint Upstream=UpstreamEndPoint ms=Milliseconds",
            nameof(Duration)),
        .. Describe<ProxyChunk>("Number Direction Offset Length Text ClientEndPoint", "Client=ClientEndPoint"),
        .. Describe<NetFault>("Name Direction Effect When Hits ConnectionHits", "Connections=ConnectionHits"),
        .. Describe<ProxySession>(
            "Number ClientEndPoint DatagramsToServer DatagramsToClient BytesToServer BytesToClient Faults CloseReason",
            "Client=ClientEndPoint ToServer=DatagramsToServer ToClient=DatagramsToClient",
            nameof(Duration)),
        .. Describe<NetTranscriptEvent>(
            "Time ElapsedMilliseconds ConnectionId Kind Direction Length Text Detail", "Conn=ConnectionId", nameof(Elapsed)),
        .. Describe<NetReplayResult>(
            "Time RemoteEndPoint Matched FirstDifference Sent Received Expected DurationMilliseconds Reason",
            string.Empty,
            nameof(Duration)),
        .. Describe<NetReplayDifference>("Direction Offset ExpectedText GotText", string.Empty),
        Enum(typeof(NetTranscriptKind)),
        Enum(typeof(NetTranscriptDirection)),
        Enum(typeof(NetTranscriptProtocol)),
        Enum(typeof(NetFaultKind)),
        Enum(typeof(NetFaultDirection)),
        Enum(typeof(JitterDistribution)),
        Enum(typeof(ProxyCloseReason)),
        Enum(typeof(ProxyConnectionState)),
        .. Describe<TcpPortResult>(
            "ComputerName Port Address Status LatencyMilliseconds Banner Reason",
            "ms=LatencyMilliseconds",
            nameof(Latency),
            nameof(ResolveTime)),
        .. Describe<DnsReply>("Name Type Server Status Passed Data Milliseconds Reason", "ms=Milliseconds", nameof(Duration), nameof(Raw)),
        .. Describe<DnsRecord>("Name TimeToLive Type Data", "TTL=TimeToLive", nameof(Fields)),
        Enum(typeof(DnsStatus)),
        Enum(typeof(DnsTransport)),
        .. Describe<CertificateInfo>(
            "Source Subject Names Issuer NotBefore NotAfter DaysLeft Problems Thumbprint KeyAlgorithm KeyBits SignatureAlgorithm Chain",
            string.Empty),
        .. Describe<CertificateProblem>("Kind Text Subject Days IsWarning", string.Empty),
        .. Describe<TlsEndpointResult>(
            "ComputerName Port Address Status Problems Subject Names NotAfter DaysLeft Issuer Protocol CipherSuite Alpn Versions Reason",
            string.Empty,
            nameof(ResolveTime),
            nameof(ConnectTime),
            nameof(StartTlsTime),
            nameof(HandshakeTime)),
        .. Describe<TlsVersions>("Ssl3 Tls10 Tls11 Tls12 Tls13", string.Empty),
        Enum(typeof(CertificateProblemKind)),
        Enum(typeof(TlsEndpointStatus)),
        Enum(typeof(TlsVersionStatus)),
        Enum(typeof(TcpPortStatus)),
        Enum(typeof(RouteEnd)),
        Enum(typeof(SocketProtocol)),
        Enum(typeof(SocketState)),
        Enum(typeof(TcpCloseReason)),
        Enum(typeof(TcpConnectionState)),
    ]);

    /// <summary>The phases of a request as a bar.</summary>
    public static object Phases(PSObject result) => HttpView.Bar(result);

    /// <summary>Method and target.</summary>
    public static object Request(PSObject record) => View.Request(record);

    /// <summary>The time span of the Milliseconds of a record, or of the DurationMilliseconds.</summary>
    public static object? Duration(PSObject record)
        => Span(record, nameof(HttpRequestRecord.Milliseconds)) ?? Span(record, nameof(NetReplayResult.DurationMilliseconds));

    /// <summary>The bytes of an answer.</summary>
    public static object? Raw(PSObject reply) => (reply.BaseObject as DnsReply)?.Raw;

    /// <summary>The parts of a record.</summary>
    public static object? Fields(PSObject record) => (record.BaseObject as DnsRecord)?.Fields;

    /// <summary>The time span of <see cref="HttpRequestRecord.GapMilliseconds"/>.</summary>
    public static object? Gap(PSObject record) => Span(record, nameof(HttpRequestRecord.GapMilliseconds));

    /// <summary>The time span of <see cref="TcpInfo.RoundTripMilliseconds"/>.</summary>
    public static object? RoundTripTime(PSObject info) => Span(info, nameof(TcpInfo.RoundTripMilliseconds));

    /// <summary>The time span of <see cref="TcpInfo.RoundTripVarianceMilliseconds"/>.</summary>
    public static object? RoundTripVariance(PSObject info) => Span(info, nameof(TcpInfo.RoundTripVarianceMilliseconds));

    /// <summary>The time span of <see cref="TcpInfo.MinimumRoundTripMilliseconds"/>.</summary>
    public static object? MinimumRoundTripTime(PSObject info) => Span(info, nameof(TcpInfo.MinimumRoundTripMilliseconds));

    /// <summary>The time span of <see cref="TcpInfo.RetransmissionTimeoutMilliseconds"/>.</summary>
    public static object? RetransmissionTimeout(PSObject info) => Span(info, nameof(TcpInfo.RetransmissionTimeoutMilliseconds));

    /// <summary>The time span of <see cref="NetTranscriptEvent.ElapsedMilliseconds"/>.</summary>
    public static object? Elapsed(PSObject item) => Span(item, nameof(NetTranscriptEvent.ElapsedMilliseconds));

    /// <summary>The time span of <see cref="TcpPortResult.LatencyMilliseconds"/>.</summary>
    public static object? Latency(PSObject result) => Span(result, nameof(TcpPortResult.LatencyMilliseconds));

    /// <summary>The time span of the ResolveMilliseconds of a check.</summary>
    public static object? ResolveTime(PSObject result) => Span(result, nameof(TcpPortResult.ResolveMilliseconds));

    /// <summary>The time span of <see cref="TlsEndpointResult.ConnectMilliseconds"/>.</summary>
    public static object? ConnectTime(PSObject result) => Span(result, nameof(TlsEndpointResult.ConnectMilliseconds));

    /// <summary>The time span of <see cref="TlsEndpointResult.StartTlsMilliseconds"/>.</summary>
    public static object? StartTlsTime(PSObject result) => Span(result, nameof(TlsEndpointResult.StartTlsMilliseconds));

    /// <summary>The time span of <see cref="TlsEndpointResult.HandshakeMilliseconds"/>.</summary>
    public static object? HandshakeTime(PSObject result) => Span(result, nameof(TlsEndpointResult.HandshakeMilliseconds));

    /// <summary>The certificate of the peer.</summary>
    public static object? PeerCertificate(PSObject tls) => (tls.BaseObject as TlsInfo)?.PeerCertificate;

    /// <summary>The certificate of the peer and its issuers.</summary>
    public static object? PeerChain(PSObject tls) => (tls.BaseObject as TlsInfo)?.PeerChain;

    private static TimeSpan? Span(PSObject source, string property)
        => source.Properties[property]?.Value.Unwrapped() is double milliseconds
            ? TimeSpan.FromTicks((long)Math.Round(milliseconds * TimeSpan.TicksPerMillisecond)) // FromMilliseconds cuts off
            : null;

    /// <summary>A type and its copy.</summary>
    /// <param name="shown">The properties of the short list.</param>
    /// <param name="aliases">Headings of its table, as alias=property.</param>
    /// <param name="computed">Methods of this class that compute a property of their name.</param>
    private static TypeData[] Describe<T>(string shown, string aliases, params string[] computed)
    {
        string[] serialized = [.. Serialized(typeof(T))];
        return [Describe(typeof(T).FullName!), Describe(Copy + typeof(T).FullName)];

        TypeData Describe(string typeName)
        {
            TypeData type = new(typeName) { DefaultDisplayPropertySet = new PropertySetData(shown.Split(' ')) };
            foreach (string alias in aliases.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                string[] pair = alias.Split('=');
                type.Members.Add(pair[0], new AliasPropertyData(pair[0], pair[1]) { IsHidden = true });
            }

            foreach (string name in computed)
            {
                type.Members.Add(name, new CodePropertyData(name, typeof(ObjectTypes).GetMethod(name)) { IsHidden = true });
            }

            if (typeName.StartsWith(Copy, StringComparison.Ordinal))
            {
                type.TargetTypeForDeserialization = typeof(ObjectCopy);
            }

            type.SerializationMethod = "SpecificProperties";
            type.InheritPropertySerializationSet = true;
            type.PropertySerializationSet = new PropertySetData(serialized);
            return type;
        }
    }

    /// <summary>
    /// All properties of an object. Of a job, its own and those of its kinds, without what is hidden; PowerShell adds the few it takes of
    /// any job.
    /// </summary>
    private static IEnumerable<string> Serialized(Type type)
    {
        IEnumerable<Type> kinds = type == typeof(ServerJob)
            ? type.Assembly.GetExportedTypes().Where(kind => kind.IsAssignableTo(typeof(NetJob)))
            : [type];
        return kinds.SelectMany(kind => kind.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(property => property.GetIndexParameters().Length == 0 && !property.IsDefined(typeof(HiddenAttribute)))
            .Select(property => property.Name)
            .Distinct();
    }

    /// <summary>An enum that becomes one again, so that the copy compares, groups and converts to JSON by name.</summary>
    private static TypeData Enum(Type type) => new(Copy + type.FullName) { TargetTypeForDeserialization = type };
}
