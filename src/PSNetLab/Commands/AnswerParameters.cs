using System.Text;
using PSNetLab.Conversion;
using PSNetLab.Engine.Dialogue;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Commands;

/// <summary>Reads the parameters with which the servers of messages are told how to answer.</summary>
internal static class AnswerParameters
{
    /// <summary>What a server does with an unexpected message unless it is told otherwise.</summary>
    internal const string DefaultUnexpected = "!close";

    /// <exception cref="NetLabException">The text is neither a time nor a range.</exception>
    internal static DelayRange Delay(string? text) => text is null ? default : DelayRange.TryParse(text) ?? throw new NetLabException(
        FaultKind.InvalidParameters,
        $"-DelayMs '{text}' is neither a number of milliseconds nor a range such as 100-300.");

    /// <summary>The dialogue in -Dialogue, or in the file of -Path; null without either.</summary>
    /// <param name="cmdlet">Whose parameters they are.</param>
    /// <param name="dialogue">-Dialogue.</param>
    /// <param name="path">-Path.</param>
    /// <param name="unexpected">-Unexpected.</param>
    /// <param name="encoding">-Encoding.</param>
    /// <param name="clientBegins">Whether the client speaks first.</param>
    /// <exception cref="NetLabException">The file cannot be read, or something in it is no step.</exception>
    internal static DialogueProgram? Dialogue(
        NetCmdlet cmdlet, object? dialogue, string? path, object? unexpected, Encoding encoding, bool clientBegins = false)
        => dialogue is null && path is null ? null : DialogueProgram.Compile(
            path is null ? DialogueInput.Read(dialogue, encoding) : ReadFile(cmdlet, path, encoding),
            DialogueInput.ReadAnswer(unexpected, encoding),
            encoding,
            clientBegins);

    private static DialogueStep[] ReadFile(NetCmdlet cmdlet, string path, Encoding encoding)
    {
        string file = cmdlet.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
        try
        {
            return [.. DialogueText.ParseLines(cmdlet.Read(() => File.ReadAllLines(file)), encoding)];
        }
        catch (NetLabException fault)
        {
            throw new NetLabException(fault.Kind, $"{path}: {fault.Message}", fault) { Subject = path };
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NetLabException(
                FaultKind.PathNotFound, $"There is no file '{file}'. -Path is a file with the steps of a dialogue.", error)
            {
                Subject = path,
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NetLabException(FaultKind.FileUnreadable, $"'{file}' cannot be read: {error.Message}", error) { Subject = path };
        }
    }
}
