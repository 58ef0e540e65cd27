using System.Collections;
using System.ComponentModel;
using System.Management.Automation;
using PSNetLab.Conversion;

namespace PSNetLab.Display;

/// <summary>
/// What PowerShell makes of a copy when it reads one, from a file, a job or another machine: the copy itself, whose values have the text
/// again that those of the live object have.
/// </summary>
[TypeConverter(typeof(Converter))]
public sealed class ObjectCopy
{
    private ObjectCopy()
    {
    }

    private static void Restore(PSObject copy)
    {
        foreach (PSPropertyInfo property in copy.Properties)
        {
            if (property.IsSettable && property.Value.Unwrapped() is { } value)
            {
                property.Value = property.Name == nameof(HttpRequestRecord.Json) && value is IEnumerable and not string
                    ? FileText.With(value, () => copy.Properties[nameof(HttpRequestRecord.Text)]?.Value as string ?? string.Empty)
                    : Restored(value) ?? property.Value;
            }
        }
    }

    /// <summary>The value with its text; null if it has it.</summary>
    private static object? Restored(object value)
        => FileText.IsNeeded(value) ? FileText.With(value) : value is IList list ? new TextList<object>(list.Cast<object>()) : null;

    /// <summary>Called by PowerShell.</summary>
    private sealed class Converter : PSTypeConverter
    {
        /// <inheritdoc/>
        public override bool CanConvertFrom(object sourceValue, Type destinationType) => sourceValue is PSObject;

        /// <inheritdoc/>
        public override bool CanConvertTo(object sourceValue, Type destinationType) => false;

        /// <inheritdoc/>
        public override object ConvertFrom(object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase)
        {
            if (sourceValue is PSObject copy)
            {
                Restore(copy);
            }

            return sourceValue;
        }

        /// <inheritdoc/>
        public override object ConvertTo(object sourceValue, Type destinationType, IFormatProvider formatProvider, bool ignoreCase)
            => throw new NotSupportedException();
    }
}
