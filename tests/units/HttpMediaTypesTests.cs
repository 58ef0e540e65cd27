using PSNetLab.Engine.Http.Files;

namespace PSNetLab.Engine.Tests;

public class HttpMediaTypesTests
{
    [Theory]
    [InlineData("app.js", "text/javascript; charset=utf-8")]
    [InlineData("app.mjs", "text/javascript; charset=utf-8")]
    [InlineData("site.css", "text/css; charset=utf-8")]
    [InlineData("index.html", "text/html; charset=utf-8")]
    [InlineData("index.htm", "text/html; charset=utf-8")]
    [InlineData("data.json", "application/json; charset=utf-8")]
    [InlineData("app.js.map", "application/json; charset=utf-8")]
    [InlineData("site.webmanifest", "application/manifest+json; charset=utf-8")]
    [InlineData("page.xhtml", "application/xhtml+xml; charset=utf-8")]
    [InlineData("feed.rss", "application/rss+xml; charset=utf-8")]
    [InlineData("data.xml", "text/xml; charset=utf-8")]
    [InlineData("README.md", "text/markdown; charset=utf-8")]
    [InlineData("a.txt", "text/plain; charset=utf-8")]
    [InlineData("a.csv", "text/csv; charset=utf-8")]
    [InlineData("a.yaml", "text/yaml; charset=utf-8")]
    [InlineData("a.yml", "text/yaml; charset=utf-8")]
    [InlineData("a.ts", "video/mp2t")]
    [InlineData("a.svg", "image/svg+xml")]
    [InlineData("a.png", "image/png")]
    [InlineData("a.jpg", "image/jpeg")]
    [InlineData("a.gif", "image/gif")]
    [InlineData("a.webp", "image/webp")]
    [InlineData("a.avif", "image/avif")]
    [InlineData("favicon.ico", "image/vnd.microsoft.icon")]
    [InlineData("a.woff", "font/woff")]
    [InlineData("a.woff2", "font/woff2")]
    [InlineData("a.ttf", "font/ttf")]
    [InlineData("a.wasm", "application/wasm")]
    [InlineData("a.mp4", "video/mp4")]
    [InlineData("a.webm", "video/webm")]
    [InlineData("a.mp3", "audio/mpeg")]
    [InlineData("a.m4a", "audio/mp4")]
    [InlineData("a.wav", "audio/wav")]
    [InlineData("a.ogg", "audio/ogg")]
    [InlineData("a.pdf", "application/pdf")]
    [InlineData("a.zip", "application/zip")]
    [InlineData("a.gz", "application/gzip")]
    [InlineData("a.tar.gz", "application/gzip")]
    [InlineData("a.exe", "application/octet-stream")]
    public void The_extension_says_the_type(string fileName, string type) => Assert.Equal(type, Find(fileName));

    [Theory]
    [InlineData("Deploy.ps1")]
    [InlineData("PSNetLab.psm1")]
    [InlineData("PSNetLab.psd1")]
    [InlineData("Program.cs")]
    [InlineData("main.py")]
    [InlineData("main.go")]
    [InlineData("main.rs")]
    [InlineData("Cargo.toml")]
    [InlineData("tsconfig.jsonc")]
    [InlineData("App.tsx")]
    [InlineData("a.diff")]
    [InlineData("a.patch")]
    [InlineData("a.reg")]
    [InlineData("README")]
    [InlineData("readme")]
    [InlineData("folder.html/README")]
    [InlineData("LICENSE")]
    [InlineData("Makefile")]
    [InlineData("Dockerfile")]
    [InlineData(".gitignore")]
    public void Source_code_and_what_comes_with_it_is_plain_text(string fileName)
    {
        Assert.Equal("text/plain; charset=utf-8", Find(fileName));
        Assert.True(MediaTypes.IsCompressible(Find(fileName)));
    }

    [Theory]
    [InlineData("PSNetLab.Format.ps1xml")]
    [InlineData("PSNetLab.csproj")]
    [InlineData("Directory.Build.props")]
    public void Files_of_XML_by_other_names_are_XML(string fileName)
        => Assert.Equal("text/xml; charset=utf-8", Find(fileName));

