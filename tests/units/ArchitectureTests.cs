namespace PSNetLab.Engine.Tests;

/// <summary>Holds the floors of the house: who may use whom, read from the compiled assemblies.</summary>
public class ArchitectureTests
{
    private const string EnginePrefix = "PSNetLab.Engine.";
    private const string ModulePrefix = "PSNetLab.";
    private const string PipelineNamespace = "PSNetLab";

    /// <summary>What the types of a folder may use: the folders named here, and whatever these may use.</summary>
    private static readonly Dictionary<string, string[]> s_arrows = new()
    {
        ["Primitives"] = [],
        ["Native"] = ["Primitives"],
        ["IO"] = ["Native", "Primitives"],
        ["Framing"] = ["Primitives"],
        ["Messages"] = ["Primitives"],
        ["Dialogue"] = ["Primitives"],
        ["Capture"] = ["IO", "Framing", "Dialogue"],
        ["Servers"] = ["IO", "Capture"],
        ["Tcp"] = ["Servers", "Framing", "Messages", "Dialogue", "IO"],
        ["Udp"] = ["Servers", "Framing", "Messages", "Dialogue", "IO"],
        ["Http.Protocol"] = ["Primitives"],
        ["Http.Server"] = ["Servers", "Messages", "Http.Protocol"],
        ["Http.Files"] = ["Http.Server"],
        ["Http.WebSockets"] = ["Http.Server"],
        ["Http.Stub"] = ["Http.Server", "Http.WebSockets"],
        ["Http.Client"] = ["IO", "Http.Protocol"],
        ["Http.Recordings"] = ["Http.Stub", "Http.Client"],
        ["Http.Forward"] = ["Http.Recordings"],
        ["Checks"] = ["IO", "Tcp", "Udp", "Http.Client"],
        ["Proxies"] = ["IO", "Tcp", "Udp", "Http.Client"],
        ["Terminal"] = ["Tcp"],
        ["Inspection"] = ["Native"],

        // The module.
        ["Errors"] = ["Primitives"],
        ["Display"] = ["Jobs"],
        ["Conversion"] = ["Errors", "Messages", "Framing", "Dialogue", "Http.Stub", "Proxies"],
        ["Jobs"] = ["Conversion", "Tcp", "Udp", "Http.Server", "Http.Recordings", "Checks", "Proxies"],
        ["Binding"] = ["Jobs"],
        ["Commands"] = ["Binding", "Display", "Jobs", "Http.Files", "Http.Forward", "Terminal"],
        ["Module"] = ["Display", "Jobs", "Inspection"],
    };

    /// <summary>The cmdlets that look into sockets, with what binds their parameters: nobody else uses Inspection.</summary>
    private static readonly string[] s_inspectors =
    [
        "GetSocketInfoCommand",
        "GetSocketOptionCommand",
        "SetSocketOptionCommand",
        "SocketSource",
        "SocketOptionCompleter",
        "SocketOptionValueCompleter",
    ];

    private static readonly string s_root = FindRoot();
    private static readonly TypeUses s_engine = TypeUses.Read(Path.Combine(AppContext.BaseDirectory, "PSNetLab.Engine.dll"));
    private static readonly TypeUses s_module = TypeUses.Read(Path.Combine(AppContext.BaseDirectory, "PSNetLab.dll"));
    private static readonly HashSet<TopType> s_engineTypes = [.. s_engine.Types.Select(type => type.Type)];
    private static readonly List<(string Name, string Folder, string Namespace)> s_files = FindFiles();

    [Fact]
    public void Types_use_only_what_is_below_them()
    {
        string[] wrong = [.. Breaches().Order(StringComparer.Ordinal)];
        Assert.True(wrong.Length == 0, $"These uses go against the arrows; move the code:\n{string.Join('\n', wrong)}");
    }

    [Fact]
    public void Only_Native_calls_native_libraries()
    {
        Assert.NotEmpty(s_engine.Importers);
        Assert.All(s_engine.Importers, type => Assert.Equal("Native", Floor(type)));
        Assert.Empty(s_module.Importers);
    }

