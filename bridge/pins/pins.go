// Package pins remembers what a server said of its tools, prompts, resources and of
// itself when that was first seen, and tells what has changed since. A person approves
// changes ([Pins]).
package pins

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/strictjson"
)

const (
	// maxPins and maxBytes bound what is remembered of one place: a server could list
	// new names for ever. What is new beyond them is doubtful.
	maxPins  = 10_000
	maxBytes = 16 << 20
)

// Pins remember what one place looked like: one file, 0600, replaced whole. They are
// safe for concurrent use, and several processes may share the file.
type Pins struct {
	log *slog.Logger

	mu       sync.Mutex
	store    store
	reported map[string]bool
	// blocked is what was listed here and is not what is known, with its hash; "" where
	// there is nothing to approve: it can be read in two ways, or cannot be remembered.
	blocked map[string]string
}

// Pin is one definition.
type Pin struct {
	Hash       string     `json:"hash"` // SHA-256, hexadecimal
	Seen       time.Time  `json:"seen"`
	Definition Definition `json:"definition"`
	// Whole says that the definition has all members, and not only those that were
	// looked at by versions before 0.2.
	Whole bool `json:"whole,omitempty"`
}

// New returns the pins, kept in dir, of the place that place names, which is
// not called before they are needed.
func New(dir string, place func(context.Context) (string, error), log *slog.Logger) *Pins {
	return &Pins{log: log, store: store{dir: dir, place: place}, reported: make(map[string]bool), blocked: make(map[string]string)}
}

// Check compares the entries of a list, which is the array in its result, with what is
// known, remembers the new ones, and returns the keys ([Key]) of those that have
// changed, the doubtful ones among them: what can be read in two ways, what looks like
// another, and what is too much to be remembered. Where pins cannot be read, that is
// all of them, and where they cannot be written, the new ones: they would be new, and
// not compared with anything, time and again.
func (p *Pins) Check(method string, entries []byte) map[string]bool {
	list, isList := mcp.ListOf(method)
	if !isList {
		return nil
	}
	seen := make(map[string]Pin)
	doubtful := make(map[string]bool)
	for _, element := range jsonrpc.Elements(entries) {
		name, ok := strictjson.Text(jsonrpc.Value(element, list.Key))
		if !ok {
			continue
		}
		key := Key(method, name)
		d, err := define(method, element)
		if _, twice := seen[key]; twice || err != nil { // no telling which one counts
			doubtful[key] = true
			delete(seen, key)
			continue
		}
		if !doubtful[key] {
			seen[key] = newPin(d)
		}
	}
	return p.compare(seen, doubtful)
}

// CheckInstructions does the same for what a server says of itself in the result of
// initialize or server/discover, and reports whether it has changed.
func (p *Pins) CheckInstructions(result []byte) bool {
	values, err := strictjson.Read(result, "instructions")
	if err == nil && values[0] == nil {
		return false
	}
	seen, doubtful := make(map[string]Pin), make(map[string]bool)
	d := make(Definition)
	if err == nil {
		err = d.set("instructions", values[0])
	}
	if err != nil {
		doubtful[instructions] = true
	} else {
		seen[instructions] = newPin(d)
	}
	return p.compare(seen, doubtful)[instructions]
}

// instructions is the key of what a server says of itself.
const instructions = "server instructions"

func newPin(d Definition) Pin {
	return Pin{Hash: d.hash(), Seen: time.Now().UTC().Truncate(time.Second), Definition: d, Whole: true}
}

func (p *Pins) compare(seen map[string]Pin, doubtful map[string]bool) map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	changed := make(map[string]bool)
	for key := range doubtful {
		p.block(changed, key, "")
		p.once("doubtful "+key, "a definition can be read in two ways", "what", key)
	}
	if err := p.store.load(); err != nil {
		p.once("load", "definitions cannot be compared with earlier ones", "err", err)
		for key := range seen {
			p.block(changed, key, "")
		}
		return changed
	}
	for key, pin := range seen { // most of the time nothing is new
		if p.isKnown(key, pin) {
			delete(p.blocked, key)
			delete(seen, key)
		}
	}
	if len(seen) == 0 {
		return changed
	}
	var fresh []string
	err := p.store.update(func() error {
		for _, key := range slices.Sorted(maps.Keys(seen)) {
			if p.note(changed, key, seen[key]) {
				fresh = append(fresh, key)
			}
		}
		return nil
	})
	if err != nil {
		p.once("save", "definitions cannot be remembered", "err", err)
		if fresh == nil {
			fresh = slices.Collect(maps.Keys(seen))
		}
		for _, key := range fresh {
			delete(p.store.content.Known, key)
			p.block(changed, key, "")
		}
	}
	return changed
}

