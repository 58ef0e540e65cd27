using System.Net;
using System.Text;
using PSNetLab.Engine.Dialogue;

namespace PSNetLab.Engine.Tests;

/// <summary>Dialogues without a socket: messages in, actions out.</summary>
public class DialogueTests
{
    [Fact]
    public void Texts_are_said_and_expected_in_turn()
    {
        Talk talk = new("220 ready", "HELO *", "250 hi", "QUIT", "221 bye");
        Assert.Equal("220 ready", talk.Begin());
        Assert.Equal("'HELO *'", talk.Run.Expected);
        Assert.Equal("250 hi", talk.Send("HELO me"));
        Assert.Equal((4, 5, false), (talk.Run.Step, talk.Run.Steps, talk.Run.Completed));
        Assert.Equal("221 bye, Close", talk.Send("quit"));
        Assert.True(talk.Run.Completed);
        Assert.Null(talk.Run.Expected);
        Assert.Empty(talk.Send("more"));
        Assert.Null(talk.Run.Unexpected);
    }

    [Fact]
    public void A_table_has_the_answer_and_then_it_is_the_clients_turn()
    {
        Talk talk = new("220 ready", On(("HELO *", "250 hi")), On(("MAIL *", "451 busy")), "QUIT");
        Assert.Equal("220 ready", talk.Begin());
        Assert.Equal("250 hi", talk.Send("HELO me"));
        Assert.Equal("451 busy", talk.Send("MAIL FROM:<a>"));
        Assert.Equal("Close", talk.Send("QUIT"));
        Assert.True(talk.Run.Completed);
    }

    [Fact]
    public void A_table_without_an_answer_leaves_the_turn_to_the_server()
    {
        Talk talk = new(On(("PING", null)), "PONG");
        Assert.Empty(talk.Begin());
        Assert.Equal("PONG, Close", talk.Send("PING"));
    }

    [Fact]
    public void One_of_several_may_come_and_each_has_its_answer()
    {
        object[] steps = [On(("HELO *", "250 hi"), ("EHLO *", "250 hello")), "!loop"];
        Talk talk = new(steps);
        Assert.Equal("250 hello", talk.Send("EHLO x"));
        Assert.Equal("250 hi", talk.Send("HELO x"));
        Assert.False(talk.Run.Completed);
    }

    [Fact]
    public void A_loop_goes_back_behind_the_greeting()
    {
        Talk talk = new("hi", On(("a", "1")), On(("b", "2")), "!loop");
        Assert.Equal("hi", talk.Begin());
        Assert.Equal("1 2 1 2", string.Join(' ', "abab".Select(c => talk.Send($"{c}"))));
    }

    [Fact]
    public void A_loop_goes_back_to_its_mark()
    {
        Talk talk = new(On(("a", "1")), "!mark", On(("b", "2")), "!loop");
        Assert.Equal("1 2 2 2", string.Join(' ', "abbb".Select(c => talk.Send($"{c}"))));
    }

    [Fact]
    public void A_loop_runs_as_often_as_it_says_and_can_run_again()
    {
        Talk talk = new("!mark", On(("a", "busy")), "!loop 2", On(("a", "ready")), "!loop");
        Assert.Equal("busy busy ready busy busy ready", string.Join(' ', "aaaaaa".Select(c => talk.Send($"{c}"))));
    }

    [Fact]
    public void Again_expects_the_same_once_more()
    {
        Talk talk = new(On(("NOOP", Talk.Texts("250 ok", "!again")), ("DATA", Nested())), "QUIT");
        Assert.Equal("250 ok", talk.Send("NOOP"));
        Assert.Equal("354 go", talk.Send("DATA"));
        Assert.Empty(talk.Send("a line"));
        Assert.Empty(talk.Send("another"));
        Assert.Equal("250 queued", talk.Send("."));
        Assert.Equal("250 ok", talk.Send("NOOP"));

        static DialogueStep[] Nested() =>
        [
            DialogueText.Say("354 go", Encoding.UTF8),
            On((".", "250 queued"), ("*", "!again")),
            DialogueText.Parse("!again", Encoding.UTF8),
        ];
    }

    [Fact]
    public void Captures_of_a_regular_expression_are_in_the_answer()
    {
        Talk talk = new(On(("/^HELO (?<who>\\S+)$/", "250 hi ${who}, I know $1 for $$1")), "C: /(.)x/", "S: $1!", On(("plain", "$1")));
        Assert.Equal("250 hi me, I know me for $1", talk.Send("helo me"));
        Assert.Equal("y!", talk.Send("yx"));
        Assert.Equal("$1, Close", talk.Send("plain"));
    }

