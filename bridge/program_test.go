package bridge

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/policy"
	"ucbridge/config"
)

// otherProgram is for TestWire, TestFaults and TestSoak: what Windows does to a program's
// pipes, files and sockets they see by ucbridge.exe under Wine.
var otherProgram = flag.String("program", "", "`command` of a ucbridge to test, in place of this package")

// launch serves a client over two pipes until in is closed or ctx ends. set changes the
// bridge before, where it is not another program. done returns the outcome; it is to be
// called once out has been read.
func launch(t testing.TB, ctx context.Context, cfg *config.Config, set func(*Bridge)) (in io.WriteCloser, out io.ReadCloser, done func() error) {
	t.Helper()
	if *otherProgram != "" {
		return launchProgram(t, ctx, cfg)
	}
	b, err := New(cfg, policy.ManagedAt("", ""), "0.0.0-test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	set(b)
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := b.Stdio(ctx, inReader, outWriter)
		b.Close()
		outWriter.Close()
		ended <- err
	}()
	return inWriter, outReader, func() error { return <-ended }
}

func launchProgram(t testing.TB, ctx context.Context, cfg *config.Config) (in io.WriteCloser, out io.ReadCloser, done func() error) {
	t.Helper()
	profiles := filepath.Join(t.TempDir(), "databrickscfg")
	if err := os.WriteFile(profiles, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := strings.Fields(*otherProgram)[1:]
	args = append(args, "stdio")
	for flag, value := range map[string]string{
		"connection": cfg.Connection.Value, "mcp-service": cfg.Service.Value, "url": cfg.URL.Value, "route": cfg.Route.Value, "host": cfg.Host.Value,
		"max-message": fmt.Sprint(cfg.MaxMessage.Value, "B"), "connect-timeout": cfg.ConnectTimeout.Value.String(), "call-timeout": cfg.CallTimeout.Value.String(),
	} {
		if value != "" && (flag != "route" || cfg.Connection.Value != "") {
			args = append(args, "--"+flag, value)
		}
	}
	cmd := exec.CommandContext(ctx, strings.Fields(*otherProgram)[0], args...)
	cmd.Env = append(os.Environ(), "APPDATA="+filepath.Dir(profiles), "UCBRIDGE_CACHE_DIR="+cfg.CacheDir.Value, "DATABRICKS_CONFIG_FILE="+profiles)
	var said strings.Builder
	cmd.Stderr = &said
	cmd.WaitDelay = 10 * time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err = cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return in, out, func() error {
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w: %s", err, &said)
		}
		return nil
	}
}
