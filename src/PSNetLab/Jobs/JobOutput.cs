using System.Collections;
using System.Management.Automation;
using System.Runtime.Serialization;
using PSNetLab.Engine.Messages;

namespace PSNetLab.Jobs;

/// <summary>
/// The Output stream of a job as a view of its mailbox: objects are stored once, their number is limited, and taking from
/// either takes from both.
/// </summary>
/// <remarks>
/// A plain PSDataCollection keeps a list and removes from its head one by one, so reading n objects moves n²/2 of them:
/// 100,000 take most of a second, a million more than a minute. The deserialization constructor is the only public one
/// that accepts a list to use.
/// </remarks>
internal sealed class JobOutput : PSDataCollection<PSObject>
{
    private static readonly PSObject s_announcement = new();

    internal JobOutput(Mailbox<object> mailbox)
        : base(Wrap(new MailboxWindow(mailbox)), default)
    {
    }

    /// <summary>The lock shared by the readers of this collection and those of the mailbox.</summary>
    internal object SyncRoot => ((ICollection)this).SyncRoot;

    /// <summary>Raises DataAdded for one object that is already in the mailbox. May block while Receive-Job -Wait is busy.</summary>
    /// <param name="index">Where it is.</param>
    internal void Announce(int index) => Insert(index, s_announcement);

#pragma warning disable SYSLIB0050 // Nothing is serialized: these types only carry the list to the base class.
    private static SerializationInfo Wrap(MailboxWindow window)
    {
        SerializationInfo info = new(typeof(JobOutput), new FormatterConverter());
        info.AddValue("Data", window, typeof(IList<PSObject>));
        info.AddValue("BlockingEnumerator", false);
        info.AddValue("DataAddedCount", 1);
        info.AddValue("EnumeratorNeverBlocks", false);
        info.AddValue("IsOpen", true);
        return info;
    }
#pragma warning restore SYSLIB0050

    /// <summary>The part of a list that PSDataCollection uses, over the mailbox.</summary>
    private sealed class MailboxWindow(Mailbox<object> mailbox) : IList<PSObject>
    {
        public int Count => mailbox.Count;

        public bool IsReadOnly => false;

        public PSObject this[int index]
        {
            get => mailbox.PeekAt(index) is { } item ? PSObject.AsPSObject(item) : throw new ArgumentOutOfRangeException(nameof(index));
            set => throw new NotSupportedException();
        }

        public void RemoveAt(int index)
        {
            if (index != 0)
            {
                throw new NotSupportedException("Only the oldest object can be removed.");
            }

            object? taken = null;
            mailbox.Take(new Span<object>(ref taken!));
        }

        public void Clear() => mailbox.Clear();

        public void CopyTo(PSObject[] array, int arrayIndex)
        {
            // Whoever asked for the count made an array of it, and producers have gone on since.
            for (int i = 0; arrayIndex < array.Length && mailbox.PeekAt(i) is { } item; i++)
            {
                array[arrayIndex++] = PSObject.AsPSObject(item);
            }
        }

        public IEnumerator<PSObject> GetEnumerator()
        {
            for (int i = 0; mailbox.PeekAt(i) is { } item; i++)
            {
                yield return PSObject.AsPSObject(item);
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public bool Contains(PSObject item) => IndexOf(item) >= 0;

        public int IndexOf(PSObject item)
        {
            for (int i = 0; mailbox.PeekAt(i) is { } candidate; i++)
            {
                if (ReferenceEquals(candidate, item.BaseObject))
                {
                    return i;
                }
            }

            return -1;
        }

        public void Insert(int index, PSObject item)
        {
            // The announced object is already in the mailbox.
            if (!ReferenceEquals(item, s_announcement))
            {
                throw new NotSupportedException("Only the job itself adds to its output.");
            }
        }

        public void Add(PSObject item) => Insert(Count, item);

        public bool Remove(PSObject item) => throw new NotSupportedException();
    }
}