    [Fact]
    public void A_regular_expression_that_needs_to_look_back_works_and_one_that_takes_too_long_does_not_match()
    {
        Talk talk = new(On(("/^(a+)+(?=b)b$/", "no"), ("/^(.)\\1$/", "twice $1")), "!loop");
        Assert.Equal("twice z", talk.Send("zz"));
        Assert.Equal("Report, Close", talk.Send(new string('a', 40)));
    }

    [Fact]
    public void What_is_wrong_with_a_regular_expression_is_told()
        => Assert.Equal(FaultKind.InvalidDialogue, Assert.Throws<NetLabException>(() => new Talk("C: /(/")).Kind);

    [Fact]
    public void Bytes_are_said_and_expected()
    {
        Talk talk = new(new ExpectStep([new DialogueBranch(DialoguePattern.Of([1, 2]), [new SayStep([3, 4], null)])]), "!loop");
        Assert.Equal("\u0003\u0004", talk.Send("\u0001\u0002"));
        Assert.Equal("Report, Close", talk.Send("\u0001"));
        Assert.Equal("Step 1 expected the bytes 0102, and got '\u2401'.", talk.Run.Unexpected);
    }

    [Fact]
    public void A_wait_a_close_and_a_reset_are_done()
    {
        Assert.Equal("tick, Wait 100, tock, Close", new Talk("tick", "!wait 100", "S: tock").Begin());
        Assert.Equal("Reset", new Talk("!reset").Begin());

        Talk talk = new(On(("x", "!close")), On(("never", null)));
        Assert.Equal("Close", talk.Send("x"));
        Assert.True(talk.Run.Completed);
    }

    [Fact]
    public void A_stalled_dialogue_says_nothing_and_expects_nothing()
    {
        Talk talk = new("hi", "!stall");
        Assert.Equal("hi", talk.Begin());
        Assert.Empty(talk.Send("anybody there?"));
        Assert.Equal((0, false), (talk.Run.UnexpectedCount, talk.Run.Completed));
    }

    [Fact]
    public void What_is_unexpected_is_told_with_step_expected_and_got_and_ends_the_dialogue()
    {
        Talk talk = new("220 ready", On(("HELO *", "250 hi"), ("EHLO *", "250 hi")));
        Assert.Equal("220 ready", talk.Begin());
        Assert.Equal("Report, Close", talk.Send("QUIT\t" + new string('x', 200)));
        Assert.Equal(FaultKind.DialogueUnexpected, talk.Fault!.Kind);
        Assert.StartsWith(
            "127.0.0.1:9 said something unexpected: step 2 of the dialogue expected 'HELO *' or 'EHLO *', and got 'QUIT\u2409xxx",
            talk.Fault.Message);
        Assert.False(talk.Run.Completed);
        Assert.Equal((2, 1), (talk.Run.Step, talk.Run.UnexpectedCount));
        Assert.StartsWith("Step 2 expected 'HELO *' or 'EHLO *', and got 'QUIT", talk.Run.Unexpected);
    }

    [Theory]
    [InlineData("500 what?", "Report, 500 what?", "250 hi, Close")]
    [InlineData("!again", "Report", "250 hi, Close")]
    [InlineData("!tell", "Report, Step 1 expected 'HELO *', and got 'QUIT'.", "250 hi, Close")]
    [InlineData("!reset", "Report, Reset", "")]
    [InlineData("!stall", "Report", "")]
    public void Unexpected_says_what_the_peer_gets(string unexpected, string first, string second)
    {
        Talk talk = new([unexpected], On(("HELO *", "250 hi")));
        Assert.Equal(first, talk.Send("QUIT"));
        Assert.Equal(second, talk.Send("HELO x"));
        Assert.Equal(1, talk.Run.UnexpectedCount);
    }

    [Fact]
    public void Exact_texts_come_before_patterns_and_patterns_with_more_text_before_others()
    {
        string[] patterns = ["*", "QUIT", "Q*", "QUI*", "/Q/"];
        Assert.Equal(
            ["QUIT", "/Q/", "QUI*", "Q*", "*"],
            patterns.OrderBy(pattern => DialoguePattern.Parse(pattern).Rank));
    }

