using System.Globalization;
using System.Security;
using System.Text;
using PSNetLab.Engine.Primitives;

namespace PSNetLab.Engine.Capture.Views;

/// <summary>Draws the picture with two lanes as an SVG image that needs nothing else: no font, no style sheet, no script.</summary>
internal sealed class LadderSvg
{
    private const int Width = 860;
    private const int ClientLane = 210;
    private const int ServerLane = 750;
    private const int RowHeight = 30;
    private const int LineHeight = 18;
    private const int Gap = 40;

    // What fits between the lanes in a type of 13 pixels.
    private const int MostColumns = 64;

    private readonly StringBuilder _rows = new();
    private int _y;
    private int _laneStart;

    /// <summary>Begins the picture of a conversation, below what was drawn before.</summary>
    internal void Begin(NetTranscriptEvent item)
    {
        EndLanes();
        _y += Gap;
        Text(ClientLane, _y, "middle", "#0550ae", $"client {item.Client}");
        Text(ServerLane, _y, "middle", "#116329", $"server {item.Server}");
        _laneStart = _y + 8;
        _y += 8;
    }

    internal void Draw(LadderRow row)
    {
        _y += row.Direction is null ? LineHeight : RowHeight;
        Text(84, _y + 4, "end", "#6e7781", row.Time);
        Text(ClientLane - 10, _y + 4, "end", "#24292f", row.Client);
        Text(ServerLane + 10, _y + 4, "start", "#24292f", row.Server);
        string text = Columns.Beginning(row.Text, MostColumns);
        if (row.Direction is not { } direction)
        {
            string color = row.Kind is NetTranscriptKind.Fault or NetTranscriptKind.Dropped ? "#9a6700" : "#24292f";
            Text(ClientLane + 16, _y + 4, "start", color, text);
            return;
        }

        bool isToServer = direction == NetTranscriptDirection.ToServer;
        string stroke = row.Kind == NetTranscriptKind.Reset ? "#cf222e" : isToServer ? "#0550ae" : "#116329";
        int from = isToServer ? ClientLane : ServerLane;
        int to = isToServer ? ServerLane : ClientLane;
        int back = isToServer ? -9 : 9;
        Line(from, to, stroke);
        _rows.Append(CultureInfo.InvariantCulture,
            $"<path d=\"M{to} {_y}l{back} -5v10z\" fill=\"{stroke}\"/>\n");
        Text((ClientLane + ServerLane) / 2, _y - 5, "middle", stroke, text);
    }

    /// <summary>The whole image.</summary>
    public override string ToString()
    {
        EndLanes();
        int height = _y + Gap;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" ")
            + "font-family=\"ui-monospace, Consolas, Menlo, 'DejaVu Sans Mono', monospace\" font-size=\"13\">\n"
            + $"<title>PSNetLab: what went over the wire</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{_rows}</svg>\n";
    }

    private void EndLanes()
    {
        if (_laneStart == 0)
        {
            return;
        }

        foreach (int lane in new[] { ClientLane, ServerLane })
        {
            _rows.Append(CultureInfo.InvariantCulture,
                $"<path d=\"M{lane} {_laneStart}V{_y + 14}\" stroke=\"#8c959f\" stroke-width=\"2\"/>\n");
        }

        _y += 14;
        _laneStart = 0;
    }

    private void Line(int from, int to, string stroke)
        => _rows.Append(CultureInfo.InvariantCulture, $"<path d=\"M{from} {_y}H{to}\" stroke=\"{stroke}\" stroke-width=\"1.5\"/>\n");

    private void Text(int x, int y, string anchor, string fill, string text)
    {
        if (text.Length > 0)
        {
            _rows.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"{fill}\" xml:space=\"preserve\">{Escaped(text)}</text>\n");
        }
    }

    // What is not to be seen is none of XML's characters, either.
    private static string Escaped(string text) => SecurityElement.Escape(
        PeerText.Visible(text).Replace('\ufffe', '\ufffd').Replace('\uffff', '\ufffd'));
}
