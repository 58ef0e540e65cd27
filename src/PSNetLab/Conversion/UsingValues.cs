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

    /// <exception cref="NetLabException">A variable does not exist.</exception>
    internal static Dictionary<string, object?> Evaluate(ScriptBlock script, PSCmdlet caller)
    {
        Dictionary<string, object?> values = [];
        foreach (UsingExpressionAst expression in Find<UsingExpressionAst>(script.Ast))
        {
            string text = expression.ToString();
            if (Find<VariableExpressionAst>(expression).FirstOrDefault(variable => !Exists(variable.VariablePath, caller)) is { } missing)
            {
                throw new NetLabException(
                    FaultKind.InvalidParameters,
                    $"{text} in the script block, line {expression.Extent.StartLineNumber}, has no value: there is no "
                        + $"${missing.VariablePath} here. Check its name, or give it a value before.");
            }

            bool isVariable = expression.SubExpression is VariableExpressionAst;
            values[Key(isVariable ? text.ToLowerInvariant() : text)] = expression.SubExpression is VariableExpressionAst variable
                ? caller.SessionState.PSVariable.GetValue(variable.VariablePath.UserPath)
                : EvaluateExpression(text, caller);
        }

        return values;
    }

    private static IEnumerable<T> Find<T>(Ast ast)
        where T : Ast => ast.FindAll(inner => inner is T, searchNestedScriptBlocks: true).Cast<T>();

    private static bool Exists(VariablePath path, PSCmdlet caller) => path.IsDriveQualified
        ? caller.SessionState.PSVariable.GetValue(path.UserPath) is not null
        : caller.SessionState.PSVariable.Get(path.UserPath) is not null;

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
