using System.Net;
using PSNetLab.Engine.Capture;

namespace PSNetLab.Engine.Tests;

/// <summary>What a transcript keeps, and what goes when it is full.</summary>
public class TranscriptTests
{
    private static readonly IPEndPoint s_client = new(IPAddress.Loopback, 40000);
    private static readonly IPEndPoint s_server = new(IPAddress.Loopback, 80);

    [Fact]
    public void Events_come_back_as_they_were_recorded()
    {
        Transcript transcript = new();
        Conversation one = NewConversation(1);
        transcript.Note(one, NetTranscriptKind.Opened, null, "TLS");
        transcript.Add(one, NetTranscriptKind.Data, NetTranscriptDirection.ToServer, "hi"u8, one.Start + 10);
        NetTranscriptEvent[] events = [.. transcript.Read()];
        Assert.Equal([NetTranscriptKind.Data, NetTranscriptKind.Opened], events.Select(item => item.Kind));
        Assert.Equal("hi", events[0].Text);
        Assert.Equal("TLS", events[1].Detail);
        Assert.Null(events[1].Bytes);
        Assert.Equal((2, 1), (events[0].Sequence, events[1].Sequence));
        Assert.Equal(s_client.ToString(), events[0].ClientEndPoint.ToString());
        Assert.Equal(s_server.ToString(), events[0].ServerEndPoint.ToString());
    }

    [Fact]
    public void The_oldest_bytes_go_first_and_are_counted()
    {
        const int Limit = 64 * 1024;
        Transcript transcript = new(Limit);
        Conversation one = NewConversation(1);
        byte[] data = new byte[1000];
        long now = one.Start;
        for (int i = 0; i < 1000; i++)
        {
            BitConverter.TryWriteBytes(data, i);
            transcript.Add(one, NetTranscriptKind.Data, (NetTranscriptDirection)(i % 2), data, ++now);
            Assert.InRange(transcript.Bytes, 1, Limit);
        }

        NetTranscriptEvent[] events = [.. transcript.Read()];
        Assert.True(transcript.First > 1);
        NetTranscriptEvent[] dropped = [.. events.Where(item => item.Kind == NetTranscriptKind.Dropped)];
        Assert.Equal(events[..2], dropped);
        NetTranscriptEvent[] kept = events[2..];
        Assert.InRange(kept.Length, 40, 64);
        Assert.Equal(1_000_000, kept.Sum(item => item.Length) + dropped.Sum(item => item.Length));
        Assert.Equal(Enumerable.Range(1000 - kept.Length, kept.Length), kept.Select(item => BitConverter.ToInt32(item.Bytes!)));
    }

    [Fact]
    public void Whoever_reads_keeps_what_is_overwritten_meanwhile()
    {
        Transcript transcript = new(64 * 1024);
        Conversation one = NewConversation(1);
        void Add(int from, int count)
        {
            for (int i = from; i < from + count; i++)
            {
                byte[] data = new byte[100];
                BitConverter.TryWriteBytes(data, i);
                transcript.Add(one, NetTranscriptKind.Data, NetTranscriptDirection.ToServer, data, i);
            }
        }

        Add(0, 5000);
        using IEnumerator<NetTranscriptEvent> reader = transcript.Read().GetEnumerator();
        Assert.True(reader.MoveNext());
        Add(5000, 5000);
        int expected = 0;
        while (reader.MoveNext())
        {
            int value = BitConverter.ToInt32(reader.Current.Bytes!);
            Assert.True(expected == 0 || value == expected);
            expected = value + 1;
        }

        Assert.Equal(5000, expected);
        Assert.Equal(9999, BitConverter.ToInt32(transcript.Read().Last().Bytes!));
    }

    [Fact]
    public void A_stream_is_divided_and_a_datagram_is_not()
    {
        Transcript transcript = new(1024 * 1024);
        byte[] data = new byte[200_000];
        Random.Shared.NextBytes(data);
        transcript.Add(NewConversation(1), NetTranscriptKind.Data, NetTranscriptDirection.ToServer, data, 1);
        transcript.Add(
            NewConversation(2, NetTranscriptProtocol.Udp),
            NetTranscriptKind.Data,
            NetTranscriptDirection.ToServer,
            data.AsSpan(0, 65_507),
            2);
        NetTranscriptEvent[] events = [.. transcript.Read()];
        Assert.Equal(data, events.Where(item => item.ConnectionId == 1).SelectMany(item => item.Bytes!));
        Assert.All(events, item => Assert.InRange(item.Length, 1, 65_536));
        Assert.Equal(65_507, Assert.Single(events, item => item.ConnectionId == 2).Length);
    }

    [Fact]
    public void A_quiet_conversation_keeps_nothing_that_has_gone()
    {
        const int Limit = 64 * 1024;
        Transcript transcript = new(Limit);
        Conversation quiet = NewConversation(1);
        transcript.Note(quiet, NetTranscriptKind.Opened);
        Conversation busy = NewConversation(2);
        for (int i = 0; i < 1000; i++)
        {
            transcript.Add(busy, NetTranscriptKind.Data, NetTranscriptDirection.ToServer, new byte[1000], i);
        }

        Assert.Null(quiet.Place.Segment);
        Assert.NotNull(busy.Place.Segment);
    }

    [Fact]
    public void Conversations_count_towards_the_limit()
    {
        const int Limit = 1024 * 1024;
        Transcript transcript = new(Limit);
        for (int id = 1; id <= 50_000; id++)
        {
            transcript.Add(NewConversation(id), NetTranscriptKind.Data, NetTranscriptDirection.ToServer, "x"u8, id);
        }

        Assert.InRange(transcript.Conversations().Count(), 1, 20_000);
    }

    [Fact]
    public async Task Threads_that_record_lose_nothing_while_others_read()
    {
        const int Events = 20_000;
        Transcript transcript = new(64 * 1024 * 1024);
        Task[] writers =
        [
            .. Enumerable.Range(1, 4).Select(id => Task.Run(() =>
            {
                for (int i = 0; i < Events; i++)
                {
                    // Many conversations, so that the table of a segment grows while it is read.
                    transcript.Add(
                        NewConversation(id), NetTranscriptKind.Data, NetTranscriptDirection.ToServer, BitConverter.GetBytes(i), i);
                }
            })),
        ];
        Task all = Task.WhenAll(writers);
        while (!all.IsCompleted)
        {
            Assert.All(transcript.Read(transcript.Next - 10), item => Assert.Equal(4, item.Length));
        }

        await all;
        NetTranscriptEvent[] events = [.. transcript.Read()];
        Assert.Equal(4 * Events, events.Length);
        for (int id = 1; id <= 4; id++)
        {
            Assert.Equal(
                Enumerable.Range(0, Events),
                events.Where(item => item.ConnectionId == id).Select(item => BitConverter.ToInt32(item.Bytes!)));
        }
    }

    private static Conversation NewConversation(int id, NetTranscriptProtocol protocol = NetTranscriptProtocol.Tcp)
        => new() { Id = id, Client = s_client, Server = s_server, Protocol = protocol };
}
