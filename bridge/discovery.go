package bridge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/config"
)

const (
	// discoverInterval is how often it is looked for what the user may use: a grant
	// shows within a minute.
	discoverInterval = 40 * time.Second
	// discoverTimeout bounds one look.
	discoverTimeout = 30 * time.Second
	// maxRemembered bounds the file of what was found.
	maxRemembered = 1 << 20
)

// discovery finds every connection and MCP service that a user may use.
type discovery struct {
	// api is the workspace, as that user.
	api unitycatalog.API
	// file is where what was found is remembered, "" for nowhere.
	file string
	log  *slog.Logger
	// found is what is there now.
	found []config.Endpoint
}

// recall returns what was found last time, nil for nothing.
func (d *discovery) recall() []config.Endpoint {
	if d.file == "" {
		return nil
	}
	raw, err := regularfile.Read(d.file, maxRemembered)
	if err != nil {
		return nil
	}
	if err := json.Unmarshal(raw, &d.found); err != nil {
		d.log.Debug("reading the servers of last time", "err", err)
		d.found = nil
	}
	return d.found
}

// look finds what there is now, and reports whether it is something else than before.
// What could not be listed stays as it was.
func (d *discovery) look(ctx context.Context) (changed bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	usable, err := unitycatalog.New(d.api).Usable(ctx) // a new one: the user's groups may have changed
	if err != nil {
		return false, fmt.Errorf("looking for what you may use: %w", err)
	}
	var found []config.Endpoint
	for _, e := range d.found {
		if e.Connection != "" && !usable.Connections || e.Service != "" && !usable.Services {
			found = append(found, e)
		}
	}
	for _, s := range usable.Servers {
		if e := EndpointOf(s); !slices.Contains(found, e) {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, order)
	if slices.Equal(found, d.found) {
		return false, nil
	}
	d.found = found
	if d.file != "" {
		raw, err := json.Marshal(found)
		if err == nil {
			err = atomicfile.Write(d.file, raw)
		}
		if err != nil {
			d.log.Debug("remembering the servers", "err", err)
		}
	}
	return true, nil
}

// EndpointOf is a connection or an MCP service that was found, as a target.
func EndpointOf(s unitycatalog.Server) config.Endpoint {
	if s.Kind == unitycatalog.Service {
		return config.Endpoint{Service: s.Name}
	}
	return config.Endpoint{Connection: s.Name}
}

// order puts connections before services, each by name.
func order(a, b config.Endpoint) int {
	return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Connection, b.Connection))
}

// discover keeps an aggregate at what the user may use, until ctx is done. first is
// closed when it has been looked once.
func (s *several) discover(ctx context.Context, d *discovery, update func(), first chan struct{}) {
	for {
		changed, err := d.look(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.b.log.Warn("the servers stay as they are", "err", err)
		case changed:
			gone := s.set(d.found)
			update()
			for _, one := range gone {
				one.close()
			}
		}
		if first != nil {
			close(first)
			first = nil
		}
		select {
		case <-time.After(s.interval):
		case <-ctx.Done():
			return
		}
	}
}

// rememberIn is the file in which what a user may use is remembered: one for each
// workspace and identity.
func rememberIn(dir, owner string) string {
	if dir == "" || owner == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(owner))
	return filepath.Join(dir, "servers-"+hex.EncodeToString(sum[:8])+".json")
}