    [Theory]
    [InlineData("README.md", "text/markdown; charset=utf-8")]
    [InlineData("a.README", "application/octet-stream")]
    [InlineData("README.", "application/octet-stream")]
    [InlineData("README ", "application/octet-stream")]
    [InlineData("Makefile/a", "application/octet-stream")]
    [InlineData("install.sh", "application/x-sh")]
    [InlineData("a.sql", "application/sql")]
    [InlineData("a.jsx", "text/jsx; charset=utf-8")]
    [InlineData("a.less", "text/less; charset=utf-8")]
    public void Only_whole_names_are_names_and_known_types_stay(string fileName, string type)
        => Assert.Equal(type, Find(fileName));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("html")]
    [InlineData("index.html.")]
    [InlineData("index.html.unheard-of")]
    [InlineData("index.html ")]
    [InlineData("folder.html/file")]
    [InlineData("a.\0")]
    [InlineData("a.中文")]
    public void What_is_unknown_is_octets(string fileName)
        => Assert.Equal("application/octet-stream", Find(fileName));

    [Theory]
    [InlineData("INDEX.HTML")]
    [InlineData("Index.Html")]
    [InlineData("a.b.c.html")]
    [InlineData(".html")]
    [InlineData("folder/index.html")]
    [InlineData("页面.html")]
    public void Only_the_last_extension_counts_in_any_case(string fileName)
        => Assert.Equal("text/html; charset=utf-8", Find(fileName));

    [Theory]
    [InlineData("html", true)]
    [InlineData("css", true)]
    [InlineData("js", true)]
    [InlineData("json", true)]
    [InlineData("xml", true)]
    [InlineData("svg", true)]
    [InlineData("wasm", true)]
    [InlineData("ttf", true)]
    [InlineData("ico", true)]
    [InlineData("bmp", true)]
    [InlineData("tar", true)]
    [InlineData("c", true)]
    [InlineData("gltf", true)]
    [InlineData("woff2", false)]
    [InlineData("png", false)]
    [InlineData("jpg", false)]
    [InlineData("webp", false)]
    [InlineData("mp4", false)]
    [InlineData("zip", false)]
    [InlineData("gz", false)]
    [InlineData("pdf", false)]
    [InlineData("docx", false)]
    [InlineData("iso", false)]
    [InlineData("unheard-of", false)]
    public void What_is_not_compressed_already_is_compressible(string extension, bool expected)
        => Assert.Equal(expected, MediaTypes.IsCompressible(Find("a." + extension)));

    [Theory]
    [InlineData("TEXT/HTML", true)]
    [InlineData("text/html;charset=gbk", true)]
    [InlineData("image/svg+xml ; charset=utf-8", true)]
    [InlineData("application/problem+json; a=\"b;c\"", true)]
    [InlineData("Application/Wasm", true)]
    [InlineData("application/x-unheard-of", false)]
    [InlineData("video/text", false)]
    [InlineData("", false)]
    public void A_type_of_the_users_is_compressible_by_its_form(string type, bool expected)
        => Assert.Equal(expected, MediaTypes.IsCompressible(type));

    [Fact]
    public void Overrides_come_first_and_change_nothing_else()
    {
        MediaTypes types = MediaTypes.Default.With(new Dictionary<string, string>
        {
            [".TS"] = "text/typescript",
            ["ps1"] = "text/plain; charset=utf-16",
            [".html"] = "application/xhtml+xml",
            [".bin"] = "application/x-firmware",
        });

        // What the user says is taken as it stands.
        Assert.Equal("text/typescript", Find("a.ts", types));
        Assert.Equal("text/plain; charset=utf-16", Find("a.PS1", types));
        Assert.Equal("application/xhtml+xml", Find("a.html", types));
        Assert.Equal("application/x-firmware", Find("a.bin", types));
        Assert.Equal("text/css; charset=utf-8", Find("a.css", types));
        Assert.Equal("video/mp2t", Find("a.ts"));
        Assert.Equal("application/octet-stream", Find("a.unheard-of", types.With([])));
        Assert.Equal("text/typescript", Find("a.ts", types.With([])));
    }

    [Theory]
    [InlineData("", "text/plain", "''")]
    [InlineData(".", "text/plain", "'.'")]
    [InlineData("..", "text/plain", "'..'")]
    [InlineData(".tar.gz", "text/plain", "'.tar.gz'")]
    [InlineData("a/b", "text/plain", "'a/b'")]
    [InlineData("a\\b", "text/plain", "'a\\b'")]
    [InlineData(".x", "", "''")]
    [InlineData(".x", "text", "'text'")]
    [InlineData(".x", "text/", "'text/'")]
    [InlineData(".x", "/plain", "'/plain'")]
    [InlineData(".x", "te xt/plain", "'te xt/plain'")]
    [InlineData(".x", "text/plain;", "'text/plain;'")]
    [InlineData(".x", "text/plain; charset", "'text/plain; charset'")]
    [InlineData(".x", "text/plain, text/html", "'text/plain, text/html'")]
    [InlineData(".x", "text/plain\r\nSet-Cookie: a=b", "Set-Cookie")]
    [InlineData(".x", "text/plain; a=\"\r\n b\"", "text/plain")]
    [InlineData(".x", "text/plain; a=\"ä\"", "text/plain")]
    [InlineData(".x", "text/plain\0", "text/plain")]
    public void A_bad_override_is_refused(string extension, string type, string named)
    {
        NetLabException fault = Assert.Throws<NetLabException>(() => MediaTypes.Default.With([new(extension, type)]));
        Assert.Equal(FaultKind.InvalidParameters, fault.Kind);
        Assert.Contains(named, fault.Message, StringComparison.Ordinal);
        Assert.Contains("Write it like", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Finding_allocates_nothing()
    {
        MediaTypes types = MediaTypes.Default;
        Assert.Equal(0, Allocation.Of(() => types.Find("folder/app.min.js")));
    }

    /// <summary>The type of a file in UTF-8.</summary>
    private static string Find(string fileName, MediaTypes? types = null) => (types ?? MediaTypes.Default).Find(fileName).With("utf-8");
}
