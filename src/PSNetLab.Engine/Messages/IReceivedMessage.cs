using System.Net;

namespace PSNetLab.Engine.Messages;

/// <summary>What messages of every protocol have in common.</summary>
internal interface IReceivedMessage : IWeighted
{
    IPEndPoint RemoteEndPoint { get; }

    long Sequence { get; }

    byte[] Data { get; }
}
