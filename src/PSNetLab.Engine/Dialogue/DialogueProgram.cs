using System.Text;

namespace PSNetLab.Engine.Dialogue;

/// <summary>
/// A dialogue made ready to be run by any number of peers at once: its steps one after the other, with jumps between them.
/// </summary>
internal sealed class DialogueProgram
{
    private readonly List<Instruction> _code = [];

    // Where a loop goes back to, and the first place where something is expected.
    private int? _mark;
    private int? _firstExpected;
    private int _step;

    private DialogueProgram(Encoding encoding) => Encoding = encoding;

    /// <summary>What one instruction does.</summary>
    internal enum Op
    {
        Say,
        Expect,
        Wait,
        Jump,
        Loop,
        Close,
        Reset,
        Stall,
        Tell,
        Return,
        End,
    }

    internal Encoding Encoding { get; }

    /// <summary>How many steps were written down.</summary>
    internal int Steps { get; private init; }

    /// <summary>How many of the instructions count how often they ran.</summary>
    internal int Counters { get; private set; }

    /// <summary>The first instruction for an unexpected message.</summary>
    internal int Unexpected { get; private set; }

    internal Instruction this[int index] => _code[index];

    /// <summary>All messages that it may send as they are written down, to check beforehand that they can be sent.</summary>
    internal IEnumerable<byte[]> Messages => _code.Where(one => one.Op == Op.Say).Select(one => one.Data!);

    /// <summary>Whether the first thing is that the server speaks.</summary>
    internal bool SpeaksFirst => _code.TakeWhile(one => one.Op != Op.Expect).Any(one => one.Op == Op.Say);

    /// <param name="steps">The steps.</param>
    /// <param name="unexpected">What to do when a message comes that no pattern matches.</param>
    /// <param name="encoding">The encoding of the messages.</param>
    /// <param name="clientBegins">Whether the first text is expected, and not said.</param>
    /// <exception cref="NetLabException">A step cannot be where it is.</exception>
    internal static DialogueProgram Compile(
        IReadOnlyList<DialogueStep> steps, IReadOnlyList<DialogueStep> unexpected, Encoding encoding, bool clientBegins = false)
    {
        if (steps.Count == 0)
        {
            throw new NetLabException(
                FaultKind.InvalidDialogue,
                "A dialogue has at least one step, such as '220 ready' or @{ 'HELO *' = '250 hi' }. This one has none.");
        }

        DialogueProgram program = new(encoding) { Steps = steps.Count };
        bool isServersTurn = !clientBegins;
        foreach (DialogueStep step in steps)
        {
            program._step++;
            DialogueStep one = step is not TurnStep turn ? step
                : isServersTurn ? DialogueText.Say(turn.Text, encoding)
                : new ExpectStep([new DialogueBranch(DialoguePattern.Parse(turn.Text), [])]);
            program.Add(one, again: null);
            isServersTurn = one switch
            {
                SayStep or GroupStep => false,
                ExpectStep expect => !expect.Branches.Any(branch => branch.Answer.Any(answer => answer is SayStep or GroupStep)),
                _ => isServersTurn,
            };
        }

        program.Add(Op.End);
        program.Unexpected = program._code.Count;
        foreach (DialogueStep step in unexpected)
        {
            program.Add(step, again: null, isUnexpected: true);
        }

        program.Add(Op.Return);
        program.CheckLoops();
        return program;
    }

    private void CheckLoops()
    {
        if (_code.Find(one => one.Op == Op.Loop && IsReached(one, one.Target, [])) is { } endless)
        {
            _step = endless.Step;
            throw Wrong("!loop would go round without a pause: between !mark and !loop, expect something or !wait.");
        }
    }

    /// <summary>Whether a jump is reached from a place without a wait, for time or for a message.</summary>
    private bool IsReached(Instruction wanted, int from, HashSet<int> seen)
    {
        for (int at = from; seen.Add(at); at++)
        {
            Instruction one = _code[at];
            switch (one.Op)
            {
                case Op.Say or Op.Tell:
                    continue;
                case Op.Jump or Op.Loop:
                    return one == wanted || IsReached(wanted, one.Target, seen) || (one.Number > 0 && IsReached(wanted, at + 1, seen));
                default:
                    return false;
            }
        }

        return false;
    }

