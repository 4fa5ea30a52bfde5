package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/semver"
)

// build says what is running.
type build struct {
	Name    string `json:"name"`
	Version string `json:"version"` // semantic version, without v
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func currentBuild() build {
	v := version
	if v == "" {
		if info, ok := debug.ReadBuildInfo(); ok {
			v = info.Main.Version
		}
	}
	return build{"ucbridge", semantic(v), runtime.Version(), runtime.GOOS, runtime.GOARCH}
}

// semantic turns what the linker or the module system said into a full semantic
// version, which the Databricks user agent insists on: "v1.2" is 1.2.0, and what
// is none at all, such as a bare commit, becomes build metadata of 0.0.0-dev.
func semantic(v string) string {
	const none = "0.0.0-dev"
	numbered := "v" + strings.TrimPrefix(v, "v")
	if semver.IsValid(numbered) {
		return strings.TrimPrefix(semver.Canonical(numbered), "v") + semver.Build(numbered)
	}
	if semver.IsValid("v" + none + "+" + v) {
		return none + "+" + v
	}
	return none
}

func newVersion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "Print the version of ucbridge, the Go release it was built with and the system it was built for.",
		Example: `  ucbridge version
  ucbridge version -o json`,
		Args: noArgs,
	}
	output := cmd.Flags().StringP("output", "o", "text", "text or json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return printVersion(cmd.OutOrStdout(), currentBuild(), *output)
	}
	return cmd
}

func printVersion(w io.Writer, b build, format string) error {
	switch format {
	case "text":
		_, err := fmt.Fprintf(w, "%s %s (%s %s/%s)\n", b.Name, b.Version, b.Go, b.OS, b.Arch)
		return err
	case "json":
		text, err := json.Marshal(b)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w, "%s\n", text)
		return err
	default:
		return badOutput(format)
	}
}

func badOutput(format string) error {
	return usageError{error: fmt.Errorf("invalid argument %q for %q flag: want text or json", format, "--output")}
}
