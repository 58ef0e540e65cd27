@echo off
rem build.ps1 on a machine that has only the .NET SDK 10: brings PowerShell where there is none, and passes on all words.
rem build.cmd Demo; build.cmd Clean,Test; build.cmd Test -Configuration Debug; build.cmd -? tells of the others.
setlocal
cd /d "%~dp0"
set DOTNET_NOLOGO=1

rem PowerShell 7.4 or later.
set new_enough=
for /f "tokens=2,3 delims=. " %%a in ('pwsh --version 2^>nul') do (
    if %%a gtr 7 set new_enough=1
    if %%a equ 7 if %%b geq 4 set new_enough=1
)
if defined new_enough (
    pwsh -NoProfile -File build.ps1 %*
    goto :end
)
where dotnet >nul 2>nul || (
    echo dotnet is missing: install the .NET SDK 10 from https://dot.net/download, then try again. 1>&2
    exit /b 1
)
dotnet tool restore >nul || (
    echo PowerShell could not be brought: that takes the .NET SDK 10 and a NuGet feed. Or install PowerShell 7.4 or later. 1>&2
    exit /b 1
)
dotnet tool run pwsh -NoProfile -File build.ps1 %*
:end
exit /b %errorlevel%
