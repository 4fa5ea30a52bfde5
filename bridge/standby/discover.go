package standby

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ucbridge/bridge/atomicfile"
)

// discovered is the age up to which it is believed that the remote has no server/discover.
const discovered = 24 * time.Hour

// LacksDiscover reports whether the remote answered server/discover with an error within
// a day.
func (s *Server) LacksDiscover(ctx context.Context) bool {
	if s.opts.Fresh {
		return false
	}
	brief, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	file := s.discoverFile(brief)
	if file == "" {
		return false
	}
	info, err := os.Stat(file)
	return err == nil && time.Since(info.ModTime()) < discovered
}

// NoteDiscover takes note of whether the remote has server/discover. It may wait for a
// disk.
func (s *Server) NoteDiscover(ctx context.Context, lacks bool) {
	file := s.discoverFile(ctx)
	if file == "" {
		return
	}
	var err error
	if lacks {
		err = atomicfile.Write(file, nil)
	} else if err = os.Remove(file); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err != nil {
		s.opts.Log.Debug("keeping whether the server has server/discover", "err", err)
	}
}

// discoverFile is there where the remote has no server/discover; "" where nothing is
// kept.
func (s *Server) discoverFile(ctx context.Context) string {
	if s.opts.Dir == "" {
		return ""
	}
	owner, err := s.opts.Owner(ctx)
	if err != nil {
		return ""
	}
	return filepath.Join(s.opts.Dir, "no-discover-"+digest(owner))
}
