package policy

import (
	"os"
)

// Watch notices that the files of a policy change. It is not safe for concurrent use.
type Watch struct {
	sources Sources
	target  Target
	seen    []os.FileInfo // of the files as they were, nil for one that was not there
	// missed says that a file was not there at the last look, and was before.
	missed bool
}

// Watch returns a watch of what a policy for a target is loaded from. It must be called
// before the policy is loaded, so that no change falls between the two.
func (s Sources) Watch(t Target) *Watch {
	w := &Watch{sources: s, target: t}
	w.seen = w.look()
	return w
}

// Changed returns the policy that holds now, where a file has changed since the last
// look: one under which nothing passes where it cannot be read, and one without rules
// where no source says anything any more. Nil says that nothing has changed. A file is
// gone where it is not there at two looks in turn: editors take it away for a moment when
// they save.
func (w *Watch) Changed() *Policy {
	now := w.look()
	same, gone := true, false
	for i, info := range now {
		same = same && isSame(info, w.seen[i])
		gone = gone || info == nil && w.seen[i] != nil
	}
	if wait := gone && !w.missed; same || wait {
		w.missed = wait
		return nil
	}
	w.seen, w.missed = now, false
	if p := w.sources.Load(w.target); p != nil {
		return p
	}
	return &Policy{}
}

func (w *Watch) look() []os.FileInfo {
	var all []os.FileInfo
	for _, name := range []string{w.sources.Managed.File(), w.sources.User, w.sources.Named} {
		info, err := os.Stat(name) // through links, whose targets may be swapped
		if err != nil {
			if info, err = os.Lstat(name); err != nil { // a link to nothing is there, too
				info = nil
			}
		}
		all = append(all, info)
	}
	return all
}

func isSame(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
