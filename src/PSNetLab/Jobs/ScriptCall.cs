using System.Management.Automation;
using System.Management.Automation.Language;
using PSNetLab.Conversion;

namespace PSNetLab.Jobs;

/// <summary>A script made ready to be called many times in one runspace: parsed and compiled once.</summary>
/// <remarks>
/// The call is a syntax tree of constants, as if it were written <c>&amp; $script -% $usingValues</c>. So the script gets a scope of its own
/// below the global one, sees no variable of ours, and its errors name no line but its own.
/// </remarks>
internal static class ScriptCall
{
    // What Parser.VERBATIM_PARAMETERNAME of PowerShell is: the values of $using: expressions.
    private const string UsingParameter = "-%";

    /// <summary>Makes the call. To be used on a thread of a runspace, whose language mode it gets.</summary>
    internal static ScriptBlock Create(JobScript script)
    {
        List<CommandElementAst> elements = [new ConstantExpressionAst(Nowhere.Extent, ScriptBlock.Create(script.Text))];
        if (script.UsingValues.Count > 0)
        {
            ConstantExpressionAst values = new(Nowhere.Extent, script.UsingValues);
            elements.Add(new CommandParameterAst(Nowhere.Extent, UsingParameter, values, Nowhere.Extent));
        }

        CommandAst command = new(Nowhere.Extent, elements, TokenKind.Ampersand, []);
        StatementBlockAst statements = new(Nowhere.Extent, [new PipelineAst(Nowhere.Extent, [command])], []);
        return new ScriptBlockAst(Nowhere.Extent, null, statements, isFilter: false).GetScriptBlock();
    }

    /// <summary>The position of what stands in no script. PowerShell shows it as none.</summary>
    private sealed class Nowhere : IScriptExtent, IScriptPosition
    {
        internal static readonly Nowhere Extent = new();

        public string? File => null;

        public int Offset => 0;

        public int LineNumber => 0;

        public int ColumnNumber => 0;

        public string Line => string.Empty;

        public string Text => string.Empty;

        public int StartLineNumber => 0;

        public int StartColumnNumber => 0;

        public int StartOffset => 0;

        public int EndLineNumber => 0;

        public int EndColumnNumber => 0;

        public int EndOffset => 0;

        public IScriptPosition StartScriptPosition => this;

        public IScriptPosition EndScriptPosition => this;

        public string? GetFullScript() => null;
    }
}
