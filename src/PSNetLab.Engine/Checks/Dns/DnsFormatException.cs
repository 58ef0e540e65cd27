namespace PSNetLab.Engine.Checks.Dns;

/// <summary>A message is not what RFC 1035 describes. The text says what is wrong, as part of a sentence.</summary>
internal sealed class DnsFormatException(string message) : Exception(message);