    [Fact]
    public void A_line_of_a_transcript_is_expected_as_it_is()
    {
        Talk talk = new("C: list[0]?");
        talk.Send("list[0]?");
        Assert.True(talk.Run.Completed);
    }

    [Theory]
    [InlineData("/users/*[1]?/")]
    [InlineData("/`/")]
    [InlineData("//")]
    [InlineData("list[0]?")]
    [InlineData(" two spaces")]
    [InlineData("")]
    public void A_line_that_was_said_is_expected_again(string said)
    {
        foreach (string sent in (string[])[said, "/users/x1y/"])
        {
            Talk talk = new(DialogueText.Line(isServer: false, said));
            talk.Send(sent);
            Assert.Equal(sent == said, talk.Run.Completed);
        }

        Assert.Equal($"S: {said}", DialogueText.Line(isServer: true, said));
    }

    [Fact]
    public void Lines_of_a_file_are_steps_and_the_others_are_told()
    {
        string[] lines = ["# a comment", "", "S: 220 ready", "S:  indented", "C: HELO *", "S: 250 hi", "!wait 5", "!stall"];
        DialogueStep[] steps = [.. DialogueText.ParseLines(lines, Encoding.UTF8)];
        Assert.Equal(6, steps.Length);
        Assert.Equal(" indented", Assert.IsType<SayStep>(steps[1]).Text);

        NetLabException fault = Assert.Throws<NetLabException>(() => DialogueText.ParseLines(["S: a", "b"], Encoding.UTF8).Count());
        Assert.StartsWith("Line 2, 'b', is no step.", fault.Message);
        fault = Assert.Throws<NetLabException>(() => DialogueText.ParseLines(["!jump"], Encoding.UTF8).Count());
        Assert.StartsWith("Line 1: '!jump' is no step of a dialogue.", fault.Message);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("!!stop")]
    public void A_mark_of_an_act_can_be_said(string text) => Assert.Equal(text.Replace("!!", "!") + ", Close", new Talk(text).Begin());

    [Theory]
    [InlineData("!wait")]
    [InlineData("!wait 0")]
    [InlineData("!wait soon")]
    [InlineData("!close 5")]
    [InlineData("!loop -1")]
    [InlineData("!loop 1 2")]
    [InlineData("!0")]
    [InlineData("!jump")]
    public void What_is_no_act_is_told(string text)
        => Assert.Contains($"'{text}' is no step of a dialogue", Assert.Throws<NetLabException>(() => new Talk(text)).Message);

    [Theory]
    [InlineData("!loop", "Step 2: !loop goes back to")]
    [InlineData("!again", "Step 2: !again belongs in an answer")]
    [InlineData("!tell", "Step 2: !tell says what was not expected")]
    public void An_act_where_it_cannot_be_is_told(string text, string message)
        => Assert.StartsWith(message, Assert.Throws<NetLabException>(() => new Talk("hi", text)).Message);

    [Fact]
    public void A_loop_without_a_pause_is_told()
    {
        DialogueStep[] marked = Talk.Texts("!mark", "x");
        AssertEndless(["!close"], "!mark", "S: hi", "!loop");
        AssertEndless(["!close"], On(("a", marked), ("b", Talk.Texts("!wait 5"))), "!loop");
        AssertEndless(["!close"], "!mark", "S: hi", "!loop 2", "!loop", "C: a");
        AssertEndless(["!mark", "!loop"], "C: a");
        Assert.False(new Talk(On(("a", marked)), "!wait 5", "!loop").Run.Completed);
    }

    private static void AssertEndless(string[] unexpected, params object[] steps)
        => Assert.Contains("without a pause", Assert.Throws<NetLabException>(() => new Talk(unexpected, steps)).Message);

    [Fact]
    public void Where_the_client_begins_the_first_text_is_expected()
    {
        DialogueProgram program = DialogueProgram.Compile(
            [new TurnStep("ping"), new TurnStep("pong")], [], Encoding.UTF8, clientBegins: true);
        Assert.False(program.SpeaksFirst);
        Assert.Equal("'ping'", new DialogueRun(program, new IPEndPoint(IPAddress.Loopback, 9), null).Expected);
    }

    private static ExpectStep On(params (string Pattern, object? Answer)[] branches) => new(
        [.. branches.Select(branch => new DialogueBranch(DialoguePattern.Parse(branch.Pattern),
        branch.Answer switch
        {
            null => [],
            string text => Talk.Texts(text),
            var steps => (DialogueStep[])steps,
        }))]);
}
