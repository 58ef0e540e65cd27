using System.Net;
using PSNetLab.Engine.Capture;

namespace PSNetLab.Engine.Tests;

/// <summary>Several transcripts that are read together.</summary>
public class TranscriptReaderTests
{
    [Fact]
    public void Events_of_several_transcripts_come_by_time()
    {
        Transcript[] transcripts = [new(), new(), new()];
        for (int i = 0; i < 30; i++)
        {
            Add(transcripts[i % 3], (byte)i);
        }

        Assert.Equal(Enumerable.Range(0, 30), new TranscriptReader().Read(transcripts).Select(item => (int)item.Bytes![0]));
    }

    [Fact]
    public void It_goes_on_where_it_stopped_even_if_nobody_looked()
    {
        Transcript transcript = new();
        Add(transcript, 1);
        TranscriptReader reader = new();
        _ = reader.Read([transcript]);
        Assert.False(reader.HasMore([transcript]));
        Add(transcript, 2);
        Assert.True(reader.HasMore([transcript]));
        Assert.Equal(2, Assert.Single(reader.Read([transcript])).Bytes![0]);
        Assert.Empty(reader.Read([transcript]));
    }

    [Fact]
    public void Only_chosen_conversations_are_read()
    {
        Transcript transcript = new();
        Add(transcript, 1, id: 7);
        Add(transcript, 2, id: 8);
        TranscriptReader reader = new() { Matches = conversation => conversation.Id == 8 };
        Assert.Equal(2, Assert.Single(reader.Read([transcript])).Bytes![0]);
        Assert.Equal([7, 8], transcript.Conversations().Select(conversation => conversation.Id));
    }

    private static void Add(Transcript transcript, byte value, int id = 1)
        => transcript.Add(
            new Conversation { Id = id, Client = new IPEndPoint(IPAddress.Loopback, 1), Server = new IPEndPoint(IPAddress.Loopback, 2) },
            NetTranscriptKind.Data,
            NetTranscriptDirection.ToServer,
            [value],
            value);

}
