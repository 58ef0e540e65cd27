using System.Diagnostics;
using System.Net.Sockets;
using PSNetLab.Engine.IO;

namespace PSNetLab.Engine.Checks;

/// <summary>Finds out which versions of TLS a server speaks, with hellos of our own.</summary>
/// <param name="door">The way to the server.</param>
/// <param name="host">The name to ask for (SNI).</param>
/// <param name="timeout">How long all of it may take together. What is not known then stays unknown.</param>
internal sealed class TlsVersionScan(TlsDoor door, string host, TimeSpan timeout)
{
    private const int ReadBytes = 4096;

    private readonly long _began = Stopwatch.GetTimestamp();

    // A server that takes one client at a time needs a moment to notice that the one before has left.
    private static readonly TimeSpan s_breath = TimeSpan.FromMilliseconds(50);

    private static readonly TlsVersion[] s_all = Enum.GetValues<TlsVersion>();

    /// <summary>What came of one hello.</summary>
    /// <param name="Answer">What the server said.</param>
    /// <param name="HasEnded">Whether it closed the connection before it said anything complete.</param>
    private readonly record struct Outcome(ServerAnswer Answer, bool HasEnded);

    /// <summary>Tries all versions.</summary>
    /// <param name="known">A version that the server is known to speak; null for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task<TlsVersions> RunAsync(TlsVersion? known, CancellationToken cancellationToken)
    {
        Dictionary<TlsVersion, TlsVersionStatus> found = [];
        if (known is { } spoken)
        {
            found[spoken] = TlsVersionStatus.Offered;
        }

        TlsVersion[] open = [.. s_all.Where(version => version != known)];
        Outcome[] outcomes = await Task.WhenAll(open.Select(version => TryAsync(version, false, cancellationToken))).ConfigureAwait(false);
        foreach ((TlsVersion version, Outcome outcome) in open.Zip(outcomes))
        {
            Note(found, version, outcome);
        }

        // An end without a word means a version that is not spoken, or that this was a connection too many: once more, one at a time.
        foreach ((TlsVersion version, Outcome outcome) in open.Zip(outcomes).Where(pair => pair.Second.HasEnded))
        {
            Outcome again = await TryAsync(version, false, cancellationToken).ConfigureAwait(false);
            if (again.HasEnded)
            {
                await Task.Delay(s_breath, cancellationToken).ConfigureAwait(false);
                again = await TryAsync(version, false, cancellationToken).ConfigureAwait(false);
            }

            Note(found, version, again);
            if (again.HasEnded && found.FirstOrDefault(pair => pair.Value == TlsVersionStatus.Offered) is { Key: not 0 } good)
            {
                Outcome control = await TryAsync(good.Key, false, cancellationToken).ConfigureAwait(false);
                Set(found, version, control.Answer.Kind == ServerAnswerKind.Hello ? TlsVersionStatus.Refused : TlsVersionStatus.Unknown);
            }
        }

        return new TlsVersions(found);
    }

    /// <summary>What a server says in plain text up to TLS 1.2: its choice and its certificates; null if it says nothing.</summary>
    internal async Task<ServerAnswer?> ReadCertificatesAsync(TlsVersion version, CancellationToken cancellationToken)
    {
        ServerAnswer answer = (await TryAsync(version, true, cancellationToken).ConfigureAwait(false)).Answer;
        return answer.Kind == ServerAnswerKind.Hello ? answer : null;
    }

    private static void Note(Dictionary<TlsVersion, TlsVersionStatus> found, TlsVersion version, Outcome outcome)
    {
        const byte UnrecognizedName = 112;
        ServerAnswer answer = outcome.Answer;
        switch (answer.Kind)
        {
            case ServerAnswerKind.Hello:
                // A server that does not speak the version may choose one below it, and so tells of that one.
                Set(found, version, TlsVersionStatus.Refused);
                if (answer.Version <= version)
                {
                    Set(found, answer.Version, TlsVersionStatus.Offered);
                }

                break;
            case ServerAnswerKind.Alert when answer.Alert != UnrecognizedName:
            case ServerAnswerKind.NotTls:
                Set(found, version, TlsVersionStatus.Refused);
                break;
            default:
                Set(found, version, TlsVersionStatus.Unknown);
                break;
        }
    }

    /// <summary>Notes what is known, unless the server has shown that it speaks the version.</summary>
    private static void Set(Dictionary<TlsVersion, TlsVersionStatus> found, TlsVersion version, TlsVersionStatus status)
    {
        if (found.GetValueOrDefault(version) != TlsVersionStatus.Offered)
        {
            found[version] = status;
        }
    }

    /// <summary>Sends a hello and reads the answer. Whatever goes wrong leaves an answer that says nothing.</summary>
    private async Task<Outcome> TryAsync(TlsVersion version, bool wantsCertificates, CancellationToken cancellationToken)
    {
        ServerAnswer answer = new(wantsCertificates);
        TimeSpan left = timeout - Stopwatch.GetElapsedTime(_began);
        if (left <= TimeSpan.Zero)
        {
            return new Outcome(answer, HasEnded: false);
        }

        // Each check has several of these connections at a time.
        await Descriptors.WaitForRoomAsync(left, cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(left);
        Transport? transport = null;
        try
        {
            transport = await door.OpenAsync(left, limit.Token).ConfigureAwait(false);
            await transport.SendAsync(ClientHello.Create(version, host), limit.Token).ConfigureAwait(false);
            while (!answer.IsComplete)
            {
                // While the server keeps sending, nothing waits, and so nothing else looks at the token.
                limit.Token.ThrowIfCancellationRequested();
                await transport.WaitReadableAsync(limit.Token).ConfigureAwait(false);
                if (!Receive(transport, answer))
                {
                    return new Outcome(answer, HasEnded: answer.Kind == ServerAnswerKind.None);
                }
            }

            TcpProbe.Empty(transport);
            return new Outcome(answer, HasEnded: false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Outcome(answer, HasEnded: false);
        }
        catch (SocketException)
        {
            return new Outcome(answer, HasEnded: answer.Kind == ServerAnswerKind.None); // a reset
        }
        catch (NetLabException)
        {
            return new Outcome(answer, HasEnded: false);
        }
        finally
        {
            transport?.Dispose();
        }
    }

    /// <summary>Reads what is there; false at the end of the stream.</summary>
    private static bool Receive(Transport transport, ServerAnswer answer)
    {
        Span<byte> buffer = stackalloc byte[ReadBytes];
        int count = transport.TryReceive(buffer);
        answer.Take(buffer[..Math.Max(count, 0)]);
        return count != 0;
    }
}
