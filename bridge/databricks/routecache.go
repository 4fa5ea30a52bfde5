package databricks

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/regularfile"
	"ucbridge/config/route"
)

// routeTTL is how long a found route is believed: workspaces gain features.
const routeTTL = 24 * time.Hour

// maxRouteFile bounds the file of a route, in bytes.
const maxRouteFile = 1 << 10

// routeCache keeps, in a file, that a workspace has no proxy for a connection. Its
// file holds the time of that discovery and the route to take instead.
type routeCache struct {
	dir string // "" remembers nothing
}

func (c routeCache) file(host, connection string) string {
	sum := sha256.Sum256([]byte(host + "\x00" + connection))
	return filepath.Join(c.dir, "route-"+hex.EncodeToString(sum[:8]))
}

// recall reports whether the connection is known to need external-function.
func (c routeCache) recall(host, connection string) bool {
	if c.dir == "" {
		return false
	}
	raw, err := regularfile.Read(c.file(host, connection), maxRouteFile)
	if err != nil {
		return false
	}
	at, name, _ := strings.Cut(strings.TrimSpace(string(raw)), " ")
	since, err := time.Parse(time.RFC3339, at)
	age := time.Since(since)
	return err == nil && name == string(route.ExternalFunction) && age >= 0 && age < routeTTL
}

// Remembered reports whether transports with that cache directory take
// external-function to a connection at once, an earlier one having found no proxy.
func Remembered(cacheDir, host, connection string) bool {
	return routeCache{cacheDir}.recall(host, connection)
}

// remember notes that the connection needs external-function.
func (c routeCache) remember(host, connection string) error {
	if c.dir == "" {
		return nil
	}
	text := time.Now().UTC().Format(time.RFC3339) + " " + string(route.ExternalFunction) + "\n"
	if err := atomicfile.Write(c.file(host, connection), []byte(text)); err != nil {
		return fmt.Errorf("remembering route: %w", err)
	}
	return nil
}

// forget drops what was remembered, because it turned out wrong.
func (c routeCache) forget(host, connection string) {
	if c.dir != "" {
		_ = os.Remove(c.file(host, connection)) // what stays is believed for a day at most
	}
}
