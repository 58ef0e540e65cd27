using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text;

namespace PSNetLab.Conversion;

/// <summary>Gives a script block that runs in another runspace the values of its $using: expressions at the time of the call.</summary>
internal static class UsingValues
{
    /// <summary>PowerShell's own parameter for them.</summary>
    internal const string Parameter = "--%";

    private const string Prefix = "$using:";

    internal static Dictionary<string, object?> Evaluate(ScriptBlock script, PSCmdlet caller)
    {
        Dictionary<string, object?> values = [];
        foreach (UsingExpressionAst expression in script.Ast.FindAll(
            ast => ast is UsingExpressionAst, searchNestedScriptBlocks: true).Cast<UsingExpressionAst>())
        {
            string text = expression.ToString();
            bool isVariable = expression.SubExpression is VariableExpressionAst;
            values[Key(isVariable ? text.ToLowerInvariant() : text)] = expression.SubExpression is VariableExpressionAst variable
                ? caller.SessionState.PSVariable.GetValue(variable.VariablePath.UserPath)
                : EvaluateExpression(text, caller);
        }

        return values;
    }

    // PowerShell looks up a value at run time by the text of the expression, with a variable's name in lower case.
    private static string Key(string text) => Convert.ToBase64String(Encoding.Unicode.GetBytes(text));

    private static object? EvaluateExpression(string text, PSCmdlet caller)
    {
        ScriptBlock expression = ScriptBlock.Create(text.Replace(Prefix, "$", StringComparison.OrdinalIgnoreCase));
        System.Collections.ObjectModel.Collection<PSObject> result =
            caller.SessionState.InvokeCommand.InvokeScript(useLocalScope: false, expression, null, null);
        return result.Count == 1 ? result[0] : result;
    }
}
