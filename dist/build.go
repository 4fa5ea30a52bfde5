package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// platform is a target of Go's compiler, such as linux/amd64.
type platform struct{ os, arch string }

// host is the platform of this program, whose binary can be run here.
var host = platform{runtime.GOOS, runtime.GOARCH}

func (p platform) String() string { return p.os + "/" + p.arch }

// executable is the name of the binary there.
func (p platform) executable() string {
	if p.os == "windows" {
		return "ucbridge.exe"
	}
	return "ucbridge"
}

// environ has Go build for the platform, for the oldest processors of its kind.
func (p platform) environ() []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + p.os, "GOARCH=" + p.arch, "GOAMD64=v1", "GOARM64=v8.0"}
}

func parsePlatforms(names []string) ([]platform, error) {
	if len(names) == 0 {
		return nil, fmt.Errorf("no platform: give one or more, such as %s", host)
	}
	platforms := make([]platform, len(names))
	for i, name := range names {
		system, arch, ok := strings.Cut(name, "/")
		if !ok {
			return nil, fmt.Errorf("%q is not a platform such as %s", name, host)
		}
		platforms[i] = platform{system, arch}
	}
	return platforms, nil
}

// build makes the stripped, static binary of a platform, once, and returns where
// it is. Nothing of this machine or its settings goes into it.
func (r release) build(ctx context.Context, work string, p platform) (string, error) {
	binary := filepath.Join(work, p.os+"_"+p.arch, p.executable())
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	_, err := output(ctx, append(p.environ(), "GOFLAGS="),
		"go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X main.version="+r.version, "-o", binary, "./cmd/ucbridge")
	return binary, err
}

// cyclonedx writes the bill of materials: https://github.com/CycloneDX/cyclonedx-gomod.
const cyclonedx = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0"

// writeSBOM writes what the binary is made of, as Go recorded it in there.
// Serial number and time would differ each time. Licences are in licenses.txt.
func (r release) writeSBOM(ctx context.Context, binary, path string) error {
	_, err := output(ctx, nil, "go", "run", cyclonedx, "bin", "-json", "-std", "-noserial", "-notimestamp",
		"-version", r.version, "-output", path, binary)
	return err
}

// output runs a program in the current directory, with env beside the present
// environment, and returns what it printed.
func output(ctx context.Context, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running %s %s: %w\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return out, nil
}
