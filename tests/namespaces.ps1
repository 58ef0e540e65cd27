# Hosts of their own for tests: network namespaces of Linux, joined by virtual cables, with no way out (ip-netns(8), veth(4)).
# What a test needs root for; Test-Namespace says whether this user may.

function Test-Namespace {
    if (-not $IsLinux) { return 'only Linux has network namespaces' }
    if (-not (Get-Command ip -CommandType Application -ErrorAction Ignore)) { return 'ip (iproute2) is missing' }
    $probe = "psnetlab-$PID-probe"
    $told = ip netns add $probe 2>&1
    if ($LASTEXITCODE) { return "this user may not make network namespaces: $told" }
    ip netns del $probe
}

function Invoke-Ip([string[]] $ArgumentList) {
    $told = ip @ArgumentList 2>&1
    if ($LASTEXITCODE) { throw "ip $ArgumentList`: $told" }
}

class NetHost {
    [string] $Namespace
    [runspace] $Runspace
    hidden [Management.Automation.Runspaces.PowerShellProcessInstance] $Instance

    NetHost([string] $name) {
        $this.Namespace = "psnetlab-$([Environment]::ProcessId)-$name"
        Invoke-Ip @('netns', 'add', $this.Namespace)
        # Links are ready at once, and packets may take one way there and another back.
        $this.Exec(@('sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0', 'net.ipv6.conf.default.router_solicitations=0',
                'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0'))
        $this.Ip('link set lo up')
    }

    # An ip(8) command in this host.
    [void] Ip([string] $command) { Invoke-Ip (@('-n', $this.Namespace) + (-split $command)) }

    [void] Exec([string[]] $command) { Invoke-Ip (@('netns', 'exec', $this.Namespace) + $command) }

    # The near end of a cable gets a name and addresses.
    [void] SetLink([string] $name, [string[]] $addresses) {
        foreach ($address in $addresses) {
            $this.Ip("address add $address dev $name$($address.Contains(':') ? ' nodad' : ' brd +')")
        }
        $this.Ip("link set $name up")
    }

    # Both ends are up, and the system has noticed, which takes it a while.
    [void] WaitLink([string] $name) {
        Wait-Until { (ip -n $this.Namespace -o link show dev $name) -match ' state UP ' }
    }

    # A PowerShell with the module, which starts while others do.
    [void] StartPwsh() {
        $this.Instance = [Management.Automation.Runspaces.PowerShellProcessInstance]::new()
        $start = $this.Instance.Process.StartInfo
        $inner = @($start.FileName) + $start.ArgumentList
        $start.FileName = (Get-Command ip -CommandType Application | Select-Object -First 1).Source
        $start.ArgumentList.Clear()
        foreach ($argument in @('netns', 'exec', $this.Namespace) + $inner) { $start.ArgumentList.Add($argument) }
        $this.Runspace = [runspacefactory]::CreateOutOfProcessRunspace($null, $this.Instance)
        $this.Runspace.OpenAsync()
    }

    # What a script puts out in this host; an error ends the test.
    [object[]] Run([string] $script, [object[]] $arguments) {
        $shell = [powershell]::Create()
        try {
            $shell.Runspace = $this.Runspace
            $null = $shell.AddScript("`$ErrorActionPreference = 'Stop'; & { $script } @args")
            foreach ($argument in $arguments) { $null = $shell.AddArgument($argument) }
            return @($shell.Invoke())
        }
        finally { $shell.Dispose() }
    }

    [void] Stop() {
        if ($this.Runspace) { $this.Runspace.Dispose() }
        if ($this.Instance) { $this.Instance.Dispose() }
    }
}

# The hosts of this process, and those of a run that was killed before it could do so itself.
function Remove-NetHost {
    foreach ($line in ip netns list) {
        if ($line -match '^psnetlab-(\d+)-\S+' -and ($Matches[1] -eq $PID -or -not (Get-Process -Id $Matches[1] -ErrorAction Ignore))) {
            ip netns del $Matches[0]
        }
    }
}

# Waits for all PowerShells to be up, with the module.
function Wait-NetHost([NetHost[]] $NetHost, [string] $ModulePath) {
    foreach ($one in $NetHost) {
        Wait-Until {
            if ($one.Runspace.RunspaceStateInfo.State -eq 'Broken') { throw $one.Runspace.RunspaceStateInfo.Reason }
            $one.Runspace.RunspaceStateInfo.State -eq 'Opened'
        } -TimeoutSec 60
    }
    foreach ($one in $NetHost) { $null = $one.Run('Import-Module $args[0]', @("$ModulePath/PSNetLab.psd1")) }
}

function Invoke-On([NetHost] $NetHost, [scriptblock] $Script, [Parameter(ValueFromRemainingArguments)] [object[]] $ArgumentList = @()) {
    $NetHost.Run($Script, $ArgumentList)
}

# A Python peer in a host.
function Start-PeerOn([NetHost] $NetHost, [string] $Code, [string[]] $ArgumentList = @()) {
    $enter = @"
import ctypes, os
if ctypes.CDLL(None, use_errno=True).setns(os.open('/run/netns/$($NetHost.Namespace)', os.O_RDONLY), 0x40000000):
    raise OSError(ctypes.get_errno(), 'setns')
"@
    Start-PythonPeer "$enter`n$Code" -ArgumentList $ArgumentList
}
