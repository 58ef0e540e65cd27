using System.Net;

namespace PSNetLab.Engine.Messages;

/// <summary>The common properties of messages of every protocol.</summary>
internal interface IReceivedMessage : IWeighted
{
    IPEndPoint Remote { get; }

    long Sequence { get; }

    byte[] Bytes { get; }
}
