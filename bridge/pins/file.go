package pins

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/confusable"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/sharedfile"
)

const (
	// placeTimeout bounds the wait for the name of the place, which a sign-in that
	// hangs may hold up.
	placeTimeout = 2 * time.Second
	// lockTimeout bounds the wait for other processes that write the same file.
	lockTimeout = 5 * time.Second
	// maxFile is the size beyond which a file is not read.
	maxFile = 64 << 20
)

// Dir is where pins are kept in a directory of settings, "" where there is none.
func Dir(config string, err error) string {
	if err != nil {
		return ""
	}
	return filepath.Join(config, "pins")
}

// store is the file with the pins of one place, and what it held when it was last
// read. It is not safe for concurrent use; other processes may change the file.
type store struct {
	dir   string
	place func(context.Context) (string, error)

	file    string      // "" until the place is known
	read    os.FileInfo // as the file was when it was read, nil for none
	content content
	size    int               // bytes of all definitions
	twins   map[string]string // keys by what a careless reader takes them for
}

// content is what stands in the file.
type content struct {
	Place string `json:"place"`
	// Known are the approved definitions, Changed those that came later and wait for
	// approval; both by kind and name, as in "tool create_issue".
	Known   map[string]Pin `json:"known"`
	Changed map[string]Pin `json:"changed,omitempty"`
}

// load reads the file where it was not read yet or has changed.
func (s *store) load() error {
	if s.dir == "" {
		return errors.New("reading pins: no configuration directory")
	}
	if s.file == "" {
		ctx, cancel := context.WithTimeout(context.Background(), placeTimeout)
		defer cancel()
		place, err := s.place(ctx)
		if err != nil {
			return fmt.Errorf("reading pins: %w", err)
		}
		place = strings.ToLower(place) // Unity Catalog regards no case, and hosts have none
		sum := sha256.Sum256([]byte(place))
		s.file = filepath.Join(s.dir, hex.EncodeToString(sum[:8])+".json")
		s.set(content{Place: place})
	}
	info, err := sharedfile.Stat(s.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("reading pins: %w", err)
	}
	if err != nil || s.read != nil && os.SameFile(info, s.read) && info.ModTime().Equal(s.read.ModTime()) {
		return nil
	}
	raw, err := regularfile.Read(s.file, maxFile)
	if err != nil {
		return fmt.Errorf("reading pins: %w", err)
	}
	var c content
	if err := json.Unmarshal(raw, &c); err != nil {
		return fmt.Errorf("reading pins: %s: %w", s.file, err)
	}
	if c.Place == "" { // it stands in every file of ours
		return fmt.Errorf("reading pins: %s: it is about no place", s.file)
	}
	s.set(c)
	s.read = info
	return nil
}

func (s *store) set(c content) {
	s.content, s.size, s.twins = c, 0, nil
	for _, pin := range c.Known {
		s.size += pin.Definition.size()
	}
}

// update changes the content and writes it, while no other process does.
func (s *store) update(change func() error) error {
	if err := s.load(); err != nil { // the file has a name then
		return err
	}
	unlock, err := sharedfile.Lock(s.file+".lock", lockTimeout)
	if err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	defer unlock()
	if err := s.load(); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	raw, err := encode(s.content)
	if err != nil {
		return fmt.Errorf("writing pins: %w", err)
	}
	if err := atomicfile.WriteIn(atomicfile.Anywhere, s.file, raw, 0o600); err != nil {
		s.read = nil // what is in memory is not what is known
		return err
	}
	s.read, err = sharedfile.Stat(s.file)
	return err
}

// remember makes a definition the known one.
func (s *store) remember(key string, pin Pin) {
	s.size += pin.Definition.size() - s.content.Known[key].Definition.size()
	delete(s.content.Changed, key)
	put(&s.content.Known, key, pin)
	if s.twins != nil {
		s.twins[confusable.Skeleton(key)] = key
	}
}

// twinOf returns a known key that a person may take for this one, since they differ in
// what does not show, "" where there is none.
func (s *store) twinOf(key string) string {
	if s.twins == nil {
		s.twins = make(map[string]string)
		for known := range s.content.Known {
			s.twins[confusable.Skeleton(known)] = known
		}
	}
	twin := s.twins[confusable.Skeleton(key)]
	if strings.EqualFold(twin, key) { // two tools may differ in case
		return ""
	}
	return twin
}

func put(m *map[string]Pin, key string, pin Pin) {
	if *m == nil {
		*m = make(map[string]Pin)
	}
	(*m)[key] = pin
}

func encode(v any) ([]byte, error) {
	var raw bytes.Buffer
	encoder := json.NewEncoder(&raw)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return raw.Bytes(), err
}
