using System.Management.Automation;
using PSNetLab.Engine.Http.Protocol;

namespace PSNetLab.Binding;

/// <summary>Reads status codes and ranges of them: 200, '200-399'.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class StatusCodeTransformationAttribute : ArgumentTransformationAttribute
{
    private static readonly NumberRanges s_codes = new("status code", HttpStatus.Least, HttpStatus.Most, "200-399");

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) => s_codes.Read(inputData);
}
