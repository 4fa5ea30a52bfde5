package config

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Launch is how another program starts ucbridge stdio with what was set in c:
// flags in the order of the table, each with its value. What has no flag is
// environment, and so is what holds a space and has a variable, since some AI
// clients split arguments there. Files are named by their absolute path, as the
// other program starts in another folder.
func (c *Config) Launch() (args []string, env map[string]string, err error) {
	args, env = []string{"stdio"}, make(map[string]string)
	for _, s := range from(c.table(), Source.given) {
		value := s.field.String()
		if kind := s.field.Type(); kind == "file" || kind == "directory" {
			if value, err = filepath.Abs(value); err != nil {
				return nil, nil, fmt.Errorf("finding %s: %w", s.field.source().spelled(), err)
			}
		}
		var each []string // a flag each
		if many, ok := s.field.(interface{ each() []string }); ok {
			each = many.each()
		}
		switch {
		case each != nil:
			for _, one := range each {
				args = append(args, "--"+s.flag, one)
			}
		case s.flag == "" || s.env != "" && strings.Contains(value, " "):
			env[s.env] = value
		default:
			args = append(args, s.as("--"+s.flag, value).Words()...)
		}
	}
	return args, env, nil
}
