using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace PSNetLab.Binding;

/// <summary>On a parameter that takes no path: PowerShell would complete its values with the names of files.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NoFilesAttribute() : ArgumentCompleterAttribute(typeof(TypedCompleter));

/// <summary>Completes nothing: it offers what was typed.</summary>
public sealed class TypedCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
        => Enumerable.Empty<CompletionResult>().OrTyped(wordToComplete);
}
