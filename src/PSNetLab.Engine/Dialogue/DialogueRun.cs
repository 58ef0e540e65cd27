using System.Buffers;
using System.Net;
using System.Text.RegularExpressions;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;

namespace PSNetLab;

/// <summary>How far one peer of a server has come in its dialogue.</summary>
/// <remarks>
/// Does no I/O: <see cref="Take"/> gets the messages, <see cref="TryNext"/> says what to do. One thread at a time does both; the
/// properties may be read by any.
/// </remarks>
public sealed class DialogueRun
{
    private const int MostShown = 80;

    private readonly DialogueProgram _program;
    private readonly IPEndPoint _remote;
    private readonly int[] _counts;
    private Match? _match;
    private NetLabException? _fault;
    private string? _told;
    private int _next;
    private int _expecting = -1;
    private bool _isOver;

    internal DialogueRun(DialogueProgram program, IPEndPoint remote, int? connectionId)
    {
        _program = program;
        _remote = remote;
        _counts = new int[program.Counters];
        ConnectionId = connectionId;
    }

    /// <summary>The number of the connection; null for UDP.</summary>
    public int? ConnectionId { get; }

    /// <summary>The address and port of the peer, as text that has an Address and a Port.</summary>
    public object RemoteEndPoint => EndPointText.Of(_remote);

    /// <summary>Whether the dialogue ran to its end: after its last step, or where it closes the connection itself.</summary>
    public bool Completed { get; private set; }

    /// <summary>The number of the step that it has reached.</summary>
    public int Step => _program[_expecting >= 0 ? _expecting : _next].Step;

    /// <summary>How many steps the dialogue has.</summary>
    public int Steps => _program.Steps;

    /// <summary>What it expects next; null if it expects nothing.</summary>
    public string? Expected => !_isOver && _program[_next] is { Op: DialogueProgram.Op.Expect } step ? step.Words : null;

    /// <summary>A sentence about the first message that was not expected; null if there was none.</summary>
    public string? Unexpected { get; private set; }

    /// <summary>How many messages were not expected.</summary>
    public int UnexpectedCount { get; private set; }

    /// <summary>Whether nothing more will be said or expected.</summary>
    internal bool IsOver => _isOver;

    /// <inheritdoc/>
    public override string ToString()
        => Completed ? $"{_remote}: completed"
            : $"{_remote}: step {Step} of {Steps}{(Expected is { } words ? $", expects {words}" : string.Empty)}";

    /// <summary>Takes a message. What follows from it comes out of <see cref="TryNext"/>.</summary>
    internal void Take(ReadOnlySpan<byte> data)
    {
        DialogueProgram.Instruction step = _program[_next];
        if (_isOver || step.Op != DialogueProgram.Op.Expect)
        {
            return; // it says nothing more
        }

        char[] characters = ArrayPool<char>.Shared.Rent(_program.Encoding.GetMaxCharCount(data.Length));
        ReadOnlySpan<char> text = characters.AsSpan(0, _program.Encoding.GetChars(data, characters));
        if (!TryTake(step, data, text))
        {
            Refuse(step, text);
        }

        ArrayPool<char>.Shared.Return(characters);
    }

    /// <summary>The next thing to do; false if a message has to come first, or if it is over.</summary>
    internal bool TryNext(out DialogueAction action)
    {
        action = default;
        if (_fault is not null)
        {
            action = new DialogueAction(DialogueDeed.Report, Fault: _fault);
            _fault = null;
            return true;
        }

        while (!_isOver && action.Deed == DialogueDeed.None)
        {
            DialogueProgram.Instruction step = _program[_next];
            if (step.Op is DialogueProgram.Op.Expect or DialogueProgram.Op.Stall)
            {
                // It has the whole message, and there may be many peers who never send another.
                _match = null;
                return false;
            }

            action = Do(step);
        }

        return action.Deed != DialogueDeed.None;
    }

    private bool TryTake(DialogueProgram.Instruction step, ReadOnlySpan<byte> data, ReadOnlySpan<char> text)
    {
        foreach ((DialoguePattern pattern, int target) in step.Branches)
        {
            if (pattern.IsMatch(data, text, out _match))
            {
                _next = target;
                return true;
            }
        }

        return false;
    }

    private void Refuse(DialogueProgram.Instruction step, ReadOnlySpan<char> text)
    {
        string got = PeerText.Beginning(text.ToString(), MostShown);
        _told = $"Step {step.Step} expected {step.Words}, and got '{got}'.";
        _fault = new NetLabException(
            FaultKind.DialogueUnexpected,
            $"{_remote} said something unexpected: step {step.Step} of the dialogue expected {step.Words}, and got '{got}'. "
                + "-Unexpected says what the server does then.");
        Unexpected ??= _told;
        UnexpectedCount++;
        _expecting = _next;
        _next = _program.Unexpected;
    }

    private DialogueAction Do(DialogueProgram.Instruction step)
    {
        _next++;
        switch (step.Op)
        {
            case DialogueProgram.Op.Say:
                return Say(step.Text is null || _match is null ? step.Data! : _program.Encoding.GetBytes(_match.Result(step.Text)));
            case DialogueProgram.Op.Tell:
                return Say(_program.Encoding.GetBytes(_told!));
            case DialogueProgram.Op.Wait:
                return new DialogueAction(DialogueDeed.Wait, Milliseconds: step.Number);
            case DialogueProgram.Op.Jump:
            case DialogueProgram.Op.Loop when step.Number == 0 || ++_counts[step.Counter] < step.Number:
                _next = step.Target;
                _expecting = -1;
                return default;
            case DialogueProgram.Op.Loop:
                _counts[step.Counter] = 0;
                return default;
            case DialogueProgram.Op.Return:
                _next = _expecting;
                _expecting = -1;
                return default;
            default:
                _next--;
                _isOver = true;
                _match = null;
                Completed = _expecting < 0;
                return new DialogueAction(step.Op == DialogueProgram.Op.Reset ? DialogueDeed.Reset : DialogueDeed.Close);
        }
    }

    private static DialogueAction Say(byte[] data) => new(DialogueDeed.Say, data);
}
