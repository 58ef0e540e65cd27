using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PSNetLab.Engine.Tests;

/// <summary>A type at the top level of a namespace; what is nested in it counts as part of it.</summary>
internal readonly record struct TopType(string Namespace, string Name)
{
    public override string ToString() => $"{Namespace}.{Name}";
}

/// <summary>Which types of an assembly use which, as its metadata and IL have it: bases, interfaces, constraints, fields, signatures,
/// local variables, and the members that methods touch with their signatures. Attributes and constants do not count.</summary>
internal sealed class TypeUses
{
    private static readonly OperandType?[] s_oneByte = new OperandType?[256];
    private static readonly OperandType?[] s_twoBytes = new OperandType?[256];

    private readonly MetadataReader _metadata;
    private readonly HashSet<(TopType From, TopType To)> _all = [];
    private readonly HashSet<TopType> _importers = [];
    private readonly SignatureTypes _signatureTypes;
    private TopType _current;

    static TypeUses()
    {
        foreach (FieldInfo field in typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            OpCode code = (OpCode)field.GetValue(null)!;
            (code.Size == 1 ? s_oneByte : s_twoBytes)[code.Value & 0xFF] = code.OperandType;
        }
    }

    private TypeUses(PEReader assembly)
    {
        _metadata = assembly.GetMetadataReader();
        _signatureTypes = new SignatureTypes(this);
        References = [.. _metadata.AssemblyReferences.Select(handle => _metadata.GetString(_metadata.GetAssemblyReference(handle).Name))];
        ReadTypes(assembly);
    }

    /// <summary>The types at the top level, and whether each is public.</summary>
    internal List<(TopType Type, bool IsPublic)> Types { get; } = [];

    /// <summary>Each pair of a type of this assembly and one it uses, of any assembly.</summary>
    internal IReadOnlySet<(TopType From, TopType To)> All => _all;

    /// <summary>The types with methods of native libraries.</summary>
    internal IReadOnlySet<TopType> Importers => _importers;

    /// <summary>The names of the assemblies it refers to.</summary>
    internal IReadOnlyList<string> References { get; }

    internal static TypeUses Read(string path)
    {
        using PEReader assembly = new(File.OpenRead(path));
        return new TypeUses(assembly);
    }

    private void ReadTypes(PEReader assembly)
    {
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            _current = Top(handle);
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            if (type.GetDeclaringType().IsNil)
            {
                Types.Add((_current, (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.Public));
            }

            ReadShape(type);
            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                ReadMethod(assembly, _metadata.GetMethodDefinition(method));
            }
        }
    }

    private void ReadShape(TypeDefinition type)
    {
        Add(type.BaseType);
        foreach (InterfaceImplementationHandle handle in type.GetInterfaceImplementations())
        {
            Add(_metadata.GetInterfaceImplementation(handle).Interface);
        }

        foreach (FieldDefinitionHandle handle in type.GetFields())
        {
            _metadata.GetFieldDefinition(handle).DecodeSignature(_signatureTypes, null);
        }

        Add(type.GetGenericParameters());
    }

    private void ReadMethod(PEReader assembly, MethodDefinition method)
    {
        method.DecodeSignature(_signatureTypes, null);
        Add(method.GetGenericParameters());
        if ((method.Attributes & MethodAttributes.PinvokeImpl) != 0)
        {
            _importers.Add(_current);
        }

        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        MethodBodyBlock body = assembly.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_signatureTypes, null);
        }

        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            Add(region.CatchType);
        }

        BlobReader code = body.GetILReader();
        while (code.RemainingBytes > 0)
        {
            byte first = code.ReadByte();
            OperandType operand = (first == 0xFE ? s_twoBytes[code.ReadByte()] : s_oneByte[first])
                ?? throw new BadImageFormatException($"No instruction is 0x{first:x2}.");
            ReadOperand(ref code, operand);
        }
    }

    private void ReadOperand(ref BlobReader code, OperandType operand)
    {
        switch (operand)
        {
            case OperandType.InlineNone:
                break;
            case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok
                or OperandType.InlineSig:
                Add(MetadataTokens.EntityHandle(code.ReadInt32()));
                break;
            case OperandType.InlineSwitch:
                int targets = code.ReadInt32();
                code.Offset += targets * sizeof(int);
                break;
            default:
                code.Offset += operand switch
                {
                    OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => sizeof(byte),
                    OperandType.InlineVar => sizeof(short),
                    OperandType.InlineI8 or OperandType.InlineR => sizeof(long),
                    _ => sizeof(int),
                };
                break;
        }
    }

    private void Add(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle handle in _metadata.GetGenericParameter(parameter).GetConstraints())
            {
                Add(_metadata.GetGenericParameterConstraint(handle).Type);
            }
        }
    }

    private void Add(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition or HandleKind.TypeReference:
                _all.Add((_current, Top(handle)));
                break;
            case HandleKind.TypeSpecification:
                _metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_signatureTypes, null);
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Add(field.GetDeclaringType());
                field.DecodeSignature(_signatureTypes, null);
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Add(method.GetDeclaringType());
                method.DecodeSignature(_signatureTypes, null);
                break;
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                Add(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Field)
                {
                    member.DecodeFieldSignature(_signatureTypes, null);
                }
                else
                {
                    member.DecodeMethodSignature(_signatureTypes, null);
                }

                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(generic.Method);
                generic.DecodeSignature(_signatureTypes, null);
                break;
            case HandleKind.StandaloneSignature:
                _metadata.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(_signatureTypes, null);
                break;
            default:
                throw new BadImageFormatException($"An instruction points to a {handle.Kind}.");
        }
    }

    private TopType Top(EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeDefinition)
        {
            TypeDefinition type = _metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
            return type.GetDeclaringType() is { IsNil: false } outer
                ? Top(outer)
                : new TopType(_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
        }

        TypeReference reference = _metadata.GetTypeReference((TypeReferenceHandle)handle);
        return reference.ResolutionScope.Kind == HandleKind.TypeReference
            ? Top(reference.ResolutionScope)
            : new TopType(_metadata.GetString(reference.Namespace), _metadata.GetString(reference.Name));
    }

    /// <summary>Notes every type that a signature names; what it decodes to is nothing.</summary>
    private sealed class SignatureTypes(TypeUses uses) : ISignatureTypeProvider<byte, object?>
    {
        public byte GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Note(handle);

        public byte GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => Note(handle);

        public byte GetTypeFromSpecification(
            MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
            => Note(handle);

        public byte GetArrayType(byte elementType, ArrayShape shape) => 0;

        public byte GetByReferenceType(byte elementType) => 0;

        public byte GetFunctionPointerType(MethodSignature<byte> signature) => 0;

        public byte GetGenericInstantiation(byte genericType, ImmutableArray<byte> typeArguments) => 0;

        public byte GetGenericMethodParameter(object? genericContext, int index) => 0;

        public byte GetGenericTypeParameter(object? genericContext, int index) => 0;

        public byte GetModifiedType(byte modifier, byte unmodifiedType, bool isRequired) => 0;

        public byte GetPinnedType(byte elementType) => 0;

        public byte GetPointerType(byte elementType) => 0;

        public byte GetPrimitiveType(PrimitiveTypeCode typeCode) => 0;

        public byte GetSZArrayType(byte elementType) => 0;

        private byte Note(EntityHandle handle)
        {
            uses.Add(handle);
            return 0;
        }
    }
}
