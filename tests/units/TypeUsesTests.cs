using PSNetLab.Engine.Tests.Uses;

namespace PSNetLab.Engine.Tests
{
    public class TypeUsesTests
    {
        private static readonly TypeUses s_own = TypeUses.Read(typeof(TypeUsesTests).Assembly.Location);

        public static TheoryData<string> Users
            => [.. typeof(Used).Assembly.GetTypes()
                .Where(type => type.Namespace == typeof(Used).Namespace && !type.IsNested && type != typeof(Used) && type != typeof(IUsed)
                    && type != typeof(Unrelated))
                .Select(type => type.Name)];

        [Theory]
        [MemberData(nameof(Users))]
        public void A_use_is_seen(string user)
            => Assert.Contains(s_own.All,
                use => use.From.Name == user && use.To.Namespace == typeof(Used).Namespace
                    && use.To.Name.EndsWith(nameof(Used), StringComparison.Ordinal));

        [Fact]
        public void What_is_not_used_is_not_seen()
            => Assert.DoesNotContain(
                s_own.All, use => use.From.Name == nameof(Unrelated) && use.To.Name.EndsWith(nameof(Used), StringComparison.Ordinal));
    }
}

#pragma warning disable CA1812, CA1822, CA1823, CS0169, IDE0051 // Nothing calls what is only read.

namespace PSNetLab.Engine.Tests.Uses
{
    internal class Used : Exception
    {
        internal static readonly int Number = Environment.ProcessId;

        internal static int Count { get; } = Environment.ProcessId;
    }

    internal interface IUsed;

    internal sealed class Unrelated
    {
        internal string? Text { get; set; }
    }

    internal sealed class ByBase : Used;

    internal sealed class ByInterface : IUsed;

    internal sealed class ByGenericInterface : Comparer<Used>
    {
        public override int Compare(Used? x, Used? y) => 0;
    }

    internal sealed class ByConstraint<T>
        where T : Used;

    internal sealed class ByMethodConstraint
    {
        internal void Run<T>()
            where T : Used
        {
        }
    }

    internal sealed class ByField
    {
        private readonly Used? _field;
    }

    internal sealed class ByGenericField
    {
        private readonly Dictionary<string, List<Used[]>>? _field;
    }

    internal sealed class ByParameter
    {
        internal void Run(ref Used used) => _ = used;
    }

    internal sealed class ByResult
    {
        internal Task<(int, Used)>? Run() => null;
    }

    internal sealed class ByNestedType
    {
        private sealed class Inner : Used;
    }

    internal sealed class ByCall
    {
        internal int Run() => Used.Count;
    }

    internal sealed class ByStaticField
    {
        internal int Run() => Used.Number;
    }

    internal sealed class ByGenericCall
    {
        internal object Run() => Array.Empty<Used>();
    }

    internal sealed class ByGenericType
    {
        internal object Run() => new List<Used>();
    }

    internal sealed class ByLambda
    {
        internal Func<int> Run() => () => Used.Count;
    }

    internal sealed class ByAwait
    {
        internal async Task<int> RunAsync()
        {
            await Task.Yield();
            return Used.Count;
        }
    }

    internal sealed class ByCatch
    {
        internal void Run(Action action)
        {
            try
            {
                action();
            }
            catch (Used)
            {
            }
        }
    }

    internal sealed class ByTypeTest
    {
        internal bool Run(object value) => value is Used;
    }

    internal sealed class ByTypeOf
    {
        internal Type Run() => typeof(Used);
    }

    internal sealed class ByFunctionPointer
    {
        private readonly unsafe delegate*<Used, void> _call;
    }

    internal sealed class BehindASwitch
    {
        internal int Run(int value) => value switch
        {
            0 => 4,
            1 => 7,
            2 => 12,
            3 => 1,
            4 => Used.Count,
            _ => 0,
        };
    }
}
