package auth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// places tells a user where the values of a configuration came from. It does not change.
type places struct {
	profile string // "" for none
	file    string // of profiles, "" for the usual one
	// of has the place of each attribute with a value: a variable of the environment, a
	// flag, or the profile.
	of map[string]string
}

func placesOf(cfg *config.Config) places {
	p := places{profile: cfg.Profile, file: refusal.Quote(cfg.ConfigFile), of: make(map[string]string)}
	for name, found := range cfg.GetAuthDetails().Configuration {
		switch found.Source.Type {
		case config.SourceEnv:
			p.of[name] = found.Source.Name
		case config.SourceFile:
			p.of[name] = p.inFile()
		default:
			p.of[name] = "--" + name
		}
	}
	return p
}

// inFile names the profile, and its file where that is not the usual one.
func (p places) inFile() string {
	if p.file == "" {
		return fmt.Sprintf("profile %q", p.profile)
	}
	return fmt.Sprintf("profile %q of %s", p.profile, p.file)
}

// list are the places of those attributes that have a value, each once.
func (p places) list(attributes ...string) []string {
	var all []string
	for _, name := range attributes {
		if place := p.of[name]; place != "" && !slices.Contains(all, place) {
			all = append(all, place)
		}
	}
	return all
}

// in says where those attributes stand, with a space before it.
func (p places) in(attributes ...string) string {
	list := p.list(attributes...)
	switch {
	case len(list) > 0:
		return " in " + strings.Join(list, " and ")
	case p.profile != "":
		return " in " + p.inFile()
	}
	return " in the environment"
}

// unusableHost refuses the address of the workspace.
func unusableHost(cfg *config.Config, err error) *refusal.Error {
	return refusal.New(refusal.ConfigInvalid, "The workspace host %q is not usable: %v.", cfg.Host, err).
		WithHint("correct it%s", placesOf(cfg).in("host"))
}

// unusable refuses a configuration of which it is not known what is wrong with it: the
// hint names all that it was made of.
func unusable(cfg *config.Config, said string) *refusal.Error {
	from := placesOf(cfg)
	var all []string
	for _, attr := range config.ConfigAttributes {
		place := from.of[attr.Name]
		if value, variable := attr.ReadEnv(); value != "" && attr.IsZero(cfg) {
			place = variable // it may be what could not be read
		}
		if place != "" && !slices.Contains(all, place) && !(attr.Internal && strings.HasPrefix(place, "--") && attr.Name != "profile") {
			all = append(all, place)
		}
	}
	if !slices.Contains(all, from.inFile()) { // it may be what could not be read
		all = append(all, profilesFile(cfg))
	}
	return refusal.New(refusal.ConfigInvalid, "The Databricks configuration cannot be used: %s.", strings.TrimSuffix(said, ".")).
		WithHint("check %s", strings.Join(all, ", "))
}
