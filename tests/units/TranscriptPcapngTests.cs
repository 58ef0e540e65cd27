using System.Text;
using PSNetLab.Engine.Capture.Files;
using static PSNetLab.NetTranscriptDirection;

namespace PSNetLab.Engine.Tests;

/// <summary>What tshark says of transcripts as packets.</summary>
public sealed class TranscriptPcapngTests : IDisposable
{
    private static readonly string[] s_checks =
    [
        "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
    ];

    private readonly string _path = Path.Combine(Directory.CreateTempSubdirectory("transcript").FullName, "t.pcapng");

    public static TheoryData<TransportKind, bool> Exchanges
    {
        get
        {
            TheoryData<TransportKind, bool> all = [];
            foreach (TransportKind kind in TransportPair.Kinds)
            {
                all.Add(kind, false);
                all.Add(kind, true);
            }

            return all;
        }
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [ToolTheory("tshark")]
    [MemberData(nameof(Exchanges))]
    public async Task A_real_exchange_is_dissected_as_HTTP(TransportKind kind, bool reset)
    {
        byte[] body = WebFolder.Noise(200_000);
        byte[] response = [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), .. body];
        byte[] request = "GET /big HTTP/1.1\r\nHost: example\r\n\r\n"u8.ToArray();
        NetTranscriptEvent[] events = await Recorded.ExchangeAsync(kind, request, response, reset);
        Write(events);

        string port = $"tcp.port=={events[0].Server.Port},http";
        await CheckAsync("-d", port);
        Assert.Equal(["/big"], await FieldsAsync("http.request.uri", "-Y", "http.request", "-d", port));
        Assert.Equal(["200\t200000"], await FieldsAsync(
            "http.response.code", "http.content_length", "-Y", "http.response", "-d", port));
        string objects = Path.Combine(Path.GetDirectoryName(_path)!, "objects");
        await Tool.RunAsync("tshark", "-r", _path, "-Q", "-d", port, "--export-objects", $"http,{objects}");
        Assert.Equal(body, await File.ReadAllBytesAsync(Path.Combine(objects, "big")));
        Assert.Equal(reset ? 1 : 0, (await FieldsAsync("frame.number", "-Y", "tcp.flags.reset==1")).Length);
        Assert.Equal(reset ? 0 : 2, (await FieldsAsync("frame.number", "-Y", "tcp.flags.fin==1")).Length);
        string[] comments = await FieldsAsync("frame.comment", "-Y", "frame.number==1");
        Assert.Equal(kind == TransportKind.Tls, Assert.Single(comments).Contains("TLS (Tls1", StringComparison.Ordinal));
    }

    [ToolTheory("tshark")]
    [InlineData("127.0.0.1:40000", "127.0.0.1:8080")]
    [InlineData("[::1]:40000", "[::1]:8080")]
    [InlineData("[fe80::1]:40000", "192.0.2.1:8080")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    public async Task Both_families_have_good_checksums(string client, string server)
    {
        List<NetTranscriptEvent> events = [];
        foreach (NetTranscriptProtocol protocol in Enum.GetValues<NetTranscriptProtocol>())
        {
            Recorded recorded = new((int)protocol + 7, client, server, protocol);
            recorded.Opened();
            for (int length = 0; length < 70; length++)
            {
                recorded.Asks(WebFolder.Noise(length, length)).Answers(WebFolder.Noise(length / 2, length));
            }

            events.AddRange(recorded.Closed().Events);
        }

        Write(events);
        await CheckAsync("--disable-protocol", "http");
        Assert.Equal(140, (await FieldsAsync("frame.number", "-Y", "udp")).Length);
        Assert.NotEmpty(await FieldsAsync("frame.number", "-Y", "tcp.stream==0"));
        Assert.Empty(await FieldsAsync("frame.number", "-Y", "tcp.stream==1"));
    }

    [ToolFact("tshark")]
    public async Task The_longest_datagrams_fit()
    {
        Write(
        [
            .. new Recorded(1, protocol: NetTranscriptProtocol.Udp).Opened().Asks(WebFolder.Noise(65_507)).Events,
            .. new Recorded(2, "[::1]:4", "[::1]:5", NetTranscriptProtocol.Udp).Opened().Asks(WebFolder.Noise(65_527)).Events,
        ]);
        await CheckAsync();
        Assert.Equal(["65515", "65535"], await FieldsAsync("udp.length"));
        Recorded tooLong = new Recorded(1, protocol: NetTranscriptProtocol.Udp).Asks(new byte[65_508]);
        NetLabException error = Assert.Throws<NetLabException>(() => Write(tooLong.Events));
        Assert.Equal(FaultKind.MessageTooLong, error.Kind);
    }

    [ToolFact("tshark")]
    public async Task Sequence_numbers_wrap()
    {
        Recorded recorded = new(0xFFFF);
        recorded.Opened();
        for (int i = 0; i < 8; i++)
        {
            recorded.Asks(WebFolder.Noise(60_000)).Answers("ok");
        }

        Write(recorded.Closed().Events);
        await CheckAsync();
        Assert.Contains("480001", await FieldsAsync("tcp.ack"));
    }

    [ToolFact("tshark")]
    public async Task What_is_missing_is_a_gap_that_a_comment_names()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("one").Asks("three").Answers("ok").Closed().Events;
        Write([.. events[..2], Recorded.Dropped(events[1], ToServer, 1000), .. events[2..]]);
        Assert.Equal(["1", "1004"], await FieldsAsync("tcp.seq", "-Y", "tcp.dstport==8080 && tcp.len>0"));
        Assert.Equal(
            ["1000 bytes to the server are missing here. Lost."], await FieldsAsync("frame.comment", "-Y", "tcp.seq==1004 && tcp.len>0"));
        Assert.Equal(["1004"], await FieldsAsync("tcp.seq", "-Y", "tcp.analysis.lost_segment && tcp.len>0"));
    }

