package doctor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/commandline"
)

// machine is what is on this machine: the program, the settings of AI clients,
// the cache.
type machine struct {
	opts     Options
	commands commandline.Commands

	looking sync.Once
	looked  []aiclient.State // see states
}

// program tells which ucbridge runs, and whether a shell finds the same one.
// Clients name it by its path and need none.
func (m *machine) program(context.Context) Finding {
	self, err := os.Executable()
	if err != nil {
		return failed("this program cannot be found: %w", err)
	}
	inPath, err := exec.LookPath(filepath.Base(self))
	data := map[string]any{"version": m.opts.Version, "path": self, "inPath": inPath}
	switch {
	case err != nil:
		return ok("ucbridge %s is %s, which is not in PATH", m.opts.Version, self).withData(data)
	case !sameFile(self, inPath):
		return ok("ucbridge %s is %s, but a shell finds %s", m.opts.Version, self, inPath).withData(data)
	}
	return ok("ucbridge %s is %s", m.opts.Version, inPath).withData(data)
}

func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// cache tells what is remembered between runs. The doctor itself goes by nothing
// of it.
func (m *machine) cache(context.Context) Finding {
	dir := m.opts.Config.CacheDir.Value
	if dir == "" {
		return ok("nothing is cached, because this machine has no folder for it").
			withHint("set UCBRIDGE_CACHE_DIR to one")
	}
	files, err := os.ReadDir(dir)
	data := map[string]any{"dir": dir}
	if os.IsNotExist(err) {
		return ok("nothing cached yet in %s", dir).withData(data)
	}
	if err != nil {
		return failed("%w", err).withData(data).withHint("remove or make readable %s, or name another folder in UCBRIDGE_CACHE_DIR", dir)
	}
	answers, routes, size := 0, 0, int64(0)
	for _, file := range files {
		if info, err := file.Info(); err == nil {
			size += info.Size()
		}
		if strings.HasPrefix(file.Name(), "answers-") {
			answers++
		} else if strings.HasPrefix(file.Name(), "route-") {
			routes++
		}
	}
	data["answers"], data["routes"], data["bytes"] = answers, routes, size
	return ok("%s: answers of %s, routes to %s, %d KiB", dir, servers(answers), servers(routes), (size+1023)>>10).withData(data)
}

func servers(n int) string {
	if n == 1 {
		return "1 server"
	}
	return fmt.Sprintf("%d servers", n)
}
