using PSNetLab.Engine.Http.Server;

namespace PSNetLab.Engine.Http.Recordings;

/// <summary>Keeps what passes, without its secrets, up to a limit, and writes it to a file.</summary>
internal sealed class Recorder
{
    internal const long MostBytes = 64 * 1024 * 1024;

    private readonly List<RecordedExchange> _exchanges = [];
    private readonly RecorderOptions _options;
    private long _bytes;
    private bool _hasNew;
    private bool _isFull;

    /// <param name="options">How.</param>
    /// <param name="before">What the recording has already.</param>
    internal Recorder(RecorderOptions options, IEnumerable<RecordedExchange> before)
    {
        _options = options;
        _exchanges.AddRange(before);
        _bytes = _exchanges.Sum(exchange => exchange.Weight);
    }

    /// <summary>The longest body that is recorded.</summary>
    internal int MostBodyBytes => _options.MostBodyBytes;

    internal Redactor Redactor => _options.Redactor;

    /// <summary>How many bytes of bodies may be held until their exchanges are complete, all together.</summary>
    internal ByteLimit Bodies { get; init; } = new(HttpServerOptions.DefaultMaxHeldBytes);

    /// <summary>Whether nothing more is recorded, as was said.</summary>
    internal bool IsFull => Volatile.Read(ref _isFull);

    /// <summary>Told what is not recorded, and why. Set before the first exchange.</summary>
    internal Action<string>? OnLoss { get; set; }

    /// <summary>What is recorded.</summary>
    internal RecordedExchange[] Read()
    {
        lock (_exchanges)
        {
            return [.. _exchanges];
        }
    }

    internal void Add(RecordedExchange exchange)
    {
        exchange = _options.Redactor.Redact(exchange);
        long weight = exchange.Weight;
        bool isFirstLoss;
        lock (_exchanges)
        {
            if (!_isFull && _exchanges.Count < _options.Most && _bytes + weight <= MostBytes)
            {
                _exchanges.Add(exchange);
                _bytes += weight;
                _hasNew = true;
                return;
            }

            isFirstLoss = !_isFull;
            _isFull = true;
        }

        if (isFirstLoss)
        {
            OnLoss?.Invoke($"The recording is full with {_options.Most} exchanges or {MostBytes} bytes: nothing more is recorded. Save it "
                + "with Export-HttpRecording, and start another one.");
        }
    }

    /// <summary>Writes the file, if there is one and something new for it.</summary>
    /// <exception cref="NetLabException">It cannot be written.</exception>
    internal void Save()
    {
        RecordedExchange[] exchanges;
        lock (_exchanges)
        {
            if (_options.Path is null || !_hasNew)
            {
                return;
            }

            _hasNew = false;
            exchanges = [.. _exchanges];
        }

        RecordingWriter.Save(_options.Path, exchanges, _options.Redactor);
    }
}

/// <summary>What is recorded, and where to.</summary>
/// <param name="Path">The file; null for none.</param>
/// <param name="Redactor">Takes the secrets out.</param>
/// <param name="Most">How many exchanges are kept.</param>
/// <param name="MostBodyBytes">The longest body; an exchange with a longer one is not recorded.</param>
internal sealed record RecorderOptions(string? Path, Redactor Redactor, int Most, int MostBodyBytes);
