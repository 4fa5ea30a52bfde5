package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Managed says where the policy file is that an administrator sets and users cannot
// weaken. The zero value is the system's own place for it.
type Managed struct{ elsewhere *elsewhere }

type elsewhere struct{ file, home string }

// ManagedAt returns another place, for tests, "" for no such file; home takes the place of
// the user's home directory.
func ManagedAt(file, home string) Managed { return Managed{&elsewhere{file, home}} }

// File is the name of the file, which need not exist, "" for none.
func (m Managed) File() string {
	if m.elsewhere != nil {
		return m.elsewhere.file
	}
	return managedFile()
}

// check reports why users can change the administrator's file.
func (m Managed) check() error {
	if m.elsewhere != nil {
		return nil
	}
	return checkManaged(m.File())
}

// Sources say where the rules come from. All of them apply, each being able to
// forbid and none to permit what another forbids.
type Sources struct {
	Managed Managed // the administrator's file; need not exist
	User    string  // the user's own, see UserFile; need not exist
	// UserFault is why there is no telling where the user's own file is. It is a fault
	// unless one of the other files is there: a policy must not fall away in silence.
	UserFault error
	Named     string // the file that the user named; must exist
	Flags     *File  // rules from the command line, nil for none
	Log       string // an audit log that the user named, "" for none
}

// Files reads all sources in the order managed, user's, named, flags. Faults is one
// error for each source that cannot be read.
func (s Sources) Files() (files []*File, faults []error) {
	for _, source := range []struct {
		name    string
		must    bool
		managed bool
	}{{s.Managed.File(), false, true}, {s.User, false, false}, {s.Named, true, false}} {
		if source.name == "" {
			continue
		}
		file, err := ReadFile(source.name)
		switch {
		case err == nil:
			file.Managed = source.managed
			if file.Audit != nil && file.Audit.File == "" {
				file.Audit.File = defaultLog()
				if source.managed {
					file.Audit.File = s.Managed.fixedLog()
				}
			}
			files = append(files, file)
			if source.managed {
				if fault := s.Managed.check(); fault != nil {
					faults = append(faults, fmt.Errorf("trusting the administrator's policy: %w", fault))
				}
			}
		case !source.must && errors.Is(err, fs.ErrNotExist):
		default:
			faults = append(faults, fmt.Errorf("reading policy: %w", err))
		}
	}
	if s.UserFault != nil && len(files) == 0 {
		faults = append(faults, s.UserFault)
	}
	if s.Flags != nil {
		files = append(files, s.Flags)
	}
	return files, faults
}

// Load returns the policy for a target, nil where no source says anything. A source
// that cannot be read makes a policy under which nothing passes.
func (s Sources) Load(t Target) *Policy {
	files, faults := s.Files()
	p := New(t, files...)
	p.Broken = errors.Join(faults...)
	if t.NotMCP && (p.Broken != nil || slices.ContainsFunc(files, (*File).rules)) {
		p.NotMCP = true
		p.Closed = fmt.Errorf("%s is not known to speak MCP, and the rules of a policy would not hold there", t.Names[0])
	}
	if s.Log != "" {
		p.addAudit(AuditRules{File: s.Log})
	}
	if p.Silent() && len(p.Audits) == 0 {
		return nil
	}
	return p
}

// rules reports whether the file says anything about messages, whatever they are about.
func (f *File) rules() bool {
	return slices.ContainsFunc(f.Rules, func(r *Rules) bool { return !r.empty() })
}

// New returns the policy that files make for a target.
func New(t Target, files ...*File) *Policy {
	p := &Policy{}
	for _, f := range files {
		if about := f.only(t); len(about.Rules) > 0 {
			p.Files = append(p.Files, about)
		}
		if f.Audit != nil {
			p.addAudit(*f.Audit)
		}
	}
	return p
}

// addAudit adds a log. Of two that are one file the stricter settings hold.
func (p *Policy) addAudit(a AuditRules) {
	for i, b := range p.Audits {
		if a.File != b.File {
			continue
		}
		if b.Required == nil {
			p.Audits[i].Required = a.Required
		}
		if a.Values == nil {
			p.Audits[i].Values = nil
		}
		return
	}
	p.Audits = append(p.Audits, a)
}

// Flags returns the rules of the command line, nil where there are none. Each
// place is the flag, or the variable, that said it.
func Flags(readOnly Place, on bool, allow, deny []Pattern) *File {
	r := &Rules{Connection: NewPattern(everything, Place{})}
	if on {
		r.ReadOnly = &readOnly
	}
	r.Tools.Allow, r.Tools.Deny = allow, deny
	if len(allow) > 0 {
		r.Tools.Allowing = &allow[0].At
	}
	if !on && len(allow) == 0 && len(deny) == 0 {
		return nil
	}
	return &File{Name: "the command line", Flags: true, Rules: []*Rules{r}}
}
