using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Conversion;

namespace PSNetLab.Jobs;

/// <summary>A command, above all a script, made ready to be called many times in one runspace: parsed and compiled once.</summary>
/// <remarks>
/// The call is a syntax tree of constants, as if it were written <c>&amp; $script -% $usingValues</c>. So the script gets a scope of
/// its own below the global one, sees no variable of ours, and its errors name no line but its own.
/// </remarks>
internal static class ScriptCall
{
    // What Parser.VERBATIM_PARAMETERNAME of PowerShell is: the values of $using: expressions.
    private const string UsingParameter = "-%";

    // The position that PowerShell gives to what stands in no script. An error there gets the position of its statement, as it should.
    private static readonly IScriptExtent s_nowhere = new ReflectionTypeName(typeof(object)).Extent;

    /// <summary>Makes the call. To be used on a thread of a runspace, whose language mode it gets.</summary>
    internal static ScriptBlock Create(JobScript script)
    {
        ScriptBlock block = ScriptBlock.Create(script.Text);
        return script.UsingValues.Count > 0 ? Create(block, (UsingParameter, WithOwnBlocks(script.UsingValues))) : Create(block);
    }

    /// <summary>
    /// Script blocks among the values, functions above all, run in the session that made them, wherever they are called. Its thread may be
    /// at work in it at that moment, and two break it. So each runspace has copies.
    /// </summary>
    private static Dictionary<string, object?> WithOwnBlocks(Dictionary<string, object?> values) => values.ToDictionary(
        value => value.Key,
        value => value.Value.Unwrapped() is ScriptBlock block ? ScriptBlock.Create(block.ToString()) : value.Value);

    /// <summary>Makes the call of a command.</summary>
    /// <param name="command">A script block or a CommandInfo.</param>
    /// <param name="parameters">Its parameters and their values.</param>
    internal static ScriptBlock Create(object command, params (string Name, object Value)[] parameters)
    {
        CommandElementAst[] elements = new CommandElementAst[parameters.Length + 1];
        elements[0] = new ConstantExpressionAst(s_nowhere, command);
        for (int i = 0; i < parameters.Length; i++)
        {
            ConstantExpressionAst value = new(s_nowhere, parameters[i].Value);
            elements[i + 1] = new CommandParameterAst(s_nowhere, parameters[i].Name, value, s_nowhere);
        }

        return Create(elements);
    }

    private static ScriptBlock Create(CommandElementAst[] elements)
    {
        CommandAst command = new(s_nowhere, elements, TokenKind.Ampersand, []);
        StatementBlockAst statements = new(s_nowhere, [new PipelineAst(s_nowhere, [command])], []);
        return new ScriptBlockAst(s_nowhere, null, statements, isFilter: false).GetScriptBlock();
    }
}