    [Fact]
    public void The_engine_knows_nothing_of_PowerShell()
        => Assert.All(
            s_engine.References,
            name => Assert.True(
                name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal),
                $"The engine refers to {name}."));

    [Fact]
    public void What_users_see_is_in_PSNetLab_and_the_rest_of_the_engine_is_not()
        => Assert.All(
            s_engine.Types.Where(type => type.Type.Namespace.StartsWith(PipelineNamespace, StringComparison.Ordinal)),
            type => Assert.True(
                type.IsPublic == (type.Type.Namespace == PipelineNamespace),
                $"{type.Type} is {(type.IsPublic ? "public" : "internal")}."));

    [Fact]
    public void A_namespace_is_a_folder()
        => Assert.All(
            s_files.Where(file => file.Namespace != PipelineNamespace),
            file => Assert.Equal(EnginePrefix + file.Folder, file.Namespace));

    [Fact]
    public void Lines_end_before_column_140()
    {
        const int Most = 140;
        string[] folders = [Path.Combine(s_root, "src"), Path.Combine(s_root, "tests")];
        string[] parts = ["bin", "obj"];
        string[] wrong =
        [
            .. from file in folders.SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
               where !Path.GetRelativePath(s_root, file).Split(Path.DirectorySeparatorChar).Intersect(parts).Any()
               from line in File.ReadLines(file).Select((text, index) => (text.Length, Number: index + 1))
               where line.Length > Most
               select $"{Path.GetRelativePath(s_root, file)}:{line.Number}",
        ];
        Assert.True(wrong.Length == 0, $"These lines are too long; wrap them:\n{string.Join('\n', wrong)}");
    }

    /// <summary>Each use against the arrows, as "Folder.Type -> Folder.Type".</summary>
    private static IEnumerable<string> Breaches()
    {
        foreach ((TopType from, TopType to) in s_engine.All.Concat(s_module.All))
        {
            if (Floor(from) is { } upper && Floor(to) is { } lower && upper != lower && !MayUse(from, upper, to, lower))
            {
                yield return $"{upper}.{from.Name} -> {lower}.{to.Name}";
            }
        }
    }

    private static bool MayUse(TopType from, string upper, TopType to, string lower)
    {
        // The module is made for the objects that users see.
        if (!s_engineTypes.Contains(from) && to.Namespace == PipelineNamespace && s_engineTypes.Contains(to))
        {
            return true;
        }

        return IsBelow(lower, upper) || (lower == "Inspection" && s_inspectors.Contains(from.Name));
    }

    private static bool IsBelow(string lower, string upper) => s_arrows[upper].Any(floor => floor == lower || IsBelow(lower, floor));

    /// <summary>
    /// The floor of a type of this project, as its namespace says it, or, for the objects that users see, the folder of its file; null
    /// for types of others.
    /// </summary>
    private static string? Floor(TopType type)
    {
        if (type.Namespace != PipelineNamespace && !type.Namespace.StartsWith(ModulePrefix, StringComparison.Ordinal))
        {
            return null;
        }

        string folder = type.Namespace switch
        {
            PipelineNamespace when s_engineTypes.Contains(type)
                => s_files.First(file => file.Name == type.Name.Split('`')[0] && file.Namespace == PipelineNamespace).Folder,
            PipelineNamespace => type.Name,
            _ when type.Namespace.StartsWith(EnginePrefix, StringComparison.Ordinal) => type.Namespace[EnginePrefix.Length..],
            _ => type.Namespace[ModulePrefix.Length..],
        };
        return s_arrows.Keys.FirstOrDefault(floor => folder == floor || folder.StartsWith(floor + ".", StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"Say in {nameof(s_arrows)} what {folder} may use.");
    }

    private static string FindRoot()
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "PSNetLab.psd1")))
        {
            root = root.Parent;
        }

        return root?.FullName ?? throw new InvalidOperationException("These tests need the repository around them.");
    }

    /// <summary>The files of the engine.</summary>
    private static List<(string Name, string Folder, string Namespace)> FindFiles()
    {
        string engine = Path.Combine(s_root, "src", "PSNetLab.Engine");
        List<(string Name, string Folder, string Namespace)> files = [];
        foreach (string file in Directory.EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories))
        {
            string folder = Path.GetDirectoryName(Path.GetRelativePath(engine, file))!.Replace(Path.DirectorySeparatorChar, '.');
            if (folder.Split('.')[0] is not ("obj" or "bin"))
            {
                string line = File.ReadLines(file).First(line => line.StartsWith("namespace ", StringComparison.Ordinal));
                files.Add((Path.GetFileNameWithoutExtension(file), folder, line["namespace ".Length..].TrimEnd(';')));
            }
        }

        return files;
    }
}