    private Instruction Add(Op op)
    {
        Instruction added = new(op, _step);
        _code.Add(added);
        return added;
    }

    private void Add(DialogueStep step, int? again, bool isUnexpected = false)
    {
        switch (step)
        {
            case SayStep say:
                Add(say);
                break;
            case GroupStep group:
                foreach (DialogueStep one in group.Steps)
                {
                    Add(one, again, isUnexpected);
                }

                break;
            case ExpectStep when isUnexpected:
                throw Wrong("-Unexpected says what a peer gets for a message that was not expected; it cannot expect another.");
            case ExpectStep expect:
                Add(expect);
                break;
            case ActStep act:
                Add(act, again, isUnexpected);
                break;
        }
    }

    private void Add(SayStep say)
    {
        Instruction added = Add(Op.Say);
        added.Data = say.Data;
        added.Text = say.Text?.Contains('$', StringComparison.Ordinal) == true ? say.Text : null;
    }

    private void Add(ExpectStep expect)
    {
        int own = _code.Count;
        _firstExpected ??= own;
        Instruction added = Add(Op.Expect);
        List<Instruction> ends = [];
        List<(DialoguePattern, int)> branches = [];
        foreach (DialogueBranch branch in expect.Branches)
        {
            branches.Add((branch.Pattern, _code.Count));
            foreach (DialogueStep step in branch.Answer)
            {
                Add(step, again: own);
            }

            ends.Add(Add(Op.Jump));
        }

        added.Branches = [.. branches];
        ends.ForEach(end => end.Target = _code.Count);
    }

    private void Add(ActStep act, int? again, bool isUnexpected)
    {
        switch (act.Act)
        {
            case DialogueAct.Wait:
                Add(Op.Wait).Number = act.Number;
                break;
            case DialogueAct.Close:
                Add(Op.Close);
                break;
            case DialogueAct.Reset:
                Add(Op.Reset);
                break;
            case DialogueAct.Stall:
                Add(Op.Stall);
                break;
            case DialogueAct.Mark:
                _mark = _code.Count;
                break;
            case DialogueAct.Loop:
                AddLoop(act.Number);
                break;
            case DialogueAct.Again when isUnexpected:
                Add(Op.Return);
                break;
            case DialogueAct.Again:
                Add(Op.Jump).Target = again ?? throw Wrong("!again belongs in an answer, as in @{ NOOP = '250 ok', '!again' }.");
                break;
            case DialogueAct.Tell:
                _ = isUnexpected ? Add(Op.Tell) : throw Wrong("!tell says what was not expected, and belongs in -Unexpected.");
                break;
        }
    }

    private void AddLoop(int times)
    {
        int target = _mark ?? _firstExpected ?? throw Wrong(
            "!loop goes back to a step that expects something, or to !mark, and there is none before it.");
        Instruction added = Add(Op.Loop);
        added.Target = target;
        added.Number = times;
        added.Counter = times > 0 ? Counters++ : 0;
    }

    private NetLabException Wrong(string why) => new(FaultKind.InvalidDialogue, $"Step {_step}: {why}");

    /// <summary>One instruction, which belongs to a step.</summary>
    internal sealed class Instruction(Op op, int step)
    {
        internal Op Op => op;

        internal int Step => step;

        /// <summary>The message to say.</summary>
        internal byte[]? Data { get; set; }

        /// <summary>The same as text, if it may have captures in it.</summary>
        internal string? Text { get; set; }

        /// <summary>Milliseconds to wait, or how often a loop runs; 0 for a loop without an end.</summary>
        internal int Number { get; set; }

        internal int Counter { get; set; }

        /// <summary>The next instruction.</summary>
        internal int Target { get; set; }

        /// <summary>What may come, with the next instruction for each.</summary>
        internal (DialoguePattern Pattern, int Target)[] Branches { get; set; } = [];

        /// <summary>What is expected, in words.</summary>
        internal string Words => string.Join(" or ", Branches.Select(branch => branch.Pattern.Words));
    }
}
