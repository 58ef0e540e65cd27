using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Conversion;

namespace PSNetLab.Jobs;

/// <summary>A script made ready to be called many times in one runspace: parsed and compiled once.</summary>
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
        List<CommandElementAst> elements = [new ConstantExpressionAst(s_nowhere, ScriptBlock.Create(script.Text))];
        if (script.UsingValues.Count > 0)
        {
            ConstantExpressionAst values = new(s_nowhere, script.UsingValues);
            elements.Add(new CommandParameterAst(s_nowhere, UsingParameter, values, s_nowhere));
        }

        CommandAst command = new(s_nowhere, elements, TokenKind.Ampersand, []);
        StatementBlockAst statements = new(s_nowhere, [new PipelineAst(s_nowhere, [command])], []);
        return new ScriptBlockAst(s_nowhere, null, statements, isFilter: false).GetScriptBlock();
    }
}