    [ToolFact("tshark")]
    public async Task A_transcript_may_begin_in_the_middle_and_end_anywhere()
    {
        NetTranscriptEvent[] events = new Recorded().Opened().Asks("a").Answers("b").Note(NetTranscriptKind.Fault, ToClient, "latency")
            .Answers("c").Note(NetTranscriptKind.Closed).Events;
        NetTranscriptEvent[] open = new Recorded(2, "127.0.0.1:2").Opened().Asks("x")
            .Note(NetTranscriptKind.Fault, null, "at the end").Events;
        Write([.. events[1..], .. open]);
        await CheckAsync();
        Assert.Equal(4, (await FieldsAsync("frame.number", "-Y", "tcp.flags.syn==1 || tcp.flags.fin==1")).Length);
        string[] comments = await FieldsAsync("frame.comment", "-Y", "tcp.stream==0 && frame.comment");
        Assert.Contains("begins in the middle", comments[0], StringComparison.Ordinal);
        Assert.Equal("Fault to the client: latency", comments[1]);
        Assert.All(comments[2..], comment => Assert.Contains("was not recorded", comment, StringComparison.Ordinal));
        Assert.Contains("Fault: at the end", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(_path)), StringComparison.Ordinal);
    }

    [ToolFact("tshark")]
    public async Task Ports_that_are_used_again_are_another_connection()
    {
        Write([.. new Recorded(1).Opened().Asks("a").Closed().Events, .. new Recorded(2).Opened().Asks("b").Closed().Events]);
        Assert.Equal(["0", "1"], (await FieldsAsync("tcp.stream")).Distinct());
        Assert.Equal(["61", "62"], await FieldsAsync("tcp.payload", "-Y", "tcp.len>0"));
    }

    [ToolFact("tshark")]
    public async Task A_connection_that_both_ends_recorded_is_one_stream()
    {
        NetTranscriptEvent[] one = new Recorded(1).Opened().Asks("a").Answers("b").Asks("c").Closed().Events;
        NetTranscriptEvent[] other = new Recorded(2).Opened().Asks("a").Answers("b").Asks("c").Closed().Events;
        Write(one.Zip(other).SelectMany(pair => new[] { pair.First, pair.Second }));
        await CheckAsync();
        Assert.Equal(["61", "62", "63"], await FieldsAsync("tcp.payload", "-Y", "tcp.len>0"));
    }

    private void Write(IEnumerable<NetTranscriptEvent> events) => Recorded.Write(_path, stream => new PcapngWriter(stream), events);

    /// <summary>Nothing malformed, all checksums good, nothing that the analysis of TCP finds strange.</summary>
    private async Task CheckAsync(params string[] options)
    {
        Assert.Empty(await FieldsAsync([
            "frame.number", "_ws.col.Info", "-Y",
            "_ws.malformed || tcp.analysis.flags || ip.checksum.status!=1 || tcp.checksum.status!=1 || udp.checksum.status!=1",
            .. options]));
    }

    /// <summary>Runs tshark: names of fields, and from the first that begins with a dash on, options.</summary>
    private async Task<string[]> FieldsAsync(params string[] arguments)
    {
        int options = Array.FindIndex(arguments, argument => argument.StartsWith('-'));
        string[] fields = options < 0 ? arguments : arguments[..options];
        string[] rest = options < 0 ? [] : arguments[options..];
        string output = await Tool.RunAsync(
            "tshark", ["-r", _path, "-T", "fields", .. fields.SelectMany(field => new[] { "-e", field }), .. s_checks, .. rest]);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
