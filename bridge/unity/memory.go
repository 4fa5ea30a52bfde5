package unity

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// memoryLife is how long a found route is believed: workspaces gain features.
const memoryLife = 24 * time.Hour

// memory keeps, in a file, that a workspace has no proxy for a connection. Its
// file holds the time of that discovery and the route to take instead.
type memory struct {
	dir string // "" remembers nothing
}

func (m memory) file(host, connection string) string {
	sum := sha256.Sum256([]byte(host + "\x00" + connection))
	return filepath.Join(m.dir, "route-"+hex.EncodeToString(sum[:8]))
}

// recall reports whether the connection is known to need external-function.
func (m memory) recall(host, connection string) bool {
	if m.dir == "" {
		return false
	}
	raw, err := os.ReadFile(m.file(host, connection))
	if err != nil {
		return false
	}
	at, name, _ := strings.Cut(strings.TrimSpace(string(raw)), " ")
	since, err := time.Parse(time.RFC3339, at)
	age := time.Since(since)
	return err == nil && name == string(routeFunction) && age >= 0 && age < memoryLife
}

// remember notes that the connection needs external-function.
func (m memory) remember(host, connection string) error {
	if m.dir == "" {
		return nil
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return fmt.Errorf("remembering route: %w", err)
	}
	text := time.Now().UTC().Format(time.RFC3339) + " " + string(routeFunction) + "\n"
	if err := replaceFile(m.file(host, connection), []byte(text)); err != nil {
		return fmt.Errorf("remembering route: %w", err)
	}
	return nil
}

// forget drops what was remembered, because it turned out wrong.
func (m memory) forget(host, connection string) {
	if m.dir != "" {
		_ = os.Remove(m.file(host, connection)) // what stays is believed for a day at most
	}
}

// replaceFile writes a file that its readers see whole or not at all, readable
// by its owner alone.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
