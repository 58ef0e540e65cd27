using System.Net;
using System.Text;
using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Engine.Tests;

/// <summary>A dialogue that says what it does as one text.</summary>
internal sealed class Talk
{
    internal Talk(params object[] steps)
        : this(["!close"], steps)
    {
    }

    internal Talk(string[] unexpected, params object[] steps)
    {
        DialogueStep[] read = [.. steps.Select(step => step as DialogueStep ?? DialogueText.Parse((string)step, Encoding.UTF8))];
        DialogueProgram program = DialogueProgram.Compile(read, Texts(unexpected), Encoding.UTF8);
        Run = new DialogueRun(program, new IPEndPoint(IPAddress.Loopback, 9), 1);
    }

    internal DialogueRun Run { get; }

    internal NetLabException? Fault { get; private set; }

    internal static DialogueStep[] Texts(params string[] texts)
        => [.. texts.Select(text => DialogueText.ParseAnswer(text, Encoding.UTF8))];

    internal string Begin() => string.Join(", ", Deeds());

    internal string Send(string message)
    {
        Run.Take(Encoding.UTF8.GetBytes(message));
        return Begin();
    }

    private IEnumerable<string> Deeds()
    {
        while (Run.TryNext(out DialogueAction action))
        {
            Fault ??= action.Fault;
            yield return action.Deed switch
            {
                DialogueDeed.Say => Encoding.UTF8.GetString(action.Data!),
                DialogueDeed.Wait => $"Wait {action.Milliseconds}",
                var other => other.ToString(),
            };
        }
    }
}