// isKnown reports whether a definition is the known one and nothing is to be noted.
func (p *Pins) isKnown(key string, pin Pin) bool {
	known, ok := p.store.content.Known[key]
	_, waits := p.store.content.Changed[key]
	return ok && !waits && known.Whole && known.Hash == pin.Hash
}

// note compares one definition with what is known, and reports whether it is new.
func (p *Pins) note(changed map[string]bool, key string, pin Pin) (fresh bool) {
	s := &p.store
	delete(p.blocked, key)
	p.reveal(key, pin.Definition)
	known, ok := s.content.Known[key]
	switch {
	case !ok && s.twinOf(key) != "":
		p.block(changed, key, "")
		p.once("twin "+key, "a definition has the name of another, but for what does not show", "what", confusable.RevealName(key), "known", s.twinOf(key))
	case !ok && (len(s.content.Known) >= maxPins || s.size+pin.Definition.size() > maxBytes):
		p.block(changed, key, "")
		p.once("full", "no more definitions are remembered, and new ones count as changed", "known", len(s.content.Known), "bytes", s.size)
	case !ok:
		s.remember(key, pin)
		return true
	case known.Hash == pin.Hash || !known.Whole && known.Hash == pin.Definition.older(key).hash():
		s.remember(key, pin)
	default:
		p.block(changed, key, pin.Hash)
		p.once(key+pin.Hash, "a definition has changed since it was first seen", "what", key)
		put(&s.content.Changed, key, pin)
	}
	return false
}

func (p *Pins) block(changed map[string]bool, key, hash string) {
	changed[key], p.blocked[key] = true, hash
}

// Waits reports whether a definition waits for approval, or cannot have one.
func (p *Pins) Waits(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.store.load(); err != nil {
		return true
	}
	if hash, listed := p.blocked[key]; listed {
		return hash == "" || p.store.content.Known[key].Hash != hash
	}
	_, waits := p.store.content.Changed[key]
	return waits
}

// once warns once of the same.
func (p *Pins) once(key, words string, args ...any) {
	if !p.reported[key] {
		p.reported[key] = true
		p.log.Warn(words, args...)
	}
}

// reveal warns of text in a definition that a person would not see.
func (p *Pins) reveal(key string, d Definition) {
	for _, member := range d.names() {
		if found := confusable.HiddenIn(d[member]); len(found) > 0 {
			p.once("hidden "+key+member, "a definition holds characters that do not show", "what", key, "in", member, "characters", found)
		}
	}
}

// errOther says that what is to be approved is not there any more.
var errOther = errors.New("another definition waits for approval")

// Approve makes the changed definition of a key the known one, and reports whether
// it still was the one with that hash.
func (p *Pins) Approve(key, hash string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	err := p.store.update(func() error {
		pin, ok := p.store.content.Changed[key]
		if !ok || pin.Hash != hash {
			return errOther
		}
		p.store.remember(key, pin)
		return nil
	})
	if errors.Is(err, errOther) {
		return false, nil
	}
	return err == nil, err
}

// Approved returns the capabilities (tools, prompts, resources) in whose lists something
// was blocked here that a person, or another process, has approved since; each approval
// is told once.
func (p *Pins) Approved() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.blocked) == 0 || p.store.load() != nil {
		return nil
	}
	lists := make(map[string]bool)
	for key, hash := range p.blocked {
		if hash != "" && p.store.content.Known[key].Hash == hash {
			delete(p.blocked, key)
			if list := capabilityOf(key); list != "" {
				lists[list] = true
			}
		}
	}
	return lists
}

// Waiting returns the known and the changed definition of everything that waits
// for approval, by key.
func (p *Pins) Waiting() (map[string][2]Pin, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.store.load(); err != nil {
		return nil, err
	}
	waiting := make(map[string][2]Pin)
	for key, pin := range p.store.content.Changed {
		waiting[key] = [2]Pin{p.store.content.Known[key], pin}
	}
	return waiting, nil
}

// Empty reports whether nothing of the target has been seen yet.
func (p *Pins) Empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store.load() == nil && len(p.store.content.Known)+len(p.store.content.Changed) == 0
}

// Known returns what the approved definition of a tool says, and whether another one
// waits for approval (Changed).
func (p *Pins) Known(tool string) (policy.Tool, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.store.load(); err != nil {
		return policy.Tool{}, false
	}
	key := Key(mcp.ListTools, tool)
	pin, ok := p.store.content.Known[key]
	if !ok {
		return policy.Tool{}, false
	}
	t, err := policy.ReadTool(pin.Definition.object())
	_, t.Changed = p.store.content.Changed[key]
	return t, err == nil
}
