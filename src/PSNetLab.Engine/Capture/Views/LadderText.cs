namespace PSNetLab.Engine.Capture.Views;

/// <summary>Draws the picture with two lanes in characters that every terminal has.</summary>
internal sealed class LadderText(int columns, Ink ink)
{
    private const int TimeColumns = 10;
    private const int StateColumns = 11;

    // Time, two states, two lanes, and the spaces between them.
    private const int Around = TimeColumns + (2 * StateColumns) + 2 + 3;
    private const int LeastLane = 20;

    private int Lane => Math.Max(columns - Around, LeastLane);

    /// <summary>What is above the lanes.</summary>
    internal IEnumerable<string> Title(NetTranscriptEvent item)
    {
        string client = $"client {item.Client}";
        string server = $"server {item.Server}";
        int width = Lane + 2;
        string line = Columns.Left(client, Math.Max(width - server.Length, client.Length + 1)) + server;
        yield return new string(' ', TimeColumns + StateColumns + 2) + ink.Dim(line);
        yield return Row(string.Empty, string.Empty, string.Empty, new string(' ', Lane));
    }

    internal string Draw(LadderRow row)
    {
        string inside;
        if (row.Direction is { } direction)
        {
            // An arrow has at least two dashes on each side of what it says.
            string text = $" {Columns.Beginning(row.Text, Lane - 8)} ";
            string dashes = Columns.Center(text, Lane - 1, '-');
            string arrow = direction == NetTranscriptDirection.ToServer ? $"{dashes}>" : $"<{dashes}";
            inside = row.Kind == NetTranscriptKind.Reset ? ink.Bad(arrow) : ink.Of(direction, arrow);
        }
        else
        {
            string text = Columns.Left($"  {Columns.Beginning(row.Text, Lane - 4)}", Lane);
            inside = row.Kind is NetTranscriptKind.Fault or NetTranscriptKind.Dropped ? ink.Warn(text) : text;
        }

        return Row(row.Time, row.Client, row.Server, inside);
    }

    private string Row(string time, string client, string server, string inside)
        => $"{ink.Dim(Columns.Right(time, TimeColumns))} {Columns.Right(client, StateColumns)} |{inside}| {server}".TrimEnd();
}
