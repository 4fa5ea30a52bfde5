package auth

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/databricks/databricks-sdk-go/config"
)

// cliFinder is a loader that finds the Databricks CLI in its usual folders:
// desktop applications start servers with a bare PATH, and the SDK looks
// nowhere else (config/cli_token_source.go).
type cliFinder struct {
	folders []string
}

func (cliFinder) Name() string { return "databricks-cli-finder" }

// Configure implements config.Loader.
func (f cliFinder) Configure(cfg *config.Config) error {
	if cfg.DatabricksCliPath != "" || cliOnPath() != "" {
		return nil
	}
	if i := slices.IndexFunc(f.folders, holdsCLI); i >= 0 {
		cfg.DatabricksCliPath = filepath.Join(f.folders[i], cliName())
	}
	return nil
}

// cliOnPath returns the path of the CLI in the first folder of PATH that holds
// it, "" where none does.
func cliOnPath() string {
	folders := filepath.SplitList(os.Getenv("PATH"))
	if i := slices.IndexFunc(folders, holdsCLI); i >= 0 {
		return filepath.Join(folders[i], cliName())
	}
	return ""
}

func cliName() string {
	if runtime.GOOS == "windows" {
		return "databricks.exe"
	}
	return "databricks"
}

// holdsCLI reports whether the folder holds the CLI.
func holdsCLI(folder string) bool {
	if folder == "" {
		return false
	}
	info, err := os.Stat(filepath.Join(folder, cliName()))
	return err == nil && isCLI(info)
}

// isCLI tells the CLI from the old one, which was a Python script: the SDK draws
// the line at 1 MiB.
func isCLI(info fs.FileInfo) bool { return info.Mode().IsRegular() && info.Size() >= 1<<20 }

// cliFolders are where installers put the Databricks CLI and the Azure CLI: Homebrew,
// the install scripts, winget, Chocolatey, Scoop and Microsoft's own.
func cliFolders() []string {
	home, err := os.UserHomeDir()
	if err != nil {
		home = ""
	}
	under := func(base string, steps ...string) string {
		if base == "" {
			return ""
		}
		return filepath.Join(append([]string{base}, steps...)...)
	}
	if runtime.GOOS == "windows" {
		local := os.Getenv("LOCALAPPDATA")
		return []string{
			under(local, "Microsoft", "WinGet", "Links"),
			under(os.Getenv("ProgramData"), "chocolatey", "bin"),
			under(home, "scoop", "shims"),
			under(local, "Programs", "Databricks CLI"),
			under(os.Getenv("ProgramFiles"), "Microsoft SDKs", "Azure", "CLI2", "wbin"),
		}
	}
	return []string{
		"/opt/homebrew/bin", "/usr/local/bin",
		under(home, ".local", "bin"), under(home, "bin"),
		"/home/linuxbrew/.linuxbrew/bin",
	}
}

// azName is the file of the Azure CLI.
func azName() string {
	if runtime.GOOS == "windows" {
		return azProgram + ".cmd"
	}
	return azProgram
}

// findProgram returns the path of a program in PATH, else in the folders, "" where it is
// in none.
func findProgram(name string, folders []string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range folders {
		if folder == "" {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path
		}
	}
	return ""
}
