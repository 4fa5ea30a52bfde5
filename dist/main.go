// Command dist packs a release: for each platform an archive, an MCPB bundle for
// desktop clients and a list of what the binary is made of (CycloneDX), and for
// all of them the entry for the MCP registry and checksums. The same sources,
// version, time and Go release give the same bytes. "make dist" runs it.
//
//	go run ./dist -version 1.2.3 -repository https://github.com/OWNER/ucbridge -o bin/dist linux/amd64
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("dist", flag.ExitOnError)
	version := flags.String("version", "", "semantic `version` of the release")
	address := flags.String("repository", "", "`address` of the repository on GitHub that publishes it")
	out := flags.String("o", "", "empty or new `directory` to write to")
	flags.Parse(args)
	r := release{version: strings.TrimPrefix(*version, "v"), out: *out}
	if v := "v" + r.version; semver.Canonical(v)+semver.Build(v) != v {
		return fmt.Errorf("-version %q is not a full semantic version such as 1.2.3", *version)
	}
	if r.out == "" {
		return errors.New("-o is missing")
	}
	var err error
	if r.repository, err = parseRepository(*address); err != nil {
		return err
	}
	if r.platforms, err = parsePlatforms(flags.Args()); err != nil {
		return err
	}
	if r.time, err = sourceTime(ctx); err != nil {
		return err
	}
	return r.pack(ctx)
}

// earliest is the first time that a zip archive can hold.
var earliest = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// sourceTime is the time that every packed file bears: SOURCE_DATE_EPOCH, see
// https://reproducible-builds.org/specs/source-date-epoch/, or that of the last
// commit, or the earliest where the sources are not a git work tree.
func sourceTime(ctx context.Context) (time.Time, error) {
	seconds := os.Getenv("SOURCE_DATE_EPOCH")
	if seconds == "" {
		commit, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return earliest, ctx.Err()
		}
		seconds = strings.TrimSpace(string(commit))
	}
	n, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading SOURCE_DATE_EPOCH: %w", err)
	}
	if at := time.Unix(n, 0).UTC(); at.After(earliest) {
		return at, nil
	}
	return earliest, nil
}

// release is what is packed, and where to.
type release struct {
	version    string // semantic, without v
	repository repository
	time       time.Time
	platforms  []platform
	out        string
}

// pack writes the whole release.
func (r release) pack(ctx context.Context) (err error) {
	work, err := os.MkdirTemp("", "ucbridge-dist-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	if entries, err := os.ReadDir(r.out); err != nil || len(entries) > 0 {
		return errors.Join(err, fmt.Errorf("%s is not empty", r.out))
	}

	shared, err := r.sharedFiles(ctx, work)
	if err != nil {
		return err
	}
	var packages []registryPackage
	for _, p := range r.platforms {
		fmt.Printf("packing for %s\n", p)
		bundle, err := r.packPlatform(ctx, work, p, shared)
		if err != nil {
			return fmt.Errorf("packing for %s: %w", p, err)
		}
		packages = append(packages, bundle)
	}
	entry, err := r.registryEntry(packages)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.out, "server.json"), entry, 0o644); err != nil {
		return err
	}
	if err := writeChecksums(r.out); err != nil {
		return err
	}
	return r.report()
}

// report says what was made and what comes next.
func (r release) report() error {
	files, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s:\n", r.out)
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			return err
		}
		if !f.IsDir() {
			fmt.Printf("  %9d  %s\n", info.Size(), f.Name())
		}
	}
	fmt.Println("\nnext: upload all of them to the release v" + r.version + " of " + r.repository.url() + "; see docs/releasing.md")
	return nil
}

// packPlatform writes the archive, the bundle and the bill of materials of one
// platform, and returns the bundle as the registry lists it.
func (r release) packPlatform(ctx context.Context, work string, p platform, shared []file) (registryPackage, error) {
	binary, err := r.build(ctx, work, p)
	if err != nil {
		return registryPackage{}, err
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		return registryPackage{}, err
	}
	name := filepath.Join(r.out, r.name(p))

	archive, extension := tarGz, ".tar.gz"
	if p.os == "windows" {
		archive, extension = zipped, ".zip"
	}
	contents := append([]file{{p.executable(), 0o755, program}}, shared...)
	if err := writeArchive(name+extension, archive, contents, r.time); err != nil {
		return registryPackage{}, err
	}

	manifest, err := r.manifest(p)
	if err != nil {
		return registryPackage{}, err
	}
	contents = append(licences(shared),
		file{"manifest.json", 0o644, manifest},
		file{"server/" + p.executable(), 0o755, program})
	if err := writeArchive(name+".mcpb", zipped, contents, r.time); err != nil {
		return registryPackage{}, err
	}
	if err := r.writeSBOM(ctx, binary, name+".cdx.json"); err != nil {
		return registryPackage{}, err
	}
	return r.registryPackage(p)
}

// name is what the files of a platform are called, but for the extension.
func (r release) name(p platform) string {
	return strings.Join([]string{"ucbridge", r.version, p.os, p.arch}, "_")
}
