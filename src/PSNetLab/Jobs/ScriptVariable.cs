namespace PSNetLab.Jobs;

/// <summary>A variable that a script gets besides $_.</summary>
internal readonly record struct ScriptVariable(string Name, object? Value);
